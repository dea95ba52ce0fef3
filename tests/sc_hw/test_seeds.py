"""Results of several seeds."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.seeds import SPREAD_HEAD, once, spread, spread_cells


def test_what_a_seed_has_found_is_not_made_again(tmp_path: Path) -> None:
    file, calls = tmp_path / "deep" / "seed.json", 0

    def make() -> dict[str, float]:
        nonlocal calls
        calls += 1
        return {"a": 0.5}

    assert [once(file, make) for _ in range(2)] == [{"a": 0.5}] * 2
    assert calls == 1


def test_a_result_that_fails_leaves_no_file(tmp_path: Path) -> None:
    file = tmp_path / "seed.json"
    with pytest.raises(ZeroDivisionError):
        once(file, lambda: 1 / 0)
    assert not list(tmp_path.iterdir())


def test_a_spread() -> None:
    assert spread([1.0, 2.0, 6.0]) == pytest.approx({"mean": 3, "sd": 7**0.5, "min": 1, "max": 6})
    assert spread([2.0]) == {"mean": 2.0, "sd": 0.0, "min": 2.0, "max": 2.0}


def test_a_spread_fills_the_cells_of_its_head() -> None:
    values = spread([1.0, 2.0, 6.0])
    assert spread_cells(values) == "3.000 | 2.646 | 1.000 | 6.000 |"
    assert spread_cells(values, "+") == "+3.000 | 2.646 | +1.000 | +6.000 |"
    assert {text.count("|") for text in SPREAD_HEAD} == {spread_cells(values).count("|") + 1}
