"""Xilinx 7-series: which of the twins' registers Yosys puts into DSP and block RAM."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from amaranth.lib import wiring

from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import load_family
from sc_hw.fabric.primitives import BlockRAM, PipelinedMultiplier
from sc_hw.tools import run_yosys


@pytest.mark.parametrize(
    ("twin", "cell", "register"),
    [
        (PipelinedMultiplier(12, 8, 3), "DSP48E1", ("PREG", 1)),
        (BlockRAM(1024, 18), "RAMB18E1", ("DOB_REG", 0)),  # 18 FDRE take its place
    ],
    ids=["multiplier", "block RAM"],
)
def test_registers_of_the_cell(
    twin: wiring.Component, cell: str, register: tuple[str, int], tmp_path: Path
) -> None:
    (tmp_path / "t.v").write_text(to_verilog(twin, "t", load_family("xilinx7")))
    script = "read_verilog t.v\nsynth_xilinx -family xc7 -top t -noiopad\nwrite_json t.json\n"
    run_yosys(script, folder=tmp_path, name="t")
    cells = json.loads((tmp_path / "t.json").read_text())["modules"]["t"]["cells"].values()
    (found,) = (c for c in cells if c["type"] == cell)
    name, value = register
    assert int(found["parameters"][name], 2) == value
