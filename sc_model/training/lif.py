r"""Leaky integrate-and-fire neurons, tick by tick, in the form that hardware has
(`sc_model.arithmetic.lif`).

For currents I, with a leak and a threshold for each neuron::

    reset at the spike     v' = leak * v0 + I,   v0 = v - threshold | 0 if fired before (reset ``subtract`` | ``zero``), else v
    reset_delay            v' = leak * v + I - threshold | 0 if fired before, else leak * v + I
    spike                  v' > threshold

No gradient goes through the reset (Zenke & Vogels 2021, doi:10.1162/neco_a_01367). The names are
those of snnTorch. Its `Leaky` with ``reset_mechanism="subtract", reset_delay=True`` is the second
line, with ``"zero"`` the first one whatever its `reset_delay` (it zeroes before it integrates), and
with ``"subtract", reset_delay=False`` the first one as long as no potential is above twice its
threshold (there it resets once more, before it compares).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, get_args

import torch
from torch import Tensor

from sc_model.firing import IntegrateAndFire, Reset, ResetKind, decayed
from sc_model.spec.errors import did_you_mean
from sc_model.training.straight_through import clamped
from sc_model.training.surrogate import Surrogate, fast_sigmoid_surrogate

THRESHOLD_MIN = 1e-3  # of a threshold that is learned


class LifState(NamedTuple):
    """What goes from tick to tick, (B, neurons) each: `potential`, that before the reset of a
    spike, and `fired`, 0 or 1.
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
    """The potentials of all ticks: the numbers of `step`, without nodes of the autograd graph for
    each tick.

    Where no gradient goes through resets a potential is linear in the one before, so what is left
    for the way back is a sum from the last tick to the first. Through a rounding it goes straight.
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
        kept = 1 - fired if reset == "zero" else None
        through = leak.expand_as(fired) if kept is None else leak * kept
        found = grads[0].clone()
        ticks = found.unbind()
        for later, now, part in zip(
            reversed(ticks), reversed(ticks[:-1]), reversed(through.unbind()), strict=False
        ):
            now.addcmul_(part, later)
        behind = found[1:]
        for_leak = for_threshold = None
        if ctx.needs_input_grad[1]:
            start = potentials[:-1]
            if kept is not None:
                start = start * kept
            elif not reset_delay:
                start = start - threshold * fired
            for_leak = (behind * start).sum((0, 1))
        if ctx.needs_input_grad[2] and kept is None:
            taken = -(behind * fired).sum((0, 1))
            for_threshold = taken if reset_delay else leak * taken
        if reset_delay and kept is not None:  # a current that comes with a reset to zero is lost
            found[1:] *= kept
        return found, for_leak, for_threshold, None, None, None, None


def fire(
    current: Tensor,
    leak: Tensor,
    threshold: Tensor,
    reset: ResetKind,
    reset_delay: bool,
    surrogate: Surrogate,
    rounding: Rounding | None = None,
) -> Tensor:
    """All ticks from rest: currents (T, B, neurons), leaks and thresholds (neurons,) to spikes (T,
    B, neurons).
    """
    potentials = _Potentials.apply(
        current, leak, threshold, reset, reset_delay, surrogate, rounding
    )
    return surrogate(potentials - threshold)


def _reset(threshold: Tensor, reset: ResetKind, reset_delay: bool) -> Reset:
    """The reset of the next tick; potentials count from v_reset = 0."""
    return Reset(reset, "after" if reset_delay else "before", threshold)


class Lif(torch.nn.Module):
    """A layer of neurons.

    Parameters
    ----------
    neurons : >= 1.
    leak : what is left of a potential after a tick, in [0, 1];
    threshold : > 0; numbers or (neurons,).
    reset, reset_delay : as above.
    learn_leak, learn_threshold : whether they are parameters; else they are buffers.
    surrogate : from distances to the threshold to spikes (`sc_model.training.surrogate`).
    device, dtype : as in `torch.nn.Linear`.

    Members
    -------
    leak, threshold : (neurons,). What is computed with is clamped to [0, 1] and to >= 0.001.

    Raises ValueError for values outside.
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
        if reset not in get_args(ResetKind):
            raise ValueError(
                "reset must be 'subtract' or 'zero', not"
                f" {reset!r}{did_you_mean(str(reset), get_args(ResetKind))}"
            )
        for name, given, learned, low, high in (
            ("leak", leak, learn_leak, 0.0, 1.0),
            ("threshold", threshold, learn_threshold, THRESHOLD_MIN, torch.inf),
        ):
            value = torch.as_tensor(
                given, device=device, dtype=dtype or torch.get_default_dtype()
            ).detach()
            if value.shape not in ((), (neurons,)):
                raise ValueError(
                    f"{name} must be a number or have shape ({neurons},), not {tuple(value.shape)}"
                )
            if not bool((torch.isfinite(value) & (value >= low) & (value <= high)).all()):
                allowed = (
                    f">= {low:g} and finite" if high == torch.inf else f"in [{low:g}, {high:g}]"
                )
                raise ValueError(f"{name} must be {allowed}, not {given!r}")
            value = value.expand(neurons).clone()
            if learned:
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
        """Leaks and thresholds that the layer computes with, (neurons,) each."""
        leak = clamped(self.leak, 0.0, 1.0) if self.leak.requires_grad else self.leak
        threshold = (
            clamped(self.threshold, THRESHOLD_MIN)
            if self.threshold.requires_grad
            else self.threshold
        )
        return leak, threshold

    def rest(self, batch: int) -> LifState:
        """State at rest for a batch."""
        silent = self.leak.new_zeros(batch, self.neurons)
        return LifState(silent, silent)

    def step(self, state: LifState, current: Tensor) -> tuple[LifState, Tensor]:
        """One tick with currents (B, neurons): the new state, spikes (B, neurons)."""
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
