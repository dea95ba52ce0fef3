"""Prices before synthesis in a report: by part, with bars, beside what was measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from report_files import metric, put

from sc_hw.errors import ReportError
from sc_hw.price.price import PRICE_SCHEMA
from sc_hw.reporting import price_parts
from sc_hw.reporting.price_parts import part_tables
from sc_hw.reporting.report import report

ZERO = {"lut": {"value": 0, "low": 0, "high": 0}, "ff": 0, "bram": 0, "dsp": 0, "spram": 0}


def bar(value: float, low: float | None, high: float | None) -> dict[str, float | None]:
    return {"value": value, "low": low, "high": high}


def predicted(**changes: Any) -> dict[str, Any]:
    row = {
        "schema_version": PRICE_SCHEMA,
        "target": "a",
        "title": "Device a",
        "parts": {
            "lanes": {"lut": bar(1000, 950, 1100), "ff": 400, "bram": 0, "dsp": 0, "spram": 0},
            "memories": {**ZERO, "bram": 2.5},
            "host": ZERO,
        },
        "lut": bar(1000, 950, 1100),
        "ff": bar(400, 400, 400),
        "bram": 2.5,
        "dsp": 0,
        "fmax_mhz": bar(50.5, 45, 55.25),
        "fmax_reason": None,
        "model_note": None,
    }
    return {**row, **changes}


def test_a_table_has_the_parts_that_have_cells_and_both_totals() -> None:
    (table,) = part_tables([predicted()], [metric("a"), metric("b")])
    assert [row["name"] for row in table["rows"]] == [
        *("lanes", "memories", "all, predicted", "all, measured"),
    ]
    assert table["rows"][0]["lut"] == {"text": "1,000", "bar": "950 to 1,100"}
    assert table["rows"][1]["bram"] == {"text": "2.5", "bar": ""}
    assert table["rows"][2]["ff"] == {"text": "400", "bar": ""}
    assert table["rows"][3]["lut"] == {"text": "1,234", "bar": ""}
    assert table["clock"] == "Clock: 50.5 MHz (45 to 55.25); nextpnr: 137.9 MHz"


def test_without_a_model_there_is_no_bar_and_the_reason() -> None:
    row = predicted(
        lut=bar(1000, None, None),
        fmax_mhz=bar(None, None, None),
        fmax_reason="not fitted",  # type: ignore[arg-type]
    )
    (table,) = part_tables([row], [])
    assert [row["name"] for row in table["rows"]][-1] == "all, predicted"
    assert table["rows"][-1]["lut"] == {"text": "1,000", "bar": ""}
    assert table["clock"] == "Clock: \u2013, not fitted"


def test_a_report_shows_them_and_says_what_to_run_without(tmp_path: Path) -> None:
    build = put(tmp_path, metrics=[metric("a")])
    assert report(build)["predicted"] == []
    for name in ("report.html", "report.md"):
        assert "sc-hw price fixture.toml" in (build / name).read_text(encoding="utf-8")
    (build / "price").mkdir()
    note = "bars of designs without <x>: `sc-hw estimate` measures it"
    row = predicted(model_note=note)
    (build / "price" / "a.json").write_text(json.dumps(row), encoding="utf-8")
    assert report(build)["predicted"] == [row]
    page = (build / "report.html").read_text(encoding="utf-8")
    assert "1,000<br><small>950 to 1,100</small>" in page
    assert "designs without &lt;x&gt;: <code>sc-hw estimate</code> measures it." in page
    text = (build / "report.md").read_text(encoding="utf-8")
    assert "| lanes | 1,000 (950 to 1,100) | 400 | 0 | 0 |\n| memories |" in text
    assert "| all, measured | 1,234 | 567 | 2.5 | 0 |" in text
    (build / "price" / "a.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ReportError, match="schema_version"):
        report(build)


def test_the_schema_is_that_of_the_command() -> None:
    """A report reads files: it imports nothing of the stage that wrote them."""
    assert price_parts.PRICE_SCHEMA == PRICE_SCHEMA
