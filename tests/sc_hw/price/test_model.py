"""The price model on numbers that can be followed by hand, and the one that is shipped."""

from __future__ import annotations

import math

import pytest

from sc_hw.price.model import model_from, model_of, modelled_targets
from sc_hw.price.structure import FEATURES, Counts, Structure

VALUES = {
    "delays": {
        "clock_to_out": 1.0,
        "setup": 1.0,
        "route": 1.0,
        "fanout": 0.0,
        "lut": 1.0,
        "carry_in": 1.0,
        "carry": 1.0,
        "carry_out": 1.0,
        "memory": 1.0,
        "multiplier": 1.0,
    },
    "lut": {**dict.fromkeys(FEATURES, 1.0), "two": 0.5},
    "cover": {"bank": -0.25, "layer": 0.0},
    "period": {"base": math.log(2), "path": 1.0, "lut": 0.0, "bank": math.log(5)},
    "errors": {"lut": [0.9, 1.2], "ff": [1.0, 1.0], "fmax": [0.8, 1.1]},
    "errors_of": {"bank": {"lut": [0.5, 1.0]}},
}


def test_luts_are_the_sum_of_the_features() -> None:
    model, counts = model_from(VALUES), Counts(two=20, three=12, sums=8, cells=3)
    assert model.luts(counts, "layer") == 0.5 * 20 + 12 + 8 + 3
    assert model.luts(counts, "bank") == 0.5 * 20 + 12 + 8 - 0.25 * 32 + 3
    assert model.luts(Counts(two=-4, cells=3), "layer") == 3


def test_the_clock_follows_the_longest_path() -> None:
    model, structure = model_from(VALUES), Structure({"lanes": Counts(three=10)}, 10.0)
    assert model.fmax_mhz(structure, "layer") == pytest.approx(1000 / (2 * 10))
    assert model.fmax_mhz(structure, "bank") == pytest.approx(1000 / (2 * 5 * 10))


def test_the_bar_has_the_measured_ratios() -> None:
    model = model_from(VALUES)
    for block, low, high in (("layer", 90, 120), ("bank", 50, 100)):
        assert model.bar("lut", 100, block).as_json() == {
            "value": 100,
            "low": pytest.approx(low),
            "high": pytest.approx(high),
        }


def test_it_knows_the_blocks_that_it_was_fitted_to() -> None:
    model = model_from(VALUES)
    assert [model.has_luts(block) for block in ("bank", "layer", "mine")] == [True, True, False]
    assert [model.has_clock(block) for block in ("bank", "layer")] == [True, False]


def test_three_targets_have_a_model() -> None:
    assert modelled_targets() == ("ecp5-25f-6", "ice40-hx8k", "ice40-up5k")
    assert model_of("gowin-gw1n9") is None
    for name in modelled_targets():
        model = model_of(name)
        assert model is not None
        for low, high in model.errors.values():
            assert 0 < low <= 1 <= high
