r"""Learning rates over time, as plain numbers: `step() -> lr` for any optimiser, ours or another's.

After the t-th `step` (t = 1, 2, ...) the rate is

========================
==============================================================================================
`StepScheduler`           lr * gamma ^ floor(t / step_size) `ExponentialScheduler`    lr * gamma ^ t
`CosineScheduler`         min_lr + (lr - min_lr) (1 + cos(pi min(t / total_steps, 1))) / 2
`WarmupCosineScheduler`   lr * t / warmup_steps up to t = warmup_steps, then the cosine over the
total_steps - warmup_steps left ========================
==============================================================================================

Cosine annealing without restarts after Loshchilov & Hutter 2017 (arXiv:1608.03983), linear warm-up
after Goyal et al. 2017 (arXiv:1706.02677). The rates are those of torch's `StepLR`,
`ExponentialLR`, `CosineAnnealingLR` and `LinearLR` followed by `CosineAnnealingLR`, with one
difference: beyond `total_steps` the rate stays at `min_lr`, where torch's cosine rises again.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping

from sc_model.checks import count, number


class Scheduler(ABC):
    """A rate that is a function of the number of steps, so that a checkpoint is that number alone.

    Members
    -------
    lr : the rate now; before the first step that of t = 0.
    steps : how many steps were made.
    """

    def __init__(self) -> None:
        self.steps = 0

    @abstractmethod
    def at(self, steps: int) -> float:
        """The rate after so many steps."""

    @property
    def lr(self) -> float:
        """The rate now."""
        return self.at(self.steps)

    def step(self) -> float:
        """Go on by one step; the new rate."""
        self.steps += 1
        return self.lr

    def reset(self) -> None:
        """Begin again."""
        self.steps = 0

    def state_dict(self) -> dict[str, int]:
        """What a checkpoint has to hold."""
        return {"steps": self.steps}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Go on where a checkpoint was made. ValueError for other keys or a negative count."""
        if set(state) != {"steps"}:
            raise ValueError(f"scheduler state must hold 'steps' alone, not {sorted(state)}")
        self.steps = count("steps", state["steps"], 0)


class StepScheduler(Scheduler):
    """The rate is multiplied by `gamma` every `step_size` steps.

    Parameters
    ----------
    lr : > 0.
    step_size : >= 1.
    gamma : > 0.
    """

    def __init__(self, lr: float, step_size: int, gamma: float = 0.1) -> None:
        super().__init__()
        self.base_lr, self.step_size, self.gamma = (
            number("lr", lr),
            count("step_size", step_size),
            number("gamma", gamma),
        )

    def at(self, steps: int) -> float:
        """The rate after so many steps."""
        return float(self.base_lr * self.gamma ** (steps // self.step_size))


class ExponentialScheduler(Scheduler):
    """The rate is multiplied by `gamma` every step.

    Parameters
    ----------
    lr : > 0.
    gamma : > 0.
    """

    def __init__(self, lr: float, gamma: float) -> None:
        super().__init__()
        self.base_lr, self.gamma = number("lr", lr), number("gamma", gamma)

    def at(self, steps: int) -> float:
        """The rate after so many steps."""
        return float(self.base_lr * self.gamma**steps)


class CosineScheduler(Scheduler):
    """Half a cosine from `lr` down to `min_lr`, which then stays.

    Parameters
    ----------
    lr : > 0.
    min_lr : in [0, lr].
    total_steps : >= 1.
    """

    def __init__(self, lr: float, min_lr: float, total_steps: int) -> None:
        super().__init__()
        self.base_lr, self.min_lr = _rates(lr, min_lr)
        self.total_steps = count("total_steps", total_steps)

    def at(self, steps: int) -> float:
        """The rate after so many steps."""
        return _cosine(self.base_lr, self.min_lr, steps / self.total_steps)


class WarmupCosineScheduler(Scheduler):
    """A straight line from 0 up to `lr`, then half a cosine down to `min_lr`, which then stays.

    Parameters
    ----------
    lr : > 0.
    min_lr : in [0, lr].
    warmup_steps : >= 1.
    total_steps : of both together, > warmup_steps.
    """

    def __init__(self, lr: float, min_lr: float, warmup_steps: int, total_steps: int) -> None:
        super().__init__()
        self.base_lr, self.min_lr = _rates(lr, min_lr)
        self.warmup_steps, self.total_steps = (
            count("warmup_steps", warmup_steps),
            count("total_steps", total_steps),
        )
        if self.total_steps <= self.warmup_steps:
            raise ValueError(
                f"total_steps ({self.total_steps}) must exceed warmup_steps ({self.warmup_steps}):"
                " it counts the warm-up too"
            )

    def at(self, steps: int) -> float:
        """The rate after so many steps."""
        if steps <= self.warmup_steps:
            return self.base_lr * steps / self.warmup_steps
        return _cosine(
            self.base_lr,
            self.min_lr,
            (steps - self.warmup_steps) / (self.total_steps - self.warmup_steps),
        )


def _rates(lr: float, min_lr: float) -> tuple[float, float]:
    highest, lowest = number("lr", lr), number("min_lr", min_lr, zero=True)
    if lowest > highest:
        raise ValueError(f"min_lr ({lowest!r}) must be at most lr ({highest!r})")
    return highest, lowest


def _cosine(highest: float, lowest: float, share: float) -> float:
    return lowest + (highest - lowest) * (1 + math.cos(math.pi * min(share, 1.0))) / 2
