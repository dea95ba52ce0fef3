"""Many steps of a learner: seeded, logged, with checkpoints and a progress bar.

It works for every learner that has `train_step`, `save` and `load`. The arguments of a step come
from a function of a random generator, which depends on the seed and the number of the step alone.
So a run that was killed and goes on ends as one that was not: with the same bits in weights and
optimiser, and the same rows in its log.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sc_model.callbacks import TrainingCallback
from sc_model.checks import integer
from sc_model.training.gradient_learner import TrainStep


class Learner(Protocol):
    """A learner that can be trained here."""

    def train_step(self, *arguments: Any) -> TrainStep:
        """One update."""

    def save(self, file: str | os.PathLike[str], **more: Any) -> None:
        """Write a checkpoint."""

    def load(self, file: str | os.PathLike[str]) -> dict[str, Any]:
        """Go on from a checkpoint; returns the `more` of `save`."""


def train(
    learner: Learner,
    draw: Callable[[np.random.Generator], tuple[Any, ...]],
    steps: int,
    *,
    seed: int = 0,
    checkpoint: str | os.PathLike[str] | None = None,
    every: int = 1,
    callbacks: Sequence[TrainingCallback] = (),
    progress: bool = False,
) -> list[TrainStep]:
    """Train up to `steps` steps in all; returns the results of the steps of this call.

    Parameters
    ----------
    learner : has `train_step`, `save` and `load`.
    draw : from a random generator to the arguments of a `train_step`.
    steps : number of steps in all, >= 1, those of a checkpoint included.
    seed : of the random generators, >= 0.
    checkpoint : file that is written every `every` steps and after the last one. If it exists,
        training goes on from it.
    every : steps between checkpoints, >= 1.
    callbacks : they log `loss`, `lr`, `gradient_norm` and `rate/POPULATION` of each step. Those
        that have a `rewind` are first rewound to the number of steps of the checkpoint.
    progress : whether a bar is shown.

    Raises ValueError for a checkpoint of another seed or learner, and whatever a `train_step`
    raises: the checkpoint is then that of steps that ended well.
    """
    integer("steps", steps)
    integer("every", every)
    first_step = 0
    if checkpoint is not None and Path(checkpoint).exists():
        more = learner.load(checkpoint)
        if more["seed"] != seed:
            raise ValueError(
                f"seed must be that of the checkpoint {checkpoint}, {more['seed']}, not {seed};"
                " take another file"
            )
        first_step = int(more["steps"])
    for callback in callbacks:
        rewind = getattr(callback, "rewind", None)
        if rewind is not None:
            rewind(first_step)
    results: list[TrainStep] = []
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, disable=not progress) as bar:
        task = bar.add_task("training", total=steps, completed=first_step)
        for step in range(first_step, steps):
            results.append(
                learner.train_step(*draw(np.random.default_rng([integer("seed", seed, 0), step])))
            )
            last = results[-1]
            figures = {"loss": last.loss, "lr": last.lr, "gradient_norm": last.gradient_norm}
            figures |= {f"rate/{name}": rate for name, rate in last.rates.items()}
            for callback in callbacks:
                callback.log(figures, step)
            if checkpoint is not None and ((step + 1) % every == 0 or step + 1 == steps):
                learner.save(checkpoint, seed=seed, steps=step + 1)
            bar.update(task, advance=1, description=f"loss {last.loss:.4f}")
    return results
