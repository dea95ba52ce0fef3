"""A small training loop over epochs, with progress, typed results and checkpoints.

It is a page to copy and change. The random numbers of an epoch depend on the seed and the epoch's
number alone, so a run that was stopped and goes on ends as one that was not stopped.
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

from sc_model.files import PathLike, replacing
from sc_model.torch_files import misfit, read_state

Batches = Callable[[np.random.Generator], Iterable[tuple[Tensor, Tensor]]]
Metrics = Callable[[torch.nn.Module], Mapping[str, float]]


class TrainingError(RuntimeError):
    """Training can't go on, because a loss or a gradient is not finite."""


@dataclass(frozen=True)
class Epoch:
    """The result of an epoch.

    Members
    -------
    number : of the epoch, from 1.
    loss : mean over the batches.
    batches : number of batches.
    seconds : duration.
    metrics : results of `measure` after the epoch.
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
    checkpoint: PathLike | None = None,
    progress: bool = True,
) -> list[Epoch]:
    """Train a model; returns the results of all epochs.

    Parameters
    ----------
    model : from inputs to outputs. After each update `project()` of each of its modules that has
        one is called.
    batches : from a random generator to the inputs and targets of one epoch.
    loss : from outputs and targets to one number.
    optimiser : of the model's parameters.
    epochs : number of epochs in all, >= 1.
    seed : of the random generators.
    schedule : takes a step after each update; or None.
    measure : from the model, in evaluation mode, to metrics by name, after each epoch; or None.
    checkpoint : file that is written after each epoch. If it exists, training goes on from it.
    progress : whether a bar is shown.

    Raises ValueError for `epochs` < 1 or an epoch without batches, TrainingError where the loss is
    not finite; the checkpoint is then that of the last epoch that ended well.
    """
    if epochs < 1:
        raise ValueError(f"epochs must be >= 1, not {epochs}")
    file = None if checkpoint is None else Path(checkpoint)
    results = (
        [] if file is None or not file.exists() else _load(file, model, optimiser, schedule, seed)
    )
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, disable=not progress) as bar:
        task = bar.add_task("training", total=epochs, completed=len(results))
        for number in range(len(results) + 1, epochs + 1):
            started = time.perf_counter()
            model.train()
            losses = [
                _update(model, x, target, loss, optimiser, schedule, number)
                for x, target in batches(np.random.default_rng([seed, number]))
            ]
            if not losses:
                raise ValueError(f"batches must give one batch or more, not 0 in epoch {number}")
            model.eval()
            with torch.no_grad():
                metrics = dict(measure(model)) if measure is not None else {}
            results.append(
                Epoch(
                    number,
                    math.fsum(losses) / len(losses),
                    len(losses),
                    time.perf_counter() - started,
                    metrics,
                )
            )
            if file is not None:
                _save(file, model, optimiser, schedule, seed, results)
            text = " ".join(f"{name} {value:.3f}" for name, value in metrics.items())
            bar.update(task, advance=1, description=f"loss {results[-1].loss:.4f} {text}".rstrip())
    return results


def _update(
    model: torch.nn.Module,
    x: Tensor,
    target: Tensor,
    loss: Callable[[Tensor, Tensor], Tensor],
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler | None,
    number: int,
) -> float:
    """Train on one batch, in epoch `number`; returns its loss."""
    result = loss(model(x), target)
    value = float(result.detach())
    if not math.isfinite(value):
        raise TrainingError(
            f"the loss must be finite, not {value} in epoch {number}; lower the learning rate, or"
            " look for NaN in the inputs"
        )
    optimiser.zero_grad()
    result.backward()
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
    results: list[Epoch],
) -> None:
    """Write the checkpoint in one move; a run that is stopped here leaves the one before."""
    state = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "seed": seed}
    state |= {
        "schedule": schedule.state_dict() if schedule is not None else None,
        "epochs": [asdict(epoch) for epoch in results],
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
    """Restore the state of a checkpoint; returns its epochs."""
    state = read_state(file, ("model", "optimiser", "seed", "schedule", "epochs"))
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
    try:
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        if schedule is not None:
            schedule.load_state_dict(state["schedule"])
        return [Epoch(**epoch) for epoch in state["epochs"]]
    except (LookupError, TypeError, AttributeError, RuntimeError) as error:
        raise misfit(file, error) from None
