"""`fit`: typed results, seeds, going on from a checkpoint, and what stops it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from sc_model.training import DelayLinear, Epoch, TrainingError, fit


def batches(rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    """What went in two steps ago is the aim."""
    for _ in range(5):
        x = torch.tensor(rng.normal(size=(12, 8, 1))).float()
        yield x, torch.cat([torch.zeros(2, 8, 1), x[:-2]])


def made() -> tuple[DelayLinear, torch.optim.Optimizer, Any]:
    torch.manual_seed(0)
    model = DelayLinear(1, 1, 4)
    optimiser = torch.optim.Adam(model.parameters(), 0.05)
    return model, optimiser, torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 300)


def run(
    epochs: int, data: Any = batches, *, scheduled: bool = True, **more: Any
) -> tuple[DelayLinear, list[Epoch]]:
    model, optimiser, schedule = made()
    found = fit(
        model,
        data,
        torch.nn.functional.mse_loss,
        optimiser,
        epochs=epochs,
        schedule=schedule if scheduled else None,
        progress=False,
        **more,
    )
    return model, found


def test_epochs() -> None:
    model, found = run(
        60, measure=lambda net: {"delay": net.delay.item(), "training": float(net.training)}
    )
    assert [epoch.number for epoch in found] == list(range(1, 61))
    assert found[-1].loss < 0.01 < found[0].loss
    assert found[-1].batches == 5
    assert all(epoch.seconds > 0 for epoch in found)
    assert model.delay.item() == pytest.approx(2.0, abs=0.05)
    assert found[-1].metrics == {"delay": model.delay.item(), "training": 0.0}


def test_a_seed_decides_all() -> None:
    losses = [[epoch.loss for epoch in run(3, seed=seed)[1]] for seed in (1, 1, 2)]
    assert losses[0] == losses[1] != losses[2]


def test_a_run_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    whole, all_epochs = run(6, checkpoint=tmp_path / "whole" / "run.pt")
    run(2, checkpoint=tmp_path / "run.pt")
    parts, found = run(6, checkpoint=tmp_path / "run.pt")
    assert [(epoch.number, epoch.loss) for epoch in found] == [
        (epoch.number, epoch.loss) for epoch in all_epochs
    ]
    assert torch.equal(parts.weight, whole.weight)
    assert torch.equal(parts.delay, whole.delay)
    assert [file.name for file in tmp_path.glob("*.pt")] == ["run.pt"]
    again, same = run(6, checkpoint=tmp_path / "run.pt")
    assert same == found
    assert torch.equal(again.weight, whole.weight)


def test_progress_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    model, optimiser, _ = made()
    fit(
        model,
        batches,
        torch.nn.functional.mse_loss,
        optimiser,
        epochs=2,
        measure=lambda _: {"right": 0.5},
    )
    assert re.search(r"loss \d\.\d{4} right 0\.500.* 2/2", capsys.readouterr().out)


def test_delays_are_put_back() -> None:
    model, optimiser, _ = made()
    with torch.no_grad():
        model.delay.fill_(9.0)
    fit(model, batches, torch.nn.functional.mse_loss, optimiser, epochs=1, progress=False)
    assert model.delay.item() <= 4.0


def not_a_number(tmp: Path) -> None:
    def bad(rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        yield from batches(rng)
        if (tmp / "run.pt").exists():
            yield torch.full((12, 8, 1), torch.nan), torch.zeros(12, 8, 1)

    run(3, bad, scheduled=False, checkpoint=tmp / "run.pt")


def no_batches(_: Path) -> None:
    run(1, lambda rng: [], scheduled=False)


def other_schedule(tmp: Path) -> None:
    run(1, scheduled=False, checkpoint=tmp / "run.pt")
    run(2, checkpoint=tmp / "run.pt")


def other_seed(tmp: Path) -> None:
    run(1, checkpoint=tmp / "run.pt")
    run(2, checkpoint=tmp / "run.pt", seed=3)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            not_a_number,
            TrainingError,
            (
                "the loss must be finite, not nan in epoch 2; lower the learning rate, or look for"
                " NaN in the inputs"
            ),
        ),
        (no_batches, ValueError, "batches must give one batch or more, not 0 in epoch 1"),
        (lambda _: run(0), ValueError, "epochs must be >= 1, not 0"),
        (
            other_schedule,
            ValueError,
            (
                "schedule must be given as for the checkpoint FILE, which has no schedule; take"
                " another file"
            ),
        ),
        (
            other_seed,
            ValueError,
            "seed must be that of the checkpoint FILE, 0, not 3; take another file",
        ),
    ],
)
def test_loop_errors(
    call: Callable[[Path], Any], kind: type[Exception], message: str, tmp_path: Path
) -> None:
    with pytest.raises(
        kind, match=f"^{re.escape(message.replace('FILE', str(tmp_path / 'run.pt')))}$"
    ):
        call(tmp_path)


def test_the_checkpoint_is_that_of_the_epoch_that_ended_well(tmp_path: Path) -> None:
    with pytest.raises(TrainingError):
        not_a_number(tmp_path)
    model, found = run(1, scheduled=False, checkpoint=tmp_path / "run.pt")
    assert [epoch.number for epoch in found] == [1]
    assert torch.isfinite(model.weight).all()
