"""The campaign of `fit`: its search against all lanes, and its table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import ROOT

from campaigns import fit as campaign
from campaigns.fit import DESIGNS, EXHAUSTIVE, _exhaustive, command, layer, main, markdown
from sc_hw.bitstream.fit import Search
from sc_hw.bitstream.lanes import lane_counts


def test_all_lanes_are_tried_until_two_in_a_row_do_not_fit() -> None:
    design = layer(16, 8)

    def price(candidate: object) -> dict[str, tuple[int, int]]:
        lanes = candidate.layer.lanes  # type: ignore[attr-defined]
        # not monotonous: four lanes take more than twelve
        return {"ICESTORM_RAM": (31 if lanes in (4, 16, 24) else 8, 30)}

    search = Search(design, price, lambda _: 1.0)
    counts = lane_counts(design)
    most, misses = _exhaustive(search, counts)
    assert most == 12
    assert [miss["lanes"] for miss in misses] == [16, 24]


def test_there_are_three_cases_and_ten_designs() -> None:
    assert (len(EXHAUSTIVE), len(DESIGNS)) == (3, 10)
    for _, inputs, neurons, lanes, _ in DESIGNS:
        layer(inputs, neurons, lanes)


def test_the_table_has_both_outcomes() -> None:
    row = {"board": "b", "inputs": 16, "neurons": 4, "lanes": 1, "goal": 1e5}
    limit = {"kind": "ICESTORM_LC", "used": 4000, "available": 5280}
    good = {"refused": None, "choices": {"lanes": 2}, "ticks_per_s": 2e5, "bottleneck": limit}
    values = {"command": command(3, 4), "exhaustive": []}
    text = markdown({**values, "designs": [{**row, **good}, {**row, "refused": "too big"}]})
    assert "| 100,000 | 2 lanes, 200,000 steps/s; ICESTORM_LC 4,000 of 5,280 |" in text
    assert "| too big |" in text
    assert "`python -m campaigns.fit --out reports --designs 4`" in text


def test_a_run_that_was_cut_off_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = json.loads((ROOT / "reports" / "fit.json").read_text(encoding="utf-8"))
    (tmp_path / "fit.json").write_text(json.dumps({**before, "exhaustive": [], "designs": []}))
    measured: list[object] = []

    def compared(*case: object) -> dict[str, object]:
        measured.append(case[:3])
        return dict(before["exhaustive"][len(measured) - 1])

    monkeypatch.setattr(campaign, "compared", compared)
    arguments = ["--out", str(tmp_path), "--designs", "0", "--resume", "--exhaustive"]
    main([*arguments, "1"])
    main([*arguments, "2"])
    assert measured == list(EXHAUSTIVE[:2])
