"""Eligibility traces of e-prop for one projection; equations are in `sc_model.training.eprop`.

Traces have the shape (B, n_source, n_target) where every pair of neurons has a synapse and all have
the same delay. Otherwise they have the shape (B, synapses), in CSR order. Where alpha is one number
and no reset changes it, eps_v is the same for all targets of a source but for the gain, and
(B, n_source, 1) is enough.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sc_model.network import AdaptiveLIF
from sc_model.network.models.firing import Firing
from sc_model.training.neurons import Neuron
from sc_model.training.wiring import Wiring


class Fan:
    """Spreads arrays of sources and targets over the synapses of a projection, for a batch."""

    def __init__(self, wiring: Wiring, batch: int) -> None:
        self.wiring, self.whole = wiring, wiring.whole
        n = (wiring.n_source, wiring.n_target) if wiring.whole else (len(wiring.sources),)
        self.shape = (batch, *n)
        if not wiring.whole:
            self._late = torch.tensor(wiring.lags)[wiring.slots]

    def arriving(self, padded: Tensor, now: int) -> Tensor:
        """What arrives at the synapses in a step.

        Row `now` of the source's outputs (P + T, B, n_source) is that of the step.
        """
        if self.whole:
            return padded[now - self.wiring.lags[0], :, :, None]
        return padded[now - self._late, :, self.wiring.sources].T

    def targets(self, values: Tensor) -> Tensor:
        """Values of targets (B, n_target), spread over the synapses."""
        return values[:, None, :] if self.whole else values[:, self.wiring.targets]


class Eligibility:
    """Traces of one projection in a sequence, and the gradient by its weights.

    Parameters
    ----------
    fan : of the projection.
    neuron : its target's neurons, of a model that spikes.
    kappa : what the readouts keep in a step.
    like : a tensor with the dtype and device of the traces.
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

        Parameters
        ----------
        padded : (P + T, B, n_source), outputs of the source, P steps before the window included.
        fired : (T, B, n_target), spikes of the targets in the step before.
        distances : (T, B, n_target), to the threshold.
        slopes : (T, B, n_target), pseudo-derivatives.
        signals : (T, B, n_target), learning signals.
        """
        past, learning = len(padded) - len(fired), signals.flatten(1).any(1).tolist()
        for step, slope in enumerate(slopes):
            self._membrane(self.fan.arriving(padded, past + step), fired[step], distances[step])
            # a shared eps_v is without the gain, which differs between targets
            scaled = self.fan.targets(slope * self._gain if self._shared else slope)
            if self._adaptive:
                self._adapt(scaled, self.fan.targets(slope * self.neuron.beta))
                self._filtered.mul_(self.kappa).add_(self._e)
            elif self._shared and len(slope) == 1:
                self._filtered[0].addr_(self._v[0, :, 0], scaled[0, 0], beta=self.kappa)
            else:
                self._filtered.mul_(self.kappa).addcmul_(self._v, scaled)
            if learning[step]:
                self._gradient.addcmul_(self._filtered, self.fan.targets(signals[step]))

    def _membrane(self, arriving: Tensor, fired: Tensor, distance: Tensor) -> None:
        """One step of eps_v."""
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

    def _adapt(self, scaled: Tensor, lowered: Tensor) -> None:
        """One step of eps_a and e."""
        self._a.mul_(self.fan.targets(self.neuron.rho.expand(1, self.neuron.n))).add_(self._e)
        torch.mul(self._v, scaled, out=self._e)
        self._e.addcmul_(self._a, lowered, value=-1)

    def gradient(self) -> Tensor:
        """The gradient by the weights, (synapses,) in CSR order, summed over the batch."""
        return self._gradient.sum(0).ravel()
