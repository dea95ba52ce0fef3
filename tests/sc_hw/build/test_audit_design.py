"""The crossing audit of a design, as a file and as a result."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from network_designs import two_clocks
from support import ROOT

from sc_hw.build import audit_design as module
from sc_hw.build.audit_design import audit_design
from sc_hw.build.elaborate import AUDIT_SCHEMA, build_id, make
from sc_model.spec import load_design


def test_one_clock_has_no_crossing(tmp_path: Path) -> None:
    answer = audit_design(load_design(ROOT / "examples" / "lane.toml"), tmp_path)
    assert answer["passed"]
    assert answer["expected"] == 0
    assert answer["crossings"] == []


def test_findings_are_written_and_do_not_raise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`elaborate` refuses such a design; here all findings are listed."""
    elaboration = make(two_clocks())
    missing = type(elaboration)(
        elaboration.verilog, elaboration.manifest, elaboration.crossings[1:]
    )
    monkeypatch.setattr(module, "make", lambda design: missing)
    answer = audit_design(two_clocks(), tmp_path)
    assert (answer["passed"], answer["schema_version"]) == (False, AUDIT_SCHEMA)
    assert answer["expected"] == len(elaboration.crossings) - 1
    assert answer["findings"]
    file = tmp_path / build_id(two_clocks()) / "audit.json"
    assert json.loads(file.read_text()) == answer
