"""Rows of the price model's data: kept, and not measured twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from campaigns.price import rows
from campaigns.price.designs import FIRST_LEARNING, TARGETS, learning_designs, price_designs
from campaigns.price.rows import is_held_out, kept, measure, rewrite, row_of


def test_a_third_of_each_targets_designs_is_held_out() -> None:
    for place, target in enumerate(TARGETS):
        own = range(place, 90, len(TARGETS))
        assert sum(is_held_out(number) for number in own) == 10, target


def test_half_of_the_networks_that_learn_is_held_out_of_each_block_and_target() -> None:
    held: dict[tuple[str, str], list[int]] = {}
    for number, design, target in learning_designs(32):
        if is_held_out(number):
            held.setdefault((design.block, target), []).append(number)
    assert [len(each) for each in held.values()] == [4, 4, 4, 4]
    # drawn, and not every second one
    assert {(number - FIRST_LEARNING) // 4 % 2 for each in held.values() for number in each} == {
        0,
        1,
    }


def test_what_is_there_is_not_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def found(number: int, *_: Any) -> dict[str, Any]:
        asked.append(number)
        return {"number": number, "target": "t", "design": {"block": "lane"}}

    monkeypatch.setattr(rows, "row_of", found)
    file = tmp_path / "rows.jsonl"
    file.write_text('{"number": 1}\n{"numb')  # the second one was cut off by a kill
    measure(12, 6, 1, file, tmp_path, 1.0, 100.0)
    assert asked == [0, 2, 3, 4, 5, 8, 9, 1000]  # from 6 on only what is held out
    assert [row["number"] for row in kept(file)] == [1, *asked[1:]]
    measure(12, 6, 2, file, tmp_path, 1.0, 0.0)
    assert len(asked) == 8  # no time is left


def test_a_design_that_takes_too_long_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: Any) -> dict[str, Any]:
        while True:
            pass

    monkeypatch.setattr(rows, "measured", endless)
    design, target = next(iter(price_designs(1)))
    row = row_of(0, design, target, tmp_path, 0.2)
    assert row["failed"] == "nothing was measured in 0.2 s"
    assert row["held_out"]
    rewrite(tmp_path / "rows.jsonl", [row])
    assert kept(tmp_path / "rows.jsonl") == [json.loads(json.dumps(row))]
