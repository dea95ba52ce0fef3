"""Larger networks: the designs of the reports are made again, and what is off is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from campaigns.price import larger
from campaigns.price.larger import compared, designs, page

MNIST = {"target": "ice40-up5k", "host": "none", "lanes": "8 + 3", "lut4": 1000, "ff": 2000}
MNIST |= {"block_ram": 22, "mhz": 40.0}
LEARNING = {**MNIST, "lanes": 8, "mhz": None}


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    rows: dict[str, list[dict[str, Any]]] = {
        "networks_hardware": [MNIST, {**MNIST, "host": "uart"}],
        "conv_hardware": [],
        "learning_hardware": [LEARNING],
    }
    for name, each in rows.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({"rows": each}), encoding="utf-8")
    return tmp_path


def test_designs_have_the_lanes_of_the_reports_and_no_host(reports: Path) -> None:
    (network, _), (learning, _) = designs(reports)
    assert network.network is not None
    assert [layer.lanes for layer in network.network.layers] == [8, 3]
    assert network.host is None
    assert learning.learning is not None
    assert [layer.lanes for layer in learning.learning.layers] == [8, 8]


def test_what_is_off_is_in_percent_and_what_is_missing_is_said(
    reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"lut": {"value": 1100}, "ff": {"value": 2000}, "bram": 22, "model_note": "no bars"}
    found = iter([{**row, "fmax_mhz": {"value": 30.0}}, {**row, "fmax_mhz": {"value": None}}])
    monkeypatch.setattr(larger, "price", lambda *_: [next(found)])
    rows = [compared(*each) for each in designs(reports)]
    assert rows[0]["lut"] == {"predicted": 1100, "measured": 1000, "percent": 10.0}
    assert rows[0]["fmax_mhz"]["percent"] == -25.0
    assert rows[1]["fmax_mhz"] == {"predicted": None, "measured": None, "percent": None}
    text = page({"command": "c", "rows": rows})
    assert "| mnist | ice40-up5k | 8 + 3 | 1100, measured 1000 (+10 %) | 2000, measured" in text
    assert "| none, measured None |" in text
    assert text.count("* no bars.") == 1
