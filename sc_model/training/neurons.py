r"""Neurons of `sc_model.network` in torch, for a batch and with gradients.

They have the operations of the NumPy models in the same order, and so the same numbers. A neuron
that spikes has the membrane of its model and the text of `sc_model.firing`, with::

    d = v - threshold                   where it adapts:  d = v - threshold - beta a
    s = surrogate(d)                    while refractory: 0
    a <- exp(-dt / tau_a) a + s         with the s of the step before

With `detach_reset` no gradient goes through the s of a reset (Zenke & Vogels 2021,
doi:10.1162/neco_a_01367); snnTorch does the same. A gradient always goes through the s of the
adaptation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from sc_model.firing import IntegrateAndFire, Reset, approach, countdown
from sc_model.network.models import (
    IF,
    LI,
    LIF,
    AdaptiveLIF,
    CubaLI,
    CubaLIF,
    Integrator,
    Model,
    Relay,
)
from sc_model.network.models.firing import Firing
from sc_model.network.models.leaky import share
from sc_model.network.models.model import Parameter
from sc_model.training.surrogate import Surrogate

Named = dict[str, Tensor]
KNOWN = (LIF, IF, AdaptiveLIF, CubaLIF, LI, Integrator, CubaLI, Relay)


class Stepped(NamedTuple):
    """The result of a step.

    Members
    -------
    state : the new state.
    output : (B, n), spikes or potentials.
    distance : (B, n), potential minus threshold; -inf where a neuron is refractory, for which a
        surrogate has no slope. None for a model that does not spike.
    """

    state: Named
    output: Tensor
    distance: Tensor | None


class Neuron(torch.nn.Module):
    """n neurons of a model, for steps of `dt_ms`.

    Parameters
    ----------
    model : one of the types in `KNOWN`.
    n : number of neurons.
    dt_ms : length of a step, ms.
    learn_threshold : whether the threshold is a parameter; otherwise it is a buffer.
    dtype : of all tensors.

    Members
    -------
    threshold : (n,), in units of the potential; only of a model that spikes.
    decay : share of the potential that is left after a step, () or (n,).
    gain : potential that a unit of current adds in a step, () or (n,).
    refractory : whether there is a refractory period; only of a model that spikes.

    Raises ValueError for a model of another type.
    """

    threshold: Tensor
    gone: Tensor
    rest: Tensor
    resistance: Tensor
    low: Tensor

    def __init__(
        self, model: Model, n: int, dt_ms: float, learn_threshold: bool, dtype: torch.dtype
    ) -> None:
        super().__init__()
        if type(model) not in KNOWN:
            known = ", ".join(each.__name__ for each in KNOWN)
            raise ValueError(
                f"model must be one of {known} to be differentiated, not {type(model).__name__}"
            )
        self.model, self.n, self.dt_ms, self.dtype = model, n, dt_ms, dtype
        self.spiking = isinstance(model, Firing)
        if isinstance(model, LIF | LI):
            self._constants(
                gone=share(model.tau_ms, dt_ms, model.method),
                rest=model.v_rest,
                resistance=model.resistance,
            )
        elif isinstance(model, CubaLIF | CubaLI):
            self._constants(
                gone=dt_ms / np.asarray(model.tau_ms),
                rest=model.v_rest,
                resistance=model.resistance,
            )
            self._constants(syn_gone=dt_ms / np.asarray(model.tau_syn_ms), w_in=model.w_in)
        elif isinstance(model, IF | Integrator):
            self._constants(resistance=dt_ms * np.asarray(model.resistance))
        if isinstance(model, AdaptiveLIF):
            self._constants(rho=np.exp(-dt_ms / np.asarray(model.tau_a_ms)), beta=model.beta)
        if isinstance(model, Firing):
            self._constants(low=model.v_reset)
            self.refractory = np.any(np.asarray(model.refractory_ms) > 0)
            self._constants(pause=np.rint(np.asarray(model.refractory_ms) / dt_ms))
            value = torch.tensor(np.broadcast_to(model.threshold, (n,)).copy(), dtype=dtype)
            if learn_threshold:
                self.threshold = torch.nn.Parameter(value)
            else:
                self.register_buffer("threshold", value)

    def _constants(self, **values: Parameter) -> None:
        """Register numbers of the model, () or (n,), as buffers that are in no checkpoint."""
        for name, value in values.items():
            self.register_buffer(
                name, torch.tensor(np.asarray(value), dtype=self.dtype), persistent=False
            )

    @property
    def decay(self) -> Tensor:
        """Share of the potential that is left after a step; 1 without leak."""
        return 1 - self.gone if hasattr(self, "gone") else torch.ones_like(self.resistance)

    @property
    def gain(self) -> Tensor:
        """Potential that a unit of current adds in a step."""
        return self.gone * self.resistance if hasattr(self, "gone") else self.resistance

    def initial(self, batch: int) -> Named:
        """The state at the beginning, (B, n) each; without `held` where nothing is refractory."""
        state = {
            name: torch.tensor(value, dtype=self.dtype)
            for name, value in self.model.initial(self.n).items()
        }
        if not (self.spiking and self.refractory):
            state.pop("held", None)
        device = next(self.buffers(), torch.empty(0)).device
        return {name: value.to(device).expand(batch, self.n) for name, value in state.items()}

    def step(
        self, state: Named, current: Tensor, surrogate: Surrogate, detach_reset: bool
    ) -> Stepped:
        """One step.

        Parameters
        ----------
        state : (B, n) each, by name.
        current : (B, n).
        surrogate : from distances to the threshold to spikes.
        detach_reset : whether no gradient goes through resets.
        """
        model = self.model
        if isinstance(model, Relay):
            return Stepped({}, current, None)
        new: Named = {}
        drive = current
        if isinstance(model, CubaLIF | CubaLI):
            drive = new["i"] = state["i"] + self.syn_gone * (self.w_in * current - state["i"])
        if not isinstance(model, Firing):
            new["v"] = self._integrated(state["v"], drive)
            return Stepped(new, new["v"], None)
        threshold = self.threshold
        if isinstance(model, AdaptiveLIF):
            new["a"] = self.rho * state["a"] + state["fired"]
            threshold = threshold + self.beta * new["a"]
        neurons = IntegrateAndFire(
            self._integrated,
            surrogate,
            threshold,
            Reset(model.reset, model.reset_time, self.threshold - self.low, self.low),
            detach=Tensor.detach if detach_reset else None,
        )
        resting = state["held"] > 0 if self.refractory else None
        after = neurons.step(state["v"], state["fired"], drive, resting)
        distance = after.distance
        if resting is not None:
            distance = torch.where(resting, -torch.inf, distance)
            new["held"] = countdown(state["held"], after.spikes.detach(), self.pause)
        new["v"], new["fired"] = after.potential, after.spikes
        return Stepped(new, after.spikes, distance)

    def _integrated(self, v: Tensor, drive: Tensor) -> Tensor:
        """Leak and input: potentials (B, n) after a step with that drive (B, n)."""
        if hasattr(self, "gone"):
            after: Tensor = approach(v, self.rest + self.resistance * drive, self.gone)
            return after
        return v + self.resistance * drive
