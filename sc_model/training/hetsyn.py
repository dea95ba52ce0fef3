r"""`HetSyn`: a layer whose time constants and weights are learned.

One tick of `dt` ms, with the equations of `sc_model.temporal_hierarchy.layer`::

    trace' = exp(-dt / tau) * trace + x
    v'     = leak * v + sum_i weight * trace'
    spike  = v' >= threshold
    v''    = v' - threshold * spike

`step` is one tick, pure. `forward` takes a whole sequence, faster: traces do not depend on the
layer's own spikes, so the currents of all ticks are convolutions, done by FFT, and only the neurons
go tick by tick. Both agree but for rounding.

The gradient of a spike is a surrogate (`sc_model.training.surrogate`); none goes through the reset
(Zenke & Vogels 2021, doi:10.1162/neco_a_01367). The parameter is log(tau): so tau stays positive,
and a step of the optimiser changes it by a ratio.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, NamedTuple, get_args

import torch
from torch import Tensor

from sc_model.checks import choice
from sc_model.firing import IntegrateAndFire, Reset, decayed
from sc_model.temporal_hierarchy import HetSynLayer
from sc_model.temporal_hierarchy.multi_clock import TAU_RANGE
from sc_model.training.quantise import Quantiser
from sc_model.training.surrogate import fast_sigmoid_slope, fast_sigmoid_surrogate, step_function

Tau = Literal["synapse", "neuron", "shared", "fixed"]


class HetSynState(NamedTuple):
    """State after a tick.

    Members
    -------
    trace : (B, n_neurons, n_inputs).
    potential : (B, n_neurons), after the reset.
    """

    trace: Tensor
    potential: Tensor


def step(
    state: HetSynState,
    x: Tensor,
    factor: Tensor,
    weight: Tensor,
    threshold: float,
    leak: float,
    slope: float,
) -> tuple[HetSynState, Tensor]:
    """One tick: the new state, and the spikes (B, n_neurons).

    Parameters
    ----------
    state : after the tick before.
    x : (B, n_inputs).
    factor : exp(-dt / tau), (n_neurons, n_inputs).
    weight : (n_neurons, n_inputs).
    threshold, leak : of all neurons.
    slope : of the surrogate gradient.
    """
    trace = factor * state.trace + x[:, None, :]
    potential, fired = fire(state.potential, (weight * trace).sum(-1), threshold, leak, slope)
    return HetSynState(trace, potential), fired


def fire(
    potential: Tensor, current: Tensor, threshold: float, leak: float, slope: float
) -> tuple[Tensor, Tensor]:
    """Integrate, compare, subtract: new potentials and spikes, both of the shape of `current`."""
    spike = partial(fast_sigmoid_surrogate, slope=slope, strict=False)
    after = _neurons(spike, threshold, leak).step(potential, None, current)
    return after.potential, after.spikes


def _neurons(spike: Callable[[Tensor], Tensor], threshold: float, leak: float) -> IntegrateAndFire:
    """The layer's neurons; no gradient goes through their reset."""
    return IntegrateAndFire(
        lambda v, current: decayed(v, leak, current),
        spike,
        threshold,
        Reset("subtract", "spike", threshold),
        detach=Tensor.detach,
    )


def currents(x: Tensor, rate: Tensor, weight: Tensor) -> Tensor:
    """What the synapses add to the potentials in T ticks from rest, (T, B, n_neurons).

    Parameters
    ----------
    x : (T, B, n_inputs).
    rate : dt / tau, (n_neurons, n_inputs): exp(-k * rate) is left of a spike after k ticks.
    weight : (n_neurons, n_inputs).
    """
    ticks, twice = len(x), 2 * len(x)
    ages = torch.arange(ticks, dtype=rate.dtype)[:, None, None]
    kernel = weight * torch.exp(-ages * rate)
    # a product of spectra is a cyclic convolution; zeros up to twice the length keep it from
    # wrapping around
    spectrum = torch.fft.rfft(x, twice, dim=0) @ torch.fft.rfft(kernel, twice, dim=0).transpose(
        1, 2
    )
    summed: Tensor = torch.fft.irfft(spectrum, twice, dim=0)[:ticks]
    return summed


class _Fire(torch.autograd.Function):
    """`fire` for all ticks, with the same numbers and one node of the autograd graph in all."""

    @staticmethod
    def forward(ctx: Any, current: Tensor, threshold: float, leak: float, slope: float) -> Tensor:
        neurons = _neurons(partial(step_function, strict=False), threshold, leak)
        potential = torch.zeros_like(current[0])
        distances, fired = [], []
        for drive in current.unbind():
            after = neurons.step(potential, None, drive)
            potential = after.potential
            distances.append(after.distance)
            fired.append(after.spikes)
        ctx.save_for_backward(torch.stack(distances))
        ctx.leak, ctx.slope = leak, slope
        return torch.stack(fired)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        (distance,) = ctx.saved_tensors
        for_current = grads[0] * fast_sigmoid_slope(distance, ctx.slope)
        # dv(t + 1) / dv(t) is the leak: no gradient goes through the reset
        ticks = for_current.unbind()
        for later, earlier in zip(reversed(ticks), reversed(ticks[:-1]), strict=False):
            earlier.add_(later, alpha=ctx.leak)
        return for_current, None, None, None


class HetSyn(torch.nn.Module):
    """A trainable layer that begins with the numbers of a `HetSynLayer`.

    Parameters
    ----------
    n_inputs, n_neurons, tau_mean, tau_std, threshold, seed, leak_tau : see `HetSynLayer`.
    tau : what has a time constant of its own. "synapse": every synapse. "neuron": every neuron;
        it begins with the first column of the `HetSynLayer`. "shared": one for the layer. "fixed":
        one for the layer, which is not learned. The last two begin with `tau_mean`.
    dt : length of a tick, ms, > 0.
    slope : of the surrogate gradient, > 0.
    quantiser : rounds the numbers of the forward pass as hardware does; None: no rounding.

    Members
    -------
    log_tau : log of ms; (n_neurons, n_inputs), (n_neurons, 1) or (1, 1).
    weight : (n_neurons, n_inputs).

    Raises what `HetSynLayer` raises, and ValueError for another `tau`, `dt` or `slope`.
    """

    def __init__(
        self,
        n_inputs: int,
        n_neurons: int,
        tau: Tau = "synapse",
        *,
        tau_mean: float = 5.0,
        tau_std: float = 1.0,
        threshold: float = 1.0,
        seed: int = 42,
        leak_tau: float | None = None,
        dt: float = 1.0,
        slope: float = 10.0,
        quantiser: Quantiser | None = None,
    ) -> None:
        super().__init__()
        choice("tau", tau, get_args(Tau))
        for name, value in (("dt", dt), ("slope", slope)):
            if not 0 < value < math.inf:
                raise ValueError(f"{name} must be > 0 and finite, not {value!r}")
        layer = HetSynLayer(
            n_inputs, n_neurons, tau_mean, tau_std, threshold, seed=seed, leak_tau=leak_tau
        )
        taus = {"synapse": layer.tau, "neuron": layer.tau[:, :1]}
        first = (
            torch.tensor(taus[tau])
            if tau in taus
            else torch.tensor([[min(max(tau_mean, TAU_RANGE[0]), TAU_RANGE[1])]])
        )
        kind = torch.get_default_dtype()
        self.log_tau = torch.nn.Parameter(first.log().to(kind), requires_grad=tau != "fixed")
        self.weight = torch.nn.Parameter(torch.tensor(layer.weight, dtype=kind))
        self.n_inputs, self.n_neurons, self.threshold, self.leak_tau = (
            n_inputs,
            n_neurons,
            layer.threshold,
            layer.leak_tau,
        )
        self.dt, self.slope, self.quantiser = dt, slope, quantiser

    @property
    def leak(self) -> float:
        """The share of a potential that is left after a tick."""
        return 1.0 if self.leak_tau is None else math.exp(-self.dt / self.leak_tau)

    def effective(self) -> tuple[Tensor, Tensor]:
        """Time constants (ms) and weights with which the layer computes, (n_neurons, n_inputs)."""
        log_tau = self.log_tau.clamp(*map(math.log, TAU_RANGE)).expand(
            self.n_neurons, self.n_inputs
        )
        if self.quantiser is None:
            return log_tau.exp(), self.weight
        return self.quantiser.log_tau(log_tau).exp(), self.quantiser.weight(self.weight)

    def project(self) -> None:
        """Clamp the time constants to [0.5, 100] ms after an optimiser's step.

        Outside they would have no gradient, and stay there.
        """
        with torch.no_grad():
            self.log_tau.clamp_(*map(math.log, TAU_RANGE))

    def rest(self, batch: int) -> HetSynState:
        """The state at rest: traces and potentials of 0."""
        return HetSynState(
            self.weight.new_zeros(batch, self.n_neurons, self.n_inputs),
            self.weight.new_zeros(batch, self.n_neurons),
        )

    def step(self, state: HetSynState, x: Tensor) -> tuple[HetSynState, Tensor]:
        """One tick with x (B, n_inputs): the new state, and spikes (B, n_neurons)."""
        tau, weight = self.effective()
        return step(
            state, x, torch.exp(-self.dt / tau), weight, self.threshold, self.leak, self.slope
        )

    def currents(self, x: Tensor) -> Tensor:
        """What the synapses add to the potentials in T ticks from rest, (T, B, n_neurons).

        ValueError for inputs x of another shape than (T, B, n_inputs) with T >= 1.
        """
        if x.ndim != 3 or x.shape[2] != self.n_inputs or not len(x):
            raise ValueError(
                f"x must have shape (T, B, {self.n_inputs}) with T >= 1, not {tuple(x.shape)}"
            )
        tau, weight = self.effective()
        return currents(x, self.dt / tau, weight)

    def forward(self, x: Tensor) -> Tensor:
        """T ticks from rest with x (T, B, n_inputs), T >= 1: spikes (T, B, n_neurons).

        ValueError for another shape.
        """
        fired: Tensor = _Fire.apply(self.currents(x), self.threshold, self.leak, self.slope)
        return fired

    def export(self) -> HetSynLayer:
        """The float layer with the same numbers; with a quantiser, with the rounded ones."""
        tau, weight = (each.detach().double().numpy() for each in self.effective())
        return HetSynLayer.from_arrays(tau, weight, self.threshold, leak_tau=self.leak_tau)
