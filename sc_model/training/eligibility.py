"""Eligibility traces of e-prop for a projection, forward in time; the equations stand in
`sc_model.training.eprop`.

Traces are (B, n_source, n_target) where every pair has a synapse and all are equally late, else (B,
synapses) in CSR order; what belongs to sources or targets is spread out accordingly. Where alpha is
one number and nothing resets it, eps_v is the same for all targets of a source, but for the gain,
and (B, n_source, 1) is enough.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sc_model.network import AdaptiveLIF
from sc_model.network.models.firing import Firing
from sc_model.training.neurons import Neuron
from sc_model.training.wiring import Wiring


class Fan:
    """How arrays of sources and targets are spread out over synapses, for a batch."""

    def __init__(self, wiring: Wiring, batch: int) -> None:
        self.wiring, self.whole = wiring, wiring.whole
        n = (wiring.n_source, wiring.n_target) if wiring.whole else (len(wiring.sources),)
        self.shape = (batch, *n)
        if not wiring.whole:
            self._late = torch.tensor(wiring.lags)[wiring.slots]

    def arriving(self, padded: Tensor, now: int) -> Tensor:
        """What arrives in a step, of outputs (P + T, B, n_source) whose row `now` is the
        present.
        """
        if self.whole:
            return padded[now - self.wiring.lags[0], :, :, None]
        return padded[now - self._late, :, self.wiring.sources].T

    def targets(self, values: Tensor) -> Tensor:
        """Values (B, n_target), spread out."""
        return values[:, None, :] if self.whole else values[:, self.wiring.targets]


class Eligibility:
    """Traces of one projection in a sequence, and the gradient that grows from them.

    Parameters
    ----------
    fan : of the projection.
    neuron : what it leads to.
    kappa : of the readouts.
    like : a tensor of the dtype.
    """

    def __init__(self, fan: Fan, neuron: Neuron, kappa: float, like: Tensor) -> None:
        self.fan, self.neuron, self.kappa = fan, neuron, kappa
        model = neuron.model
        if not isinstance(model, Firing):
            raise TypeError(f"neuron must be one that spikes, not {type(model).__name__}")
        self._zeroed = model.reset == "zero"
        self._decay, self._gain = (value.expand(neuron.n) for value in (neuron.decay, neuron.gain))
        self._shared = (
            fan.whole and not self._zeroed and not neuron.refractory and neuron.decay.numel() == 1
        )
        self._v = like.new_zeros((*fan.shape[:2], 1) if self._shared else fan.shape)
        self._filtered, self._gradient = like.new_zeros(fan.shape), like.new_zeros(fan.shape)
        self._adaptive = isinstance(model, AdaptiveLIF)
        if self._adaptive:
            self._a, self._e = like.new_zeros(fan.shape), like.new_zeros(fan.shape)

    def follow(
        self, padded: Tensor, fired: Tensor, distances: Tensor, slopes: Tensor, signals: Tensor
    ) -> None:
        """A window of T steps.

        `padded` : outputs of the source, (P + T, B, n_source). Of the targets, (T, B, n_target):
        `fired` in the step before, `distances` to the threshold, pseudo-derivatives `slopes`,
        learning `signals`.
        """
        past, learning = len(padded) - len(fired), signals.flatten(1).any(1).tolist()
        for step, slope in enumerate(slopes):
            self._membrane(self.fan.arriving(padded, past + step), fired[step], distances[step])
            # of shared eps_v the gain was left out
            seen = self.fan.targets(slope * self._gain if self._shared else slope)
            if self._adaptive:
                self._adapt(seen, self.fan.targets(slope * self.neuron.beta))
                self._filtered.mul_(self.kappa).add_(self._e)
            elif self._shared and len(slope) == 1:
                self._filtered[0].addr_(self._v[0, :, 0], seen[0, 0], beta=self.kappa)
            else:
                self._filtered.mul_(self.kappa).addcmul_(self._v, seen)
            if learning[step]:
                self._gradient.addcmul_(self._filtered, self.fan.targets(signals[step]))

    def _membrane(self, arriving: Tensor, fired: Tensor, distance: Tensor) -> None:
        if self._shared:
            self._v.mul_(self.neuron.decay).add_(arriving)
            return
        keep, gain = self._decay.expand_as(fired), self._gain.expand_as(fired)
        if self.neuron.refractory:
            resting = torch.isneginf(distance)
            keep, gain = torch.where(resting, 1.0, keep), torch.where(resting, 0.0, gain)
        if self._zeroed:
            keep = keep * (1 - fired)
        self._v.mul_(self.fan.targets(keep)).addcmul_(arriving, self.fan.targets(gain))

    def _adapt(self, seen: Tensor, lowered: Tensor) -> None:
        self._a.mul_(self.fan.targets(self.neuron.rho.expand(1, self.neuron.n))).add_(self._e)
        torch.mul(self._v, seen, out=self._e)
        self._e.addcmul_(self._a, lowered, value=-1)

    def gradient(self) -> Tensor:
        """By the weights, (synapses,) in CSR order, over the whole batch."""
        return self._gradient.sum(0).ravel()
