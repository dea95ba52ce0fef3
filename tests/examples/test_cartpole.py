"""The pole's boxes and a fall by hand, and a short run on model and RTL."""

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
    # the middle of place and speed; angle and its speed from 0 on: the fourth of six
    assert cartpole.box_of(np.array([0.0, 0.0, 0.01, 0.0])) == ((1 * 3 + 1) * 6 + 3) * 6 + 3


def test_a_fall_is_learned_and_nothing_before_it(cartpole: ModuleType) -> None:
    """What is predicted for a box falls by a part of what came: -64 x 256, less at a distance."""
    with Device.open(cartpole.HERE / "cartpole.toml") as device:
        cartpole.started(device, 1)
        first = cartpole.decided(device, 5, 0, ends=False)
        second = cartpole.decided(device, 9, 0, ends=False)
        before = device.state()["synapse"]["weight"].copy()
        assert (before == 1 << 15).all()
        cartpole.decided(device, None, cartpole.FALL, ends=True)
        change = device.state()["synapse"]["weight"].astype(int) - (1 << 15)
        assert device.state()["control"]["before"] == 0
    # -16384 / 8 = -2048; the eligibility is 2047, 1920 and 1800 in the steps after
    assert change[9, second] == change[9, 2] == -2048 * 1800 >> 10
    assert change[5, first] == change[5, 2]
    assert change[9, 2] < change[5, 2] < change[9, 2] // 2
    assert np.count_nonzero(change) == 4


def test_without_outcomes_no_weight_changes(cartpole: ModuleType) -> None:
    with Device.open(cartpole.HERE / "cartpole.toml") as device:
        cartpole.started(device, 1)
        cartpole.decided(device, 5, 0, ends=False)
        cartpole.decided(device, None, cartpole.FALL, ends=True)
        learned = device.state()["synapse"]["weight"].copy()
        assert (learned != 1 << 15).any()
        for box in (5, 9, 5):
            cartpole.decided(device, box, 0, ends=False, told=False)
        cartpole.decided(device, None, cartpole.FALL, ends=True, told=False)
        cartpole.decided(device, 5, 0, ends=False)  # nothing is left of it for what comes behind
        assert (device.state()["synapse"]["weight"] == learned).all()


def test_outcomes_are_told_until_the_pole_stands_and_again_once_it_has_fallen(
    cartpole: ModuleType,
) -> None:
    run = cartpole.Run()
    assert not run.steady
    run.lengths += [30] + [cartpole.LONGEST] * (cartpole.STEADY - 1)
    assert not run.steady
    run.lengths.append(cartpole.LONGEST)
    assert run.steady
    run.lengths.append(cartpole.LONGEST - 1)
    assert not run.steady


def test_a_short_run_is_the_same_on_rtl(cartpole: ModuleType) -> None:
    found = cartpole.compared("rtl", 7, 6, Console(quiet=True))
    assert found["decisions"] > 50
    assert found["same_decisions"]
    assert found["differences_at_the_end"] == 0


def test_a_comparison_that_can_not_be_ends_the_script_at_once(
    cartpole: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cartpole, "learned", lambda *_: pytest.fail("it has run"))
    with pytest.raises(SystemExit) as ended:
        cartpole.main(["--compare", "nix"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("error: a device runs on model, rtl, sim-board or a")


def test_it_learns(cartpole: ModuleType) -> None:
    with Device.open(cartpole.HERE / "cartpole.toml") as device:
        run = cartpole.learned(device, 3, 60, Console(quiet=True))
    assert np.mean(run.lengths[-20:]) > 100  # a coin decides some 22 times before it falls
