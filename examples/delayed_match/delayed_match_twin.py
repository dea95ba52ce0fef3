"""The same network in floating point, without any rounding: what the integers cost.

It has the equations of `sc_model.golden.recurrent_network` in 64 bits: the rule's own
`float_update`, no shift that cuts anything off, no step that is rounded. What saturates there
saturates here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.graph import NumpyOps
from sc_model.rules import resolve
from sc_model.spec.learning import RecurrentNetworkSpec
from sc_model.spec.learning.recurrent_network import TRACE_FORMAT

Floats = NDArray[np.float64]
OPS = NumpyOps()


class FloatTwin:
    """A recurrent network in floating point.

    Parameters
    ----------
    spec : as of the integers; its recurrent layer has rule `e_prop`.
    weights : by ``<layer>.weight``, as of the integers.

    Members
    -------
    hidden_shift, readout_shift : sizes of steps, as of the integers.
    """

    def __init__(self, spec: RecurrentNetworkSpec, weights: Mapping[str, ArrayLike]) -> None:
        self.spec = spec
        self.rule, self.params = resolve(spec.hidden_rule)
        self.hidden_shift, self.readout_shift = spec.hidden.shift, spec.readout.shift
        self.weight, self.readout = (
            np.array(weights[f"{layer.name}.weight"], np.float64)
            for layer in (spec.hidden, spec.readout)
        )

    def sample(self, spikes: NDArray[np.uint8], targets: ArrayLike | None = None) -> int:
        """The class after the last step; with targets, as of the integers, it is learned from."""
        hidden, classes = self.spec.hidden.neurons, self.spec.readout.neurons
        self.eligibility = np.zeros_like(self.weight)
        self.rows = np.zeros((self.spec.rows, 1))
        self.potential, self.spike, self.slope, self.trace, self.signal = np.zeros((5, hidden))
        self.past = np.zeros((self.spec.hidden.max_delay, hidden))  # spikes, the newest first
        self.scores = np.zeros(classes)
        labels = np.full(len(spikes), -1) if targets is None else np.asarray(targets)
        for lines, target in zip(spikes, labels.tolist(), strict=True):
            self._step(lines, target)
        return int(self.scores.argmax())

    def _step(self, lines: NDArray[np.uint8], target: int) -> None:
        spec, hidden = self.spec, self.spec.hidden
        late = self.past[np.array(hidden.delays) - 1, np.arange(hidden.neurons)]
        rows = np.concatenate([lines.astype(float), late])[:, None]
        current = (self.weight * rows).sum(0)
        inputs: dict[str, Any] = {
            "pre_spike": rows > 0,
            "slope": self.slope[None, :],
            "signal": self.signal[None, :],
            "noise": 0,
            "learning_shift": self.hidden_shift,
        }
        fields = {
            "weight": self.weight,
            "pre_trace": self.rows,
            "eligibility": self.eligibility,
        }
        new = self.rule.run(self.rule.float_update, OPS, fields, inputs, self.params)
        self.weight, self.eligibility = new["weight"], new["eligibility"]
        self.rows = np.asarray(new["pre_trace"])[:, :1]
        most = hidden.neuron.potential_format(spec.current_format).hi
        start = self.potential - hidden.threshold * self.spike
        self.potential = np.clip(
            start * (1 - 2.0**-hidden.membrane_shift) + current, -most - 1, most
        )
        self.spike = (self.potential >= hidden.threshold).astype(float)
        self.past = np.concatenate([self.spike[None], self.past[:-1]])
        near = (hidden.threshold - np.abs(self.potential - hidden.threshold)) * 2.0 ** (
            -hidden.slope_shift
        )
        self.slope = np.clip(near, 0, hidden.slope_format.hi)
        decay = 1 - 2.0**-spec.readout_shift
        self.trace = np.minimum(
            self.trace * decay + spec.trace_increment * self.spike, TRACE_FORMAT.hi
        )
        self.scores = self.scores * decay + self.spike @ self.readout
        self._learn(target)

    def _learn(self, target: int) -> None:
        hidden, out = self.spec.hidden, self.spec.readout
        self.signal = np.zeros(hidden.neurons)
        if target < 0:
            return
        size = 2.0**-out.error_shift
        error = np.clip((-out.margin - self.scores) * size, -out.most_error, 0)
        error[target] = np.clip((out.margin - self.scores[target]) * size, 0, out.most_error)
        bound = hidden.signal_format.hi
        self.signal = np.clip(self.readout @ error * 2.0**-hidden.signal_shift, -bound, bound)
        step = np.outer(self.trace, error) * 2.0**-self.readout_shift
        self.readout = np.clip(self.readout + step, -out.max_weight, out.max_weight)
