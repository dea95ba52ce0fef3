"""Plots of fronts: one for each pair of objectives, the same text each time."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sc_hw.sweep.plots import draw_fronts, error_bar, titled
from sc_hw.sweep.spec import SweepSpec, parse_sweep

HEAD = {"name": "s", "design": "d.toml", "targets": ["ice40-up5k"]}
TARGET = "ice40-up5k"
OUTCOMES: list[dict[str, Any]] = [
    {
        "prices": {TARGET: {"lut": lut, "ff": ff, "lut_low": lut - 1, "lut_high": lut + 2}},
        "accuracies": {"digits": {"1": 0.8, "2": 0.9}},
    }
    for lut, ff in ((10, 5), (5, 10), (20, 20))
]
for outcome in OUTCOMES:
    outcome["prices"][TARGET] |= {"fits": True, "dsp": 1}


def spec_of(*objectives: str) -> SweepSpec:
    task = {"task": [{"kind": "digits"}]} if "accuracy" in objectives else {}
    head = {**HEAD, "objectives": list(objectives)}
    return parse_sweep({"sweep": head, "grid": {"a.x": [1, 2, 3]}, **task})


def test_a_picture_is_the_same_again_and_links_its_front() -> None:
    front = {(TARGET, ""): [0, 1]}
    (plot,) = draw_fronts(spec_of("lut", "ff"), OUTCOMES, front)
    assert plot.name == "front_ice40-up5k_lut_ff"
    assert draw_fronts(spec_of("lut", "ff"), OUTCOMES, front) == [plot]
    links = re.findall(r'xlink:href="(#front[^"]*)"', plot.svg)
    assert links == ["#front-ice40-up5k-0", "#front-ice40-up5k-1"]  # not that of point 2


def test_one_objective_has_none_and_three_have_two() -> None:
    assert draw_fronts(spec_of("lut"), OUTCOMES[:1], {(TARGET, ""): [0]}) == []
    plots = draw_fronts(spec_of("accuracy", "lut", "ff"), OUTCOMES, {(TARGET, "digits"): [1]})
    assert [plot.objectives for plot in plots] == [("accuracy", "lut"), ("accuracy", "ff")]


def test_a_front_without_points_is_drawn() -> None:
    failed = [{"failed": "no such design"}]
    (plot,) = draw_fronts(spec_of("lut", "ff"), failed, {(TARGET, ""): []})
    assert "<svg" in plot.svg


@pytest.mark.parametrize(
    ("objective", "bar"),
    [("lut", (1, 2)), ("ff", (0, 0)), ("dsp", (0, 0)), ("accuracy", (0.0707, 0.0707))],
)
def test_bars_are_of_prices_and_of_seeds(objective: str, bar: tuple[float, float]) -> None:
    assert error_bar(OUTCOMES[0], TARGET, "digits", objective) == pytest.approx(bar, abs=1e-4)


def test_one_seed_has_no_bar() -> None:
    outcome = {**OUTCOMES[0], "accuracies": {"digits": {"1": 0.8}}}
    assert error_bar(outcome, TARGET, "digits", "accuracy") == (0, 0)


def test_which_way_is_better() -> None:
    assert titled("accuracy") == "accuracy (more is better)"
    assert titled("lut") == "lut (less is better)"
