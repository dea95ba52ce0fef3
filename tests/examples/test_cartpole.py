"""The pole's boxes and critic by hand, and a short run on model and RTL."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest
from rich.console import Console
from support import ROOT, scripts_of

from sc_hw import Device


@pytest.fixture(scope="module")
def cartpole() -> Iterator[ModuleType]:
    with scripts_of(ROOT / "examples" / "cartpole", ("run",)) as scripts:
        yield scripts["run"]


def test_boxes(cartpole: ModuleType) -> None:
    assert cartpole.box_of(np.array([-2.0, -2.0, -0.2, -2.0])) == 0
    assert cartpole.box_of(np.array([2.0, 2.0, 0.2, 2.0])) == cartpole.BOXES - 1
    # the middle of place and speed; angle between 0 and 1 degree: the fourth of six
    assert cartpole.box_of(np.array([0.0, 0.0, 0.01, 0.0])) == ((1 * 3 + 1) * 6 + 3) * 3 + 1


def test_critic(cartpole: ModuleType) -> None:
    critic = cartpole.Critic()
    assert critic.surprise(3, 4) == 0.0
    assert critic.surprise(4, None) == -1.0
    # rate 0.5 x 0.2; box 3 was visited one decision before: 0.8 x 0.95
    assert critic.values[4] == pytest.approx(-0.1)
    assert critic.values[3] == pytest.approx(-0.076)
    critic.forget()
    assert critic.surprise(3, 4) == pytest.approx(0.95 * -0.1 + 0.076)


def test_a_short_run_is_the_same_on_rtl(cartpole: ModuleType) -> None:
    found = cartpole.compared("rtl", 7, 6, Console(quiet=True))
    assert found["decisions"] > 50
    assert found["same_decisions"]
    assert found["differences_at_the_end"] == 0


def test_it_learns(cartpole: ModuleType) -> None:
    with Device.open(cartpole.HERE / "cartpole.toml") as device:
        run = cartpole.learned(device, 3, 60, Console(quiet=True))
    assert np.mean(run.lengths[-20:]) > 100  # a coin decides some 22 times before it falls
