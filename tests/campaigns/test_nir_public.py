"""The campaign over public NIR files: its rows and page, on a file made here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nir
import numpy as np
import pytest
from support import ROOT

from campaigns import nir_public
from campaigns.freshness.stamps import without_stamp

TOLD = {"dt_ms": 1.0, "reset": "zero", "reset_delay": False}


def test_a_row_of_each_file_and_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    same = [np.full(2, each) for each in (0.02, 1.0, 0.0, 0.1, 0.0)]
    nodes: dict[str, Any] = {
        "input": nir.Input(np.array([3])),
        "w": nir.Linear(np.array([[1.0, 0.3, -0.7], [0.21, 0.9, 0.4]])),
        "n": nir.LIF(*same),
        "output": nir.Output(np.array([2])),
    }
    (tmp_path / "paper").mkdir()
    edges = [("input", "w"), ("w", "n"), ("n", "output")]
    nir.write(tmp_path / "paper" / "a.nir", nir.NIRGraph(nodes, edges))
    networks = (nir_public.Network("a.nir", TOLD), nir_public.Network("none.nir", TOLD))
    monkeypatch.setattr(nir_public, "NETWORKS", networks)
    assert nir_public.main([str(tmp_path), "--out", str(tmp_path)]) == 0
    report = json.loads((tmp_path / "nir_public.json").read_text())
    good, bad = report["rows"]
    assert good["passed"]
    assert all(each["differing_share"] <= 0.01 for each in good["agreement"])
    assert not bad["imported"]
    assert "none.nir" in bad["error"]
    assert str(tmp_path) not in json.dumps(report)
    page = (tmp_path / "nir_public.md").read_text()
    assert "| a.nir | dt_ms 1.0, reset zero, reset_delay False | weights " in page
    assert "* `none.nir`: " in page


def test_the_committed_report_is_of_this_code() -> None:
    report = json.loads((ROOT / "reports" / "nir_public.json").read_text())
    assert report["schema"] == nir_public.SCHEMA
    assert [row["file"] for row in report["rows"]] == [each.file for each in nir_public.NETWORKS]
    assert all(row["passed"] for row in report["rows"] if row["imported"])
    page = (ROOT / "reports" / "nir_public.md").read_text()
    assert without_stamp(page) == nir_public.markdown(report)
