"""The fit on made-up rows whose answer is known, and its table."""

from __future__ import annotations

import random
from typing import Any

import pytest

from campaigns.price.__main__ import DELAYS, errors, predicted, report, structure_from
from campaigns.price.rows import is_held_out
from sc_hw.price.model import model_from
from sc_hw.price.structure import FEATURES

BLOCKS = ("lane", "bank", "layer", "network")


def made_up(number: int) -> dict[str, Any]:
    """A row whose LUTs are 0.9 of the cover and 1.1 of the sums, and whose period is its path's."""
    rng = random.Random(number)
    features: dict[str, float] = {name: rng.randint(20, 400) for name in FEATURES}
    features |= {"cells": 10, "ff": 100, "bram": 2, "dsp": 1, "spram": 0}
    period = rng.uniform(4, 30)
    cover = sum(features[name] for name in FEATURES if name != "sums")
    return {
        "number": number,
        "held_out": is_held_out(number),
        "target": list(DELAYS)[number % 3],
        "design": {"block": BLOCKS[number % 4]},
        "lut": 0.9 * cover + 1.1 * features["sums"] + 10,
        "ff": 100 + (number % 7 == 0),
        "bram": 2,
        "dsp": 1,
        "fmax_mhz": None if number == 4 else 1000 / (1.3 * period),
        "tools": {"yosys": "0"},
        "features": {**features, "period_ns": period},
    }


def test_what_made_the_rows_is_found_on_those_that_are_held_out() -> None:
    rows = [made_up(number) for number in range(180)]
    rows.append({"number": 180, "target": "ecp5-25f-6", "held_out": True, "failed": "too long"})
    values, model = report(rows)
    held = values["held_out"]
    assert held["designs"] == 60
    assert held["lut"]["median_percent"] < 1
    assert held["fmax_mhz"]["median_percent"] < 1
    assert held["fmax_mhz"]["designs"] == 59
    for unit in ("bram", "dsp"):
        assert held[unit]["exact"] == 60
    assert held["ff"]["exact"] < 60
    assert values["failed"] == [{"number": 180, "target": "ecp5-25f-6", "failed": "too long"}]
    for target, own in model["targets"].items():
        fitted = model_from(own)
        assert fitted.period["path"] == pytest.approx(1, abs=0.05), target
        low, high = fitted.errors["lut"]
        assert 0.95 < low <= 1 <= high < 1.05
    again = next(row for row in values["rows"] if row["held_out"])
    assert predicted(model_from(model["targets"][again["target"]]), again) == again["predicted"]


def learning(number: int) -> dict[str, Any]:
    """A row of a network that learns: 0.7 of the cover, and a longer period than others'."""
    row = made_up(3 * number)  # all of one target
    held_out = number % 2 == 0
    cover = sum(row["features"][name] for name in FEATURES if name != "sums")
    return {
        **row,
        "number": 1000 + number,
        "held_out": held_out,
        "design": {"block": "learning_network"},
        "lut": 0.7 * cover + 1.1 * row["features"]["sums"] + 10,
        "fmax_mhz": 1000 / (2.6 * row["features"]["period_ns"]),
    }


def test_networks_that_learn_have_coefficients_and_bars_of_their_own() -> None:
    others = [made_up(number) for number in range(180)]
    alone, model = report(others)
    values, with_learning = report([*others, *map(learning, range(16))])
    target = next(iter(DELAYS))
    own = with_learning["targets"][target]
    assert own["cover"]["learning_network"] == pytest.approx(-0.2, abs=0.02)
    assert own["period"]["learning_network"] == pytest.approx(0.69, abs=0.05)  # ln 2
    low, high = own["errors_of"]["learning_network"]["lut"]
    assert 0.95 < low <= 1 <= high < 1.05
    # what the others' model says stays as it was
    for key in ("lut", "errors"):
        assert own[key] == model["targets"][target][key]
    assert alone["held_out_by_block"]["bank"] == values["held_out_by_block"]["bank"]
    assert values["held_out_by_block"]["learning_network"]["lut"]["median_percent"] < 2
    # two designs are no data to fit to
    _, few = report([*others, *map(learning, range(2))])
    assert "learning_network" not in few["targets"][target]["cover"]
    for name in list(DELAYS)[1:]:
        assert with_learning["targets"][name]["errors_of"] == {}


def test_a_row_keeps_its_structure() -> None:
    structure = structure_from(made_up(3))
    assert structure.total.ff == 100
    assert structure.period_ns == made_up(3)["features"]["period_ns"]


def test_errors_are_relative_to_what_was_measured() -> None:
    row = dict.fromkeys(("lut", "ff", "bram", "dsp", "fmax_mhz"), 100)
    found = errors([{**row, "predicted": {**row, "lut": 110, "ff": 95}}])
    assert found["lut"]["median_percent"] == 10.0
    assert found["ff"]["median_percent"] == 5.0
    assert found["bram"] == {"designs": 1, "median_percent": 0, "p90_percent": 0, "exact": 1}
