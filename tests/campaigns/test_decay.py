"""Cost and error of decay codes: a decay can be synthesised, and the table has every figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from campaigns import decay
from sc_hw.fabric.targets import load_target
from sc_model.spec import HetSynSpec


def layer(terms: int) -> HetSynSpec:
    return HetSynSpec(
        name="decay",
        inputs=1,
        neurons=1,
        terms=terms,
        code_bits=4,
        trace_bits=decay.TRACE_BITS,
        trace_fraction=decay.TRACE_FRACTION,
    )


def test_a_multiplier_is_counted_where_the_product_needs_one(tmp_path: Path) -> None:
    target = load_target("ice40-up5k")
    product, shifts = (decay.cost(layer(terms), target, tmp_path) for terms in (0, 2))
    assert (product["dsp"], shifts["dsp"]) == (1, 0)
    assert set(product) == {*decay.UNITS, "latency_clocks"}
    assert product["lut"] > 0
    assert shifts["ff"] >= decay.TRACE_BITS
    assert product["latency_clocks"] >= 1


def test_table_for_reading() -> None:
    cost = {"lut": 10, "ff": 20, "bram": 0, "dsp": 1}
    row: dict[str, Any] = {"terms": 0, "code_bits": 5, "worst_error": 0.1234, "mean_error": 0.05}
    table = {
        "command": "python -m campaigns.decay --out reports",
        "tick_ms": 1.0,
        "tau_ms": [1.0, 100.0],
        "trace_bits": 15,
        "factor_shift": 12,
        "yosys": "0.70",
        "rows": [row | {"cost": dict.fromkeys(decay.TARGETS, cost)}],
    }
    lines = decay.as_markdown(table).splitlines()
    assert lines[2].startswith("Made by `python -m campaigns.decay --out reports` (Yosys 0.70; 15-")
    assert lines[-1] == "| x | 5 | 12.3 % | 5.0 % |" + " 10 | 20 | 0 | 1 |" * len(decay.TARGETS)
    assert {line.count("|") for line in lines[-3:]} == {5 + 4 * len(decay.TARGETS)}


def test_files_go_where_they_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"rows": [], "command": "", "yosys": "", "factor_shift": 12, "trace_bits": 15}
    monkeypatch.setattr(decay, "decay_table", lambda: table | {"tick_ms": 1.0, "tau_ms": [1, 2]})
    decay.main(["--out", str(tmp_path)])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["decay.json", "decay.md"]
