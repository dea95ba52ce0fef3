r"""Learning rates over time, as plain numbers: `step() -> lr` for any optimiser, ours or another's.

After the t-th call of `step` (t = 1, 2, ...) the rate is

`StepScheduler` ::

    lr = lr_init * gamma ^ floor(t / step_size)

`ExponentialScheduler` ::

    lr = lr_init * gamma ^ t

`CosineScheduler` ::

    lr = lr_min + (lr_init - lr_min) * (1 + cos(pi * min(t / total_steps, 1))) / 2

`WarmupCosineScheduler` ::

    lr = lr_init * t / warmup_steps                                     for t <= warmup_steps
    the cosine over the remaining total_steps - warmup_steps steps      for t > warmup_steps

Cosine annealing without restarts follows Loshchilov & Hutter 2017 (arXiv:1608.03983), linear
warm-up Goyal et al. 2017 (arXiv:1706.02677). The rates are those of torch's `StepLR`,
`ExponentialLR`, `CosineAnnealingLR` and `LinearLR` followed by `CosineAnnealingLR`, with one
difference: beyond `total_steps` the rate stays at `lr_min`, where torch's cosine rises again.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping

from sc_model.checks import integer, positive_number


class Scheduler(ABC):
    """A learning rate that depends on the number of steps alone, so a checkpoint is that number.

    Members
    -------
    lr : the current rate; before the first step that of t = 0.
    steps : number of steps since the beginning or the last `reset`.
    """

    def __init__(self) -> None:
        self.steps = 0

    @abstractmethod
    def at(self, steps: int) -> float:
        """Return the rate after so many steps."""

    @property
    def lr(self) -> float:
        """The current rate."""
        return self.at(self.steps)

    def step(self) -> float:
        """Advance by one step and return the new rate."""
        self.steps += 1
        return self.lr

    def reset(self) -> None:
        """Return to t = 0."""
        self.steps = 0

    def state_dict(self) -> dict[str, int]:
        """Return what a checkpoint has to hold."""
        return {"steps": self.steps}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Continue from a checkpoint; ValueError for other keys or a negative count."""
        if set(state) != {"steps"}:
            raise ValueError(f"scheduler state must hold 'steps' alone, not {sorted(state)}")
        self.steps = integer("steps", state["steps"], 0)


class StepScheduler(Scheduler):
    """Multiply the rate by `gamma` every `step_size` steps.

    Parameters
    ----------
    lr_init : first rate, > 0.
    step_size : steps between two changes, >= 1.
    gamma : factor of a change, > 0; by default torch's.
    """

    def __init__(self, lr_init: float, step_size: int, gamma: float = 0.1) -> None:
        super().__init__()
        self.lr_init = positive_number("lr_init", lr_init)
        self.step_size = integer("step_size", step_size)
        self.gamma = positive_number("gamma", gamma)

    def at(self, steps: int) -> float:
        """Return the rate after so many steps."""
        return float(self.lr_init * self.gamma ** (steps // self.step_size))


class ExponentialScheduler(Scheduler):
    """Multiply the rate by `gamma` every step.

    Parameters
    ----------
    lr_init : first rate, > 0.
    gamma : factor of a step, > 0. The default halves the rate in 693 steps.
    """

    def __init__(self, lr_init: float, gamma: float = 0.999) -> None:
        super().__init__()
        self.lr_init, self.gamma = (
            positive_number("lr_init", lr_init),
            positive_number("gamma", gamma),
        )

    def at(self, steps: int) -> float:
        """Return the rate after so many steps."""
        return float(self.lr_init * self.gamma**steps)


class CosineScheduler(Scheduler):
    """Let the rate fall along half a cosine from `lr_init` to `lr_min`, where it stays.

    Parameters
    ----------
    lr_init : first rate, > 0.
    lr_min : last rate, in [0, lr_init].
    total_steps : steps until the last rate is reached, >= 1.
    """

    def __init__(self, lr_init: float, lr_min: float, total_steps: int) -> None:
        super().__init__()
        self.lr_init, self.lr_min = _checked_rates(lr_init, lr_min)
        self.total_steps = integer("total_steps", total_steps)

    def at(self, steps: int) -> float:
        """Return the rate after so many steps."""
        return _cosine(self.lr_init, self.lr_min, steps / self.total_steps)


class WarmupCosineScheduler(Scheduler):
    """Raise the rate linearly from 0 to `lr_init`, then lower it along a cosine to `lr_min`.

    The rate is 0 only before the first call of `step`, which returns lr_init / warmup_steps.

    Parameters
    ----------
    lr_init : highest rate, > 0.
    lr_min : last rate, in [0, lr_init].
    warmup_steps : steps of the rise, >= 1.
    total_steps : steps of rise and fall together, > warmup_steps.
    """

    def __init__(self, lr_init: float, lr_min: float, warmup_steps: int, total_steps: int) -> None:
        super().__init__()
        self.lr_init, self.lr_min = _checked_rates(lr_init, lr_min)
        self.warmup_steps = integer("warmup_steps", warmup_steps)
        self.total_steps = integer("total_steps", total_steps)
        if self.total_steps <= self.warmup_steps:
            raise ValueError(
                f"total_steps ({self.total_steps}) must exceed warmup_steps ({self.warmup_steps}):"
                " it counts the warm-up too"
            )

    def at(self, steps: int) -> float:
        """Return the rate after so many steps."""
        if steps <= self.warmup_steps:
            return self.lr_init * steps / self.warmup_steps
        cosine_steps = self.total_steps - self.warmup_steps
        return _cosine(self.lr_init, self.lr_min, (steps - self.warmup_steps) / cosine_steps)


def _checked_rates(lr_init: float, lr_min: float) -> tuple[float, float]:
    """Both rates as floats; ValueError unless 0 <= lr_min <= lr_init and lr_init > 0."""
    highest, lowest = (
        positive_number("lr_init", lr_init),
        positive_number("lr_min", lr_min, zero=True),
    )
    if lowest > highest:
        raise ValueError(f"lr_min ({lowest!r}) must be at most lr_init ({highest!r})")
    return highest, lowest


def _cosine(highest: float, lowest: float, fraction: float) -> float:
    """The rate after that fraction of the fall from `highest` to `lowest`, fraction >= 0."""
    # Beyond the end the fraction stays 1: a cosine that went on would raise the rate again.
    return lowest + (highest - lowest) * (1 + math.cos(math.pi * min(fraction, 1.0))) / 2
