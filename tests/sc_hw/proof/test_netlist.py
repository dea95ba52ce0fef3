"""Verilog read back: what Yosys must reject, and what the terms of a netlist mean."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import new_terms

from sc_hw.proof.netlist import parse_btor, read_back, read_back_clocks
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import PROVED
from sc_hw.tools import ToolError
from sc_model.graph.smt import K


@pytest.mark.parametrize(
    "body",
    [
        "wire x; assign x = ~(x & a); assign b = x;",  # a combinational loop
        "assign b = a; assign b = clk;",  # two drivers
    ],
)
def test_reading_back_rejects_what_lint_lets_pass(tmp_path: Path, body: str) -> None:
    (tmp_path / "bad.v").write_text(f"module bad(input clk, input a, output b); {body} endmodule\n")
    with pytest.raises(
        ToolError,
        match=r"^yosys failed \(exit \d+\): ERROR: Found \d+ problems in 'check -assert'\.",
    ):
        read_back(tmp_path / "bad.v", "bad", tmp_path)


def test_a_register_follows_its_input(tmp_path: Path) -> None:
    (tmp_path / "a.v").write_text(
        "module a(input clk, input d, output reg q); always @(posedge clk) q <= d; endmodule\n"
    )
    terms = new_terms()
    net = parse_btor(read_back(tmp_path / "a.v", "a", tmp_path), terms)
    register = net.state_of("q")
    assert net.following == {register: net.inputs["d"]}
    assert net.outputs == {"q": net.states[register]}


def test_with_several_clocks_a_register_keeps_its_value_without_an_edge(tmp_path: Path) -> None:
    (tmp_path / "a.v").write_text(
        "module a(input c, input d, output reg q); always @(posedge c) q <= d; endmodule\n"
    )
    terms = new_terms()
    net = parse_btor(read_back_clocks([tmp_path / "a.v"], "a", tmp_path), terms)
    (register,) = net.states
    kept = terms(K.ITE, terms.is_one(net.inputs["c"]), net.inputs["d"], net.states[register])
    claim = Prover(terms).claim("", "", terms.differ(net.following[register], kept))
    assert claim.verdict == PROVED


def test_an_unknown_operation_is_named() -> None:
    with pytest.raises(ValueError, match="is not known to this reader"):
        parse_btor("1 sort bitvec 1\n2 input 1 a\n3 frobnicate 1 2\n", new_terms())
