r"""`HetSyn`: a layer whose time constants and weights are learned.

One tick of `dt` milliseconds, by the equations of `sc_model.temporal_hierarchy.layer`, for a
batch::

    trace' = exp(-dt / tau) * trace + x
    v'     = leak * v + sum_i weight * trace';   spike = v' >= threshold;   v'' = v' - threshold * spike

`step` is that, pure: state and input in, state and spikes out. A whole sequence is faster: traces
don't depend on the layer's own spikes, so the currents of all ticks are convolutions, done by FFT;
what is left to do tick by tick are the neurons. Both agree but for rounding.

The spike's gradient is a surrogate (`sc_model.training.surrogate`); none goes through the reset
(Zenke & Vogels 2021, doi:10.1162/neco_a_01367). Learned is log(tau), which keeps tau positive and a
step of the optimiser a ratio.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, NamedTuple, get_args

import torch
from torch import Tensor

from sc_model.firing import IntegrateAndFire, Reset, decayed
from sc_model.spec.errors import did_you_mean
from sc_model.temporal_hierarchy import HetSynLayer
from sc_model.temporal_hierarchy.multi_clock import TAU_RANGE
from sc_model.training.quantise import Quantiser
from sc_model.training.surrogate import fast_sigmoid_slope, fast_sigmoid_surrogate, step_function

Tau = Literal["synapse", "neuron", "shared", "fixed"]


class HetSynState(NamedTuple):
    """What goes from tick to tick: `trace` (B, n_neurons, n_inputs) and `potential` (B,
    n_neurons).
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
    """One tick for x (B, n_inputs), decay factors and weights (n_neurons, n_inputs): the new state,
    spikes (B, n_neurons).
    """
    trace = factor * state.trace + x[:, None, :]
    potential, fired = fire(state.potential, (weight * trace).sum(-1), threshold, leak, slope)
    return HetSynState(trace, potential), fired


def fire(
    potential: Tensor, current: Tensor, threshold: float, leak: float, slope: float
) -> tuple[Tensor, Tensor]:
    """Integrate, compare, subtract: the new potential and the spikes, of the shape of both
    arguments.
    """
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
    """What the synapses add to the potentials in T ticks from rest: (T, B, n_inputs) to (T, B,
    n_neurons).

    `rate` is dt / tau: exp(-k * rate) is left of a spike after k ticks. The sum over inputs and
    past is a product of spectra, of sequences filled up with zeros to twice their length so that
    nothing wraps around.
    """
    ticks, twice = len(x), 2 * len(x)
    ages = torch.arange(ticks, dtype=rate.dtype)[:, None, None]
    kernel = weight * torch.exp(-ages * rate)
    spectrum = torch.fft.rfft(x, twice, dim=0) @ torch.fft.rfft(kernel, twice, dim=0).transpose(
        1, 2
    )
    summed: Tensor = torch.fft.irfft(spectrum, twice, dim=0)[:ticks]
    return summed


class _Fire(torch.autograd.Function):
    """`fire` for all ticks: the same numbers, without a node of the autograd graph for each
    tick.
    """

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
        found = grads[0] * fast_sigmoid_slope(distance, ctx.slope)
        ticks = found.unbind()
        for later, now in zip(reversed(ticks), reversed(ticks[:-1]), strict=False):
            now.add_(later, alpha=ctx.leak)
        return found, None, None, None


class HetSyn(torch.nn.Module):
    """A trainable layer that begins as `HetSynLayer` of the same numbers.

    Parameters
    ----------
    n_inputs, n_neurons, tau_mean, tau_std, threshold, seed, leak_tau : of that layer.
    tau : what has a time constant of its own: every `synapse`, every `neuron` (the layer's first
        column), or all synapses one that is learned (`shared`) or not (`fixed`); these two begin
        with `tau_mean`.
    dt : length of a tick, ms.
    slope : of the surrogate gradient.
    quantiser : forward with the numbers that hardware has; None (default) for plain ones.

    Members
    -------
    log_tau : shape (n_neurons, n_inputs), (n_neurons, 1) or (1, 1).
    weight : (n_neurons, n_inputs).

    Raises what `HetSynLayer` raises, and ValueError for another `tau`.
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
        if tau not in get_args(Tau):
            hint = did_you_mean(tau, get_args(Tau))
            raise ValueError(
                f"tau must be 'synapse', 'neuron', 'shared' or 'fixed', not {tau!r}{hint}"
            )
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
        """What is left of a potential after a tick."""
        return 1.0 if self.leak_tau is None else math.exp(-self.dt / self.leak_tau)

    def effective(self) -> tuple[Tensor, Tensor]:
        """Time constants (ms) and weights that the layer computes with, both (n_neurons,
        n_inputs).
        """
        log_tau = self.log_tau.clamp(*map(math.log, TAU_RANGE)).expand(
            self.n_neurons, self.n_inputs
        )
        if self.quantiser is None:
            return log_tau.exp(), self.weight
        return self.quantiser.log_tau(log_tau).exp(), self.quantiser.weight(self.weight)

    def project(self) -> None:
        """Put time constants that an optimiser has led out of [0.5, 100] ms back; outside they
        would have no gradient.
        """
        with torch.no_grad():
            self.log_tau.clamp_(*map(math.log, TAU_RANGE))

    def rest(self, batch: int) -> HetSynState:
        """State at rest for a batch."""
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
        """What the synapses add to the potentials in T ticks from rest: x (T, B, n_inputs), T >= 1,
        to (T, B, n_neurons).

        ValueError for another shape.
        """
        if x.ndim != 3 or x.shape[2] != self.n_inputs or not len(x):
            raise ValueError(
                f"x must have shape (T, B, {self.n_inputs}) with T >= 1, not {tuple(x.shape)}"
            )
        tau, weight = self.effective()
        return currents(x, self.dt / tau, weight)

    def forward(self, x: Tensor) -> Tensor:
        """T ticks from rest with x (T, B, n_inputs), T >= 1: spikes (T, B, n_neurons). ValueError
        for another shape.
        """
        fired: Tensor = _Fire.apply(self.currents(x), self.threshold, self.leak, self.slope)
        return fired

    def export(self) -> HetSynLayer:
        """The float layer with the same numbers, those of the quantiser if there is one."""
        tau, weight = (each.detach().double().numpy() for each in self.effective())
        return HetSynLayer.from_arrays(tau, weight, self.threshold, leak_tau=self.leak_tau)
