"""Learning rates: vectors, torch's schedulers, a hand-worked point of each, checkpoints."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from support import VECTORS

from sc_model.learning.schedulers import (
    CosineScheduler,
    ExponentialScheduler,
    Scheduler,
    StepScheduler,
    WarmupCosineScheduler,
)

LENGTH = 80
CASES: dict[str, Callable[[], Scheduler]] = {
    "step": lambda: StepScheduler(0.1, 7, 0.5),
    "exponential": lambda: ExponentialScheduler(0.1, 0.97),
    "cosine": lambda: CosineScheduler(0.1, 0.001, 50),
    "warmup_cosine": lambda: WarmupCosineScheduler(0.1, 0.001, 10, 60),
}


def torch_rates(name: str, steps: int) -> list[float]:
    """The rate after each step of torch's scheduler of the same name."""
    lr = torch.optim.lr_scheduler
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    torch_of: dict[str, Callable[[], Any]] = {
        "step": lambda: lr.StepLR(optimiser, 7, 0.5),
        "exponential": lambda: lr.ExponentialLR(optimiser, 0.97),
        "cosine": lambda: lr.CosineAnnealingLR(optimiser, 50, 0.001),
        "warmup_cosine": lambda: lr.SequentialLR(
            optimiser,
            [lr.LinearLR(optimiser, 0.1, 1.0, 9), lr.CosineAnnealingLR(optimiser, 50, 0.001)],
            [9],
        ),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SequentialLR calls what torch itself calls deprecated
        scheduler, rates = torch_of[name](), []
        for _ in range(steps + 1):
            rates.append(optimiser.param_groups[0]["lr"])
            optimiser.step()
            scheduler.step()
    # torch's warm-up begins with our first step
    return rates[:-1] if name == "warmup_cosine" else rates[1:]


@pytest.mark.parametrize("name", CASES)
def test_rates_are_those_of_the_vectors(name: str) -> None:
    scheduler = CASES[name]()
    with np.load(VECTORS / "learners.npz") as vectors:
        np.testing.assert_allclose(
            [scheduler.step() for _ in range(LENGTH)], vectors[f"lr_{name}"], rtol=0, atol=1e-16
        )


@pytest.mark.parametrize("name", CASES)
def test_rates_are_those_of_torch(name: str) -> None:
    steps = {"cosine": 50, "warmup_cosine": 60}.get(name, LENGTH)
    scheduler = CASES[name]()
    np.testing.assert_allclose(
        [scheduler.step() for _ in range(steps)], torch_rates(name, steps), rtol=1e-12, atol=0
    )


def test_beyond_its_length_a_cosine_stays_where_torch_rises() -> None:
    scheduler = CASES["cosine"]()
    assert [scheduler.step() for _ in range(LENGTH)][49:] == [0.001] * 31
    assert torch_rates("cosine", LENGTH)[-1] > 0.03


def test_positions_and_names_of_the_parameters() -> None:
    assert StepScheduler(1.0, 2, 0.5).at(4) == StepScheduler(lr_init=1.0, step_size=2).at(2) * 2.5
    assert ExponentialScheduler(2.0).step() == 2.0 * 0.999
    cosine = CosineScheduler(lr_init=1.0, lr_min=0.5, total_steps=2)
    assert [cosine.at(k) for k in range(4)] == [1.0, 0.75, 0.5, 0.5]
    warm = WarmupCosineScheduler(lr_init=1.0, lr_min=0.5, warmup_steps=2, total_steps=4)
    assert [warm.at(k) for k in range(5)] == [0.0, 0.5, 1.0, 0.75, 0.5]


def test_before_the_first_step() -> None:
    assert [make().lr for make in CASES.values()] == [0.1, 0.1, 0.1, 0.0]


@pytest.mark.parametrize("name", CASES)
def test_reset_and_checkpoint(name: str) -> None:
    scheduler = CASES[name]()
    rates = [scheduler.step() for _ in range(30)]
    state = scheduler.state_dict()
    on = [scheduler.step() for _ in range(30)]
    scheduler.reset()
    assert [scheduler.step() for _ in range(30)] == rates
    other = CASES[name]()
    other.load_state_dict(state)
    assert [other.step() for _ in range(30)] == on


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: StepScheduler(0.0, 7), "lr_init must be > 0 and finite, not 0.0"),
        (lambda: StepScheduler(0.1, 0), "step_size must be >= 1, not 0"),
        (lambda: ExponentialScheduler(0.1, float("nan")), "gamma must be > 0 and finite, not nan"),
        (lambda: CosineScheduler(0.1, 0.2, 5), "lr_min (0.2) must be at most lr_init (0.1)"),
        (
            lambda: WarmupCosineScheduler(0.1, 0.0, 5, 5),
            "total_steps (5) must exceed warmup_steps (5): it counts the warm-up too",
        ),
        (
            lambda: CASES["step"]().load_state_dict({}),
            "scheduler state must hold 'steps' alone, not []",
        ),
    ],
)
def test_what_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make()
