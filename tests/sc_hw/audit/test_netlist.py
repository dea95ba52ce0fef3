"""The netlist as a graph: registers by domain, reach of domains, cones, and names."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sc_hw.audit.netlist import ClockedNetlist, Finding, shortest
from sc_hw.files import write_text
from sc_hw.tools import run_yosys

TWO_CLOCKS = """module top(input a_clk, input b_clk, input a_rst, input [1:0] i, output [1:0] o);
  reg [1:0] r, s;
  reg [1:0] words [0:3];
  always @(posedge a_clk) if (a_rst) r <= 0; else r <= i ^ s;
  always @(posedge a_clk) words[i] <= r;
  always @(posedge b_clk) s <= words[s] & r;
  assign o = ~s;
endmodule
"""
CLOCKS = {"a_clk": "a", "b_clk": "b"}


@pytest.fixture
def module(tmp_path: Path) -> Any:
    write_text(tmp_path / "top.v", TWO_CLOCKS)
    script = "read_verilog {0}/top.v; hierarchy -top top; proc; flatten; opt_clean; memory_collect"
    run_yosys(
        script.format(tmp_path).replace("; ", "\n") + "\nwrite_json top.json\n",
        folder=tmp_path,
        name="top",
    )
    return json.loads((tmp_path / "top.json").read_text())["modules"]["top"]


def test_registers_and_memories_have_the_domain_of_their_clock(module: Any) -> None:
    net = ClockedNetlist(module, CLOCKS, {})
    assert net.findings == []
    assert {(r.name, r.domain, len(r.q)) for r in net.registers} == {("r", "a", 2), ("s", "b", 2)}
    assert [(m.name, m.domain) for m in net.memories] == [("words", "a")]
    assert net.used == {"a", "b"}
    assert net.port_domain == {"a_rst": "a", "b_rst": "b"}


def test_reach_and_cone_follow_logic_only(module: Any) -> None:
    net = ClockedNetlist(module, CLOCKS, {"i": "a"})
    by_name = {register.name: register for register in net.registers}
    reach = net.reach_of_domains()
    assert [reach[bit] for bit in by_name["r"].d] == [{"a", "b"}, {"a", "b"}]
    assert reach[by_name["s"].d[0]] == {"a", "b"}  # of `words` and `r`, at an address of `s`
    assert reach[by_name["s"].q[0]] == {"b"}
    cone = net.cone([by_name["r"].d[0]])
    assert {net.name([bit]) for bit in cone} >= {"i", "s"}
    assert {net.home(bit) for bit in cone} == {"a", "b"}
    assert net.readers(module["ports"]["i"]["bits"]) == {"a"}


def test_a_clock_that_was_not_declared_is_a_finding(module: Any) -> None:
    net = ClockedNetlist(module, {"a_clk": "a"}, {})
    text = "register s is clocked by b_clk, which is none of a_clk"
    assert net.findings == [Finding("unexpected clock", text)]


def test_a_clock_must_be_an_input(module: Any) -> None:
    text = "Clock must be an input port of the design, not 'o'; it has a_clk, a_rst, b_clk, i, o"
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        ClockedNetlist(module, {"o": "a"}, {})


def test_plainest_name() -> None:
    assert shortest(["$auto$1", "top.x", "long_name"]) == "top.x"
    assert shortest(["b", "a"]) == "a"
    assert shortest([]) == "?"
