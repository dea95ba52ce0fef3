"""What the campaigns about networks on FPGAs share: designs, rows, samples that differ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from campaigns.fpga import measured
from campaigns.fpga.learning_hardware import CASES
from campaigns.fpga.measured import kept_rows, network_of, played, told_by_host, with_layers
from sc_model.spec import DenseSpec, Design, NetworkSpec


def test_rows_that_are_not_measured_anew_are_kept(tmp_path: Path) -> None:
    def row(target: str, mhz: float) -> dict[str, Any]:
        return {"target": target, "host": "none", "mhz": mhz}

    file, fresh = tmp_path / "report.json", [row("ice40-up5k", 33.0)]
    cases = told_by_host(CASES)
    assert kept_rows(file, fresh, cases) == fresh
    file.write_text(json.dumps({"rows": [row("ecp5-25f-6", 80.0), row("ice40-up5k", 1.0)]}))
    rows = kept_rows(file, fresh, cases)
    assert [(each["target"], each["mhz"]) for each in rows] == [
        ("ice40-up5k", 33.0),
        ("ecp5-25f-6", 80.0),
    ]


def test_fields_of_layers_are_checked() -> None:
    layer = DenseSpec(name="only", inputs=4, neurons=8, engine="events")
    design = Design(name="small", block="network", network=NetworkSpec(layers=(layer,)))
    chosen = with_layers(design, {"lanes": (4,), "neurons_a_clock": (2,)}, "ecp5-25f-6")
    assert network_of(chosen).layers[0].group_turns == 2
    assert chosen.fabric == "ecp5"
    with pytest.raises(ValueError, match="divide 1 lanes and 8 neurons; not 2"):
        with_layers(design, {"neurons_a_clock": (2,)}, "ecp5-25f-6")


def test_samples_that_differ_are_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Words:
        bits = np.array([[0, 1], [1, 1]])

    class Network:
        def __init__(self, *_: Any) -> None:
            self.loaded: Any = None

        def load(self, parameters: Any) -> None:
            self.loaded = parameters

        def sample(self, *_: Any) -> Any:
            return Words, np.array([10, 30])

        def close(self) -> None:
            pass

    for name, stands_in in (("NetworkRtl", Network), ("RtlNetwork", Network)):
        monkeypatch.setattr(measured, name, stands_in)
    monkeypatch.setattr(measured, "rtl_library", lambda folder: folder)
    golden = np.array([[[0, 1], [1, 1]], [[0, 1], [1, 0]]])
    found = played(tmp_path, {}, np.zeros((2, 2, 3), np.uint8), golden)
    assert (found.differences, found.clocks_a_sample) == (1, 30.0)
