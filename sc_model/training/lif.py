r"""Leaky integrate-and-fire neurons with the equations of hardware (`sc_model.arithmetic.lif`).

One tick for currents I, with a leak and a threshold for each neuron. v is the potential after the
tick before, as it was compared with the threshold, and s tells which neurons fired in that tick::

    reset at the spike     v0 = v reset by s;   v' = leak * v0 + I
    reset_delay            v1 = leak * v + I;   v' = v1 reset by s
    both                   spike where v' > threshold

A reset by s is v - threshold * s (``subtract``) or v * (1 - s) (``zero``); the step itself is
`sc_model.firing.IntegrateAndFire.step`. No gradient goes through the reset (Zenke & Vogels 2021,
doi:10.1162/neco_a_01367).

The names are those of snnTorch. Its `Leaky` with ``reset_mechanism="subtract", reset_delay=True``
is the second line. With ``"zero"`` it is the first one whatever its `reset_delay`, for it zeroes
before it integrates. With ``"subtract", reset_delay=False`` it is the first one as long as no
potential is above twice its threshold; there snnTorch resets once more before it compares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from sc_model.checks import choice
from sc_model.firing import IntegrateAndFire, Reset, ResetKind, decayed
from sc_model.training.straight_through import clamped
from sc_model.training.surrogate import Surrogate, fast_sigmoid_surrogate

THRESHOLD_MIN = 1e-3  # lower bound of thresholds


class LifState(NamedTuple):
    """State after a tick.

    Members
    -------
    potential : (B, neurons), as it was compared with the threshold, before a reset.
    fired : (B, neurons), spikes of the tick, 0 or 1.
    """

    potential: Tensor
    fired: Tensor


def step(
    state: LifState,
    current: Tensor,
    leak: Tensor,
    threshold: Tensor,
    reset: ResetKind,
    reset_delay: bool,
    surrogate: Surrogate,
) -> tuple[LifState, Tensor]:
    """One tick: the new state, and the spikes (B, neurons).

    Parameters
    ----------
    state : after the tick before.
    current : (B, neurons).
    leak, threshold : (neurons,).
    reset, reset_delay, surrogate : see `Lif`.
    """
    neurons = IntegrateAndFire(
        lambda v, drive: decayed(v, leak, drive),
        surrogate,
        threshold,
        _reset(threshold, reset, reset_delay),
        detach=Tensor.detach,
    )
    after = neurons.step(state.potential, state.fired, current)
    return LifState(after.potential, after.spikes), after.spikes


@dataclass(frozen=True)
class Rounding:
    """What hardware does to potentials beside the equations.

    Members
    -------
    left : from potentials to what is left of them after a tick, rounded as hardware rounds.
    low, high : range of a potential; it saturates there.
    """

    left: Callable[[Tensor], Tensor]
    low: float
    high: float

    def limit(self, v: Tensor) -> Tensor:
        """Potentials saturated to the range."""
        return v.clamp(self.low, self.high)


class _Potentials(torch.autograd.Function):
    """The potentials of all ticks, (T, B, neurons), with one node of the autograd graph in all.

    With spikes held fixed, for no gradient goes through resets, a potential is linear in the one
    before. So the backward pass is a sum from the last tick to the first. Gradients pass straight
    through a rounding.
    """

    @staticmethod
    def forward(
        ctx: Any,
        current: Tensor,
        leak: Tensor,
        threshold: Tensor,
        reset: ResetKind,
        reset_delay: bool,
        surrogate: Surrogate,
        rounding: Rounding | None,
    ) -> Tensor:
        if rounding is None:
            # one operation a tick; where it is a fused one, its rounding differs from `step`'s
            integrate, limit = (lambda v, drive: torch.addcmul(drive, leak, v)), None
        else:
            integrate, limit = (lambda v, drive: drive + rounding.left(v)), rounding.limit
        neurons = IntegrateAndFire(
            integrate, surrogate, threshold, _reset(threshold, reset, reset_delay), limit=limit
        )
        v = fired = torch.zeros_like(current[0])
        peaks = []
        for drive in current.unbind():
            after = neurons.step(v, fired, drive)
            v, fired = after.potential, after.spikes
            peaks.append(after.peak)
        potentials = torch.stack(peaks)
        ctx.save_for_backward(potentials, leak, threshold)
        ctx.options = reset, reset_delay, surrogate
        return potentials

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        potentials, leak, threshold = ctx.saved_tensors
        reset, reset_delay, surrogate = ctx.options
        fired = surrogate(potentials - threshold)[:-1]
        silence = 1 - fired if reset == "zero" else None
        # dv(t + 1) / dv(t): the leak, and 0 where a reset to zero lies between
        factors = leak.expand_as(fired) if silence is None else leak * silence
        for_current = grads[0].clone()
        ticks = for_current.unbind()
        for later, earlier, factor in zip(
            reversed(ticks), reversed(ticks[:-1]), reversed(factors.unbind()), strict=False
        ):
            earlier.addcmul_(factor, later)
        behind = for_current[1:]  # by potentials of ticks that have one before them
        for_leak = for_threshold = None
        if ctx.needs_input_grad[1]:
            start = potentials[:-1]
            if silence is not None:
                start = start * silence
            elif not reset_delay:
                start = start - threshold * fired
            for_leak = (behind * start).sum((0, 1))
        if ctx.needs_input_grad[2] and silence is None:
            by_reset = -(behind * fired).sum((0, 1))
            for_threshold = by_reset if reset_delay else leak * by_reset
        if reset_delay and silence is not None:  # a delayed reset to zero drops the tick's current
            for_current[1:] *= silence
        return for_current, for_leak, for_threshold, None, None, None, None


def fire(
    current: Tensor,
    leak: Tensor,
    threshold: Tensor,
    reset: ResetKind,
    reset_delay: bool,
    surrogate: Surrogate,
    rounding: Rounding | None = None,
) -> Tensor:
    """Spikes (T, B, neurons) of T ticks from rest.

    Parameters
    ----------
    current : (T, B, neurons).
    leak, threshold : (neurons,).
    reset, reset_delay, surrogate : see `Lif`.
    rounding : what hardware does beside the equations; None: nothing.
    """
    potentials = _Potentials.apply(
        current, leak, threshold, reset, reset_delay, surrogate, rounding
    )
    return surrogate(potentials - threshold)


def _reset(threshold: Tensor, reset: ResetKind, reset_delay: bool) -> Reset:
    """The reset of the next tick; potentials count from v_reset = 0."""
    return Reset(reset, "after" if reset_delay else "before", threshold)


class Lif(torch.nn.Module):
    """A layer of leaky integrate-and-fire neurons.

    Parameters
    ----------
    neurons : number of neurons, >= 1.
    leak : share of a potential that is left after a tick, in [0, 1]; a number or (neurons,).
    threshold : >= 0.001; a number or (neurons,).
    reset : "subtract" or "zero", see above.
    reset_delay : whether the tick after the spike does the reset, after leak and input.
    learn_leak, learn_threshold : whether they are parameters; otherwise they are buffers.
    surrogate : from distances to the threshold to spikes (`sc_model.training.surrogate`).
    device, dtype : as in `torch.nn.Linear`.

    Members
    -------
    leak, threshold : (neurons,). The layer computes with them clamped to [0, 1] and to >= 0.001.

    Raises ValueError for values out of range.
    """

    leak: Tensor
    threshold: Tensor

    def __init__(
        self,
        neurons: int,
        leak: float | Tensor = 0.9,
        threshold: float | Tensor = 1.0,
        *,
        reset: ResetKind = "subtract",
        reset_delay: bool = False,
        learn_leak: bool = False,
        learn_threshold: bool = False,
        surrogate: Surrogate = fast_sigmoid_surrogate,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if neurons < 1:
            raise ValueError(f"neurons must be >= 1, not {neurons}")
        choice("reset", reset, ("subtract", "zero"))
        for name, initial, is_parameter, low, high in (
            ("leak", leak, learn_leak, 0.0, 1.0),
            ("threshold", threshold, learn_threshold, THRESHOLD_MIN, torch.inf),
        ):
            value = torch.as_tensor(
                initial, device=device, dtype=dtype or torch.get_default_dtype()
            ).detach()
            if value.shape not in ((), (neurons,)):
                raise ValueError(
                    f"{name} must be a number or have shape ({neurons},), not {tuple(value.shape)}"
                )
            if not bool((torch.isfinite(value) & (value >= low) & (value <= high)).all()):
                allowed = (
                    f">= {low:g} and finite" if high == torch.inf else f"in [{low:g}, {high:g}]"
                )
                raise ValueError(f"{name} must be {allowed}, not {initial!r}")
            value = value.expand(neurons).clone()
            if is_parameter:
                self.register_parameter(name, torch.nn.Parameter(value))
            else:
                self.register_buffer(name, value)
        self.neurons, self.reset, self.reset_delay, self.surrogate = (
            neurons,
            reset,
            reset_delay,
            surrogate,
        )

    def effective(self) -> tuple[Tensor, Tensor]:
        """Leaks and thresholds with which the layer computes, (neurons,) each."""
        leak = clamped(self.leak, 0.0, 1.0) if self.leak.requires_grad else self.leak
        threshold = (
            clamped(self.threshold, THRESHOLD_MIN)
            if self.threshold.requires_grad
            else self.threshold
        )
        return leak, threshold

    def rest(self, batch: int) -> LifState:
        """The state at rest: potentials of 0 and no spikes."""
        silent = self.leak.new_zeros(batch, self.neurons)
        return LifState(silent, silent)

    def step(self, state: LifState, current: Tensor) -> tuple[LifState, Tensor]:
        """One tick with currents (B, neurons): the new state, and spikes (B, neurons)."""
        return step(state, current, *self.effective(), self.reset, self.reset_delay, self.surrogate)

    def forward(self, current: Tensor) -> Tensor:
        """T ticks from rest with currents (T, B, neurons), T >= 1: spikes (T, B, neurons).

        ValueError for another shape.
        """
        if current.ndim != 3 or current.shape[2] != self.neurons or not len(current):
            raise ValueError(
                f"current must have shape (T, B, {self.neurons}) with T >= 1, not"
                f" {tuple(current.shape)}"
            )
        leak, threshold = self.effective()
        return fire(current, leak, threshold, self.reset, self.reset_delay, self.surrogate)

    def extra_repr(self) -> str:
        """Size and reset."""
        return f"{self.neurons}, reset={self.reset!r}, reset_delay={self.reset_delay}"
