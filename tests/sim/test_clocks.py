"""Clocks of a run: what is drawn, and what is refused."""

from __future__ import annotations

import random

import pytest

from sc_sim.clocks import KINDS, MAX_RATIO, Clock, Clocking, draw, drawn, extremes, nominal


def test_wrong_clocks() -> None:
    with pytest.raises(
        ValueError,
        match=(
            r"^Clock must have a period of >= 2 ps after jitter and drift, and none below 0, not "
        ),
    ):
        Clock(10, jitter=9)
    with pytest.raises(ValueError, match=r"^Clocking\.window must be in \[0, 1\), not 1\.0; "):
        Clocking({}, 1.0)


def test_the_declared_frequencies() -> None:
    clocking = nominal({"a": 50.0, "b": 12.0})
    assert (clocking.clocks["a"].period, clocking.clocks["b"].period) == (20_000, 83_333)
    assert (clocking.window, clocking.kind) == (0.0, "nominal")


@pytest.mark.parametrize("kind", KINDS)
def test_drawn_clocks_are_valid_and_repeat(kind: str) -> None:
    for seed in range(20):
        clocking = draw("abc", random.Random(seed), kind)
        assert clocking == draw("abc", random.Random(seed), kind)
        low, high = extremes([clocking])
        assert 1 / MAX_RATIO <= low <= high <= MAX_RATIO
        assert 0 < clocking.window < 1


def test_each_kind_takes_its_turn() -> None:
    assert [clocking.kind for clocking in drawn("ab", 1, 6)] == [*KINDS, *KINDS[:2]]
