"""The committed baseline: a row for each design and target."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from report_files import NO_TIMING, Page, metric

from campaigns.baseline import baseline, collect
from sc_hw.errors import ReportError
from sc_hw.reporting.tables import DASH


def test_baseline_has_a_row_for_each_block_and_target(tmp_path: Path) -> None:
    lanes = [metric(name, block="lane", build="l" * 12, lut=99) for name in ("a", "b")]
    banks = [metric("a"), metric("b", **NO_TIMING)]
    content = baseline([*banks, *lanes], tmp_path / "reports", "sc-hw estimate --fixture <all>")
    order = [(row["block"], row["target"]) for row in content["price"]]
    assert order == [("lane", "a"), ("lane", "b"), ("bank", "a"), ("bank", "b")]
    assert content == collect(
        [*lanes, *banks], "sc-hw estimate --fixture <all>"
    )  # the order given does not matter
    assert content == json.loads((tmp_path / "reports" / "baseline.json").read_text())
    page = (tmp_path / "reports" / "baseline.html").read_text()
    rows = Page(page).cells["price"]
    assert [row[0].split()[0] for row in rows[1:]] == ["lane", "lane", "bank", "bank"]
    assert rows[4][6].startswith(DASH)
    assert rows[4][8].startswith(DASH)
    assert "sc-hw estimate --fixture &lt;all&gt;" in page
    assert "No board was measured." in page
    first = page
    baseline([*lanes, *banks], tmp_path / "reports", "sc-hw estimate --fixture <all>")
    assert (tmp_path / "reports" / "baseline.html").read_text() == first
    with pytest.raises(
        ReportError, match=r"^target 'a' is given twice for build 0123456789ab \(fixture\)\.$"
    ):
        collect([banks[0], banks[0]], "")
    nothing = (
        r"^a baseline needs the metrics of at least one design; `sc-hw estimate DESIGN` makes"
        r" them\.$"
    )
    with pytest.raises(ReportError, match=nothing):
        collect([], "")
