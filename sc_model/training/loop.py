"""A small training loop: epochs with progress, a typed result for each, a checkpoint to go on from.

A page to copy and change; nothing else of ours needs it. The random numbers of an epoch depend on
the seed and the epoch's number alone, so that a run which was stopped and goes on ends as one that
was not.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor

from sc_model.files import replacing

Batches = Callable[[np.random.Generator], Iterable[tuple[Tensor, Tensor]]]
Metrics = Callable[[torch.nn.Module], Mapping[str, float]]


class TrainingError(RuntimeError):
    """Training can't go on."""


@dataclass(frozen=True)
class Epoch:
    """An epoch that is done.

    Members
    -------
    number : 1 is the first one.
    loss : mean over the batches.
    batches : how many there were.
    seconds : it took.
    metrics : what `measure` found behind it.
    """

    number: int
    loss: float
    batches: int
    seconds: float
    metrics: dict[str, float] = field(default_factory=dict)


def fit(
    model: torch.nn.Module,
    batches: Batches,
    loss: Callable[[Tensor, Tensor], Tensor],
    optimiser: torch.optim.Optimizer,
    *,
    epochs: int,
    seed: int = 0,
    schedule: torch.optim.lr_scheduler.LRScheduler | None = None,
    measure: Metrics | None = None,
    checkpoint: Path | str | None = None,
    progress: bool = True,
) -> list[Epoch]:
    """Train, and return all epochs.

    Parameters
    ----------
    model : from inputs to outputs; after each update `project()` is called on every module of it
        that has one.
    batches : from random numbers to the inputs and targets of one epoch.
    loss : of outputs and targets.
    schedule : takes a step after each update.
    measure : called after each epoch, with the model in evaluation mode.
    checkpoint : file that everything is kept in after each epoch, and that a run begins from if it
        is there.
    progress : show a bar.

    Raises ValueError for `epochs` < 1 or an epoch without batches, TrainingError where the loss is
    not finite; the checkpoint is then that of the last epoch that ended well.
    """
    if epochs < 1:
        raise ValueError(f"epochs must be >= 1, not {epochs}")
    file = None if checkpoint is None else Path(checkpoint)
    done = (
        [] if file is None or not file.exists() else _load(file, model, optimiser, schedule, seed)
    )
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, disable=not progress) as bar:
        task = bar.add_task("training", total=epochs, completed=len(done))
        for number in range(len(done) + 1, epochs + 1):
            started = time.perf_counter()
            model.train()
            found = [
                _update(model, x, target, loss, optimiser, schedule, number)
                for x, target in batches(np.random.default_rng([seed, number]))
            ]
            if not found:
                raise ValueError(f"batches must give one batch or more, not 0 in epoch {number}")
            model.eval()
            with torch.no_grad():
                metrics = dict(measure(model)) if measure is not None else {}
            done.append(
                Epoch(
                    number,
                    math.fsum(found) / len(found),
                    len(found),
                    time.perf_counter() - started,
                    metrics,
                )
            )
            if file is not None:
                _save(file, model, optimiser, schedule, seed, done)
            shown = " ".join(f"{name} {value:.3f}" for name, value in metrics.items())
            bar.update(task, advance=1, description=f"loss {done[-1].loss:.4f} {shown}".rstrip())
    return done


def _update(
    model: torch.nn.Module,
    x: Tensor,
    target: Tensor,
    loss: Callable[[Tensor, Tensor], Tensor],
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler | None,
    number: int,
) -> float:
    """One batch; its loss."""
    found = loss(model(x), target)
    value = float(found.detach())
    if not math.isfinite(value):
        raise TrainingError(
            f"the loss must be finite, not {value} in epoch {number}; lower the learning rate, or"
            " look for NaN in the inputs"
        )
    optimiser.zero_grad()
    found.backward()
    optimiser.step()
    if schedule is not None:
        schedule.step()
    for module in model.modules():
        project = getattr(module, "project", None)
        if project is not None:
            project()
    return value


def _save(
    file: Path,
    model: torch.nn.Module,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler | None,
    seed: int,
    done: list[Epoch],
) -> None:
    """Everything, in one move: a run that is stopped here leaves the checkpoint of the epoch
    before.
    """
    state = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "seed": seed}
    state |= {
        "schedule": schedule.state_dict() if schedule is not None else None,
        "epochs": [asdict(epoch) for epoch in done],
    }
    with replacing(file) as temporary:
        torch.save(state, temporary)


def _load(
    file: Path,
    model: torch.nn.Module,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler | None,
    seed: int,
) -> list[Epoch]:
    """Put everything back; the epochs that are done."""
    state = torch.load(file, weights_only=True)
    if state["seed"] != seed:
        raise ValueError(
            f"seed must be that of the checkpoint {file}, {state['seed']}, not {seed}; take another"
            " file"
        )
    if (schedule is None) != (state["schedule"] is None):
        had = "no schedule" if schedule is not None else "one"
        raise ValueError(
            f"schedule must be given as for the checkpoint {file}, which has {had}; take another"
            " file"
        )
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    if schedule is not None:
        schedule.load_state_dict(state["schedule"])
    return [Epoch(**epoch) for epoch in state["epochs"]]
