"""The same network in floating point, without any rounding: what the integers cost.

It has the equations of `sc_model.golden.learning_network` with numbers of 32 bits in place of
integers: no shift cuts anything off, no weight is bounded, and no step is rounded. One hidden
layer, feedback by labels. Input code, errors' and signals' bounds and both safeguards are the same.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.spec.learning import LearningNetworkSpec

Floats = NDArray[np.float32]


class FloatTwin:
    """A learning network in floating point.

    Parameters
    ----------
    spec : as of the integers; it must have one hidden layer.
    weights : by ``<layer>.weight``, as of the integers.
    """

    def __init__(self, spec: LearningNetworkSpec, weights: Mapping[str, ArrayLike]) -> None:
        if len(spec.hidden) != 1 or spec.feedback != "label":
            raise ValueError("a float twin has one hidden layer, and learns from labels")
        self.spec = spec
        self.first, self.last = (
            np.array(weights[f"{layer.name}.weight"], np.float32) for layer in spec.layers
        )
        self.age = np.zeros(spec.hidden[0].neurons, np.int64)
        self.step_shift = 0

    def _forward(self, values: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Traces of the inputs; traces, potentials and scores are kept."""
        spec, hidden = self.spec, self.spec.hidden[0]
        levels = 1 << spec.value_bits
        integers = values.astype(np.int64)
        traces = np.where(
            integers > 0, spec.steps - ((levels - 1 - integers) * spec.steps // levels), 0
        )
        if spec.bias:
            traces = np.append(traces, spec.steps)
        self.rows = np.flatnonzero(traces)
        # a spike in step t acts from there on: what has spiked so far, for each step
        active = spec.steps - traces[self.rows][None, :] <= np.arange(spec.steps)[:, None]
        currents = active.astype(np.float32) @ self.first[self.rows]
        self.potential = np.zeros(hidden.neurons, np.float32)
        self.spikes = np.zeros(hidden.neurons, np.int64)
        most = np.float32(hidden.potential_format.hi)
        for current in currents:
            self.potential = np.clip(self.potential + current, -most - 1, most)
            fired = self.potential >= hidden.threshold
            self.potential = self.potential - np.float32(hidden.threshold) * fired
            self.spikes += fired
        self.scores = self.spikes.astype(np.float32) @ self.last
        return traces

    def answer(self, values: NDArray[np.uint8]) -> int:
        """The class of a sample."""
        self._forward(values)
        return int(self.scores.argmax())

    def sample(self, values: NDArray[np.uint8], target: int) -> int:
        """The class of a sample, which is then learned from."""
        spec, hidden, output = self.spec, self.spec.hidden[0], self.spec.output
        traces = self._forward(values)
        size = 2.0**-output.error_shift
        error = np.clip((-output.margin - self.scores) * size, -output.most_error, 0)
        lacking = (output.margin - self.scores[target]) * size
        error[target] = np.clip(lacking, 0, output.most_error) * (1 << output.right_shift)
        winner = int(self.scores.argmax())
        if not error.any():
            return winner
        bound = hidden.signal_format.hi
        signal = np.clip(self.last @ error * 2.0**-hidden.signal_shift, -bound, bound)
        silent, oldest = self.spikes == 0, hidden.age_format.hi
        self.age = np.where(silent, np.minimum(self.age + 1, oldest), 0)
        near = self.potential >= hidden.threshold / 2
        learns = (~silent | near) & (self.spikes < spec.steps)
        learns |= (self.spikes == spec.steps) & (signal < 0)
        learns |= (self.age == oldest) & (signal > 0)
        self.last += np.outer(self.spikes, error) * 2.0 ** -(output.shift + self.step_shift)
        columns = np.flatnonzero(learns & (signal != 0))
        shift = hidden.shift + self.step_shift + len(self.rows).bit_length() - 1
        step = np.outer(traces[self.rows], signal[columns]) * 2.0**-shift
        self.first[np.ix_(self.rows, columns)] += step.astype(np.float32)
        return winner
