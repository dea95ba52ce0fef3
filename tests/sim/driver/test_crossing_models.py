"""Models in place of synchronisers and captures."""

from __future__ import annotations

import re
from pathlib import Path

from sc_hw.build.elaborate import elaborate
from sc_model.spec import Design, HetSynSpec, NetworkSpec
from sc_sim.driver.crossing_models import with_models
from sc_sim.network_design import read_network


def three_clocks() -> Design:
    layers = tuple(
        HetSynSpec(name=f"l_{index}", inputs=3, neurons=3, clock=clock)
        for index, clock in enumerate("abc")
    )
    return Design(name="three_clocks", block="network", network=NetworkSpec(layers=layers))


def test_the_models_replace_the_synchronisers_and_nothing_else(builds: Path) -> None:
    build = elaborate(three_clocks(), builds)
    text = build.verilog.read_text(encoding="utf-8")
    swapped = with_models(text)
    names = re.findall(r"^module (sc_\w+)\b", text, re.MULTILINE)
    assert names == re.findall(r"^module (sc_\w+)\b", swapped, re.MULTILINE)
    assert len(names) == swapped.count(" late /* verilator public_flat_rw */") >= 3
    rest = re.compile(r"^module sc_.*?^endmodule$", re.MULTILINE | re.DOTALL)
    assert rest.sub("", text) == rest.sub("", swapped)
    dut = read_network(build.folder)
    assert len(dut.synchronisers) == 12
    assert [register.layer for register in dut.captures] == ["l_1", "l_2"]
