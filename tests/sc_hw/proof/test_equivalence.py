"""Comparisons of mutant and original: equal functions are equivalent, and nothing else is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support import new_terms, sketch

from sc_hw.proof.equivalence import initial_values, verdict_on_graphs
from sc_hw.proof.processes import Source, compare_graphs, compare_netlists
from sc_hw.proof.verdicts import DIFFERENT, EQUIVALENT, UNKNOWN
from sc_hw.tools import ToolError
from sc_model.spec import IntFormat

BYTE, NIBBLE = IntFormat(8), IntFormat(4)


def soft_bound(ops: Any, v: Any) -> Any:
    """w + (255 - w) * x / 2^12: 255 at most."""
    return v.w + ((255 - v.w) * v.x >> 12)


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        (soft_bound, lambda ops, v: ops.clamp(soft_bound(ops, v), 0, 255), EQUIVALENT),
        (soft_bound, lambda ops, v: ops.clamp(soft_bound(ops, v), 0, 254), DIFFERENT),
        (lambda ops, v: v.w - v.x, lambda ops, v: -(v.x - v.w), EQUIVALENT),
        (lambda ops, v: v.w - v.x, lambda ops, v: v.x - v.w, DIFFERENT),
        # they differ for one of 65536 pairs of values alone
        (
            lambda ops, v: v.w,
            lambda ops, v: ops.mux((v.w == 255) & (v.x == 255), 0, v.w),
            DIFFERENT,
        ),
    ],
)
def test_graphs(one: Any, other: Any, answer: str) -> None:
    graphs = [sketch(formula, w=BYTE, x=BYTE) for formula in (one, other)]
    assert verdict_on_graphs(new_terms(), *graphs, 20.0) == answer


def test_values_outside_of_a_variable_s_range_do_not_count() -> None:
    """x is 15 at most, so that a clamp at 15 is nothing; at 14 it is something."""
    same, other = (
        sketch(lambda ops, v, top=top: ops.clamp(v.x + 0, 0, top) + v.x, x=NIBBLE)
        for top in (15, 14)
    )
    double = sketch(lambda ops, v: v.x + v.x, x=NIBBLE)
    assert verdict_on_graphs(new_terms(), double, same, 10.0) == EQUIVALENT
    assert verdict_on_graphs(new_terms(), double, other, 10.0) == DIFFERENT


def test_graphs_in_a_process_of_their_own(tmp_path: Path) -> None:
    original = sketch(soft_bound, w=BYTE, x=BYTE)
    clamped = sketch(lambda ops, v: ops.clamp(soft_bound(ops, v), 0, 255), w=BYTE, x=BYTE)
    assert compare_graphs(original, clamped, tmp_path, 20.0) == EQUIVALENT


def test_what_takes_too_long_is_unknown() -> None:
    """They differ for the two prime factors of a number of 60 bits."""
    semiprime = 982_451_653 * 715_225_739
    wide = {name: IntFormat(30) for name in "ab"}
    factored = sketch(lambda ops, v: ops.mux(v.a * v.b == semiprime, 1, 0), **wide)
    never = sketch(lambda ops, v: v.a * 0, **wide)
    assert verdict_on_graphs(new_terms(), factored, never, 0.2) == UNKNOWN


MODULE = """module a(input clk, input rst, input [3:0] d, output reg [3:0] q, output [3:0] n);
  reg [3:0] memory [0:3];
  reg [1:0] place = {initial};
  always @(posedge clk) begin
    place <= rst ? 2'h0 : place + 2'h1;
    memory[place] <= d;
    q <= memory[{read}];
  end
  assign n = {output};
endmodule
"""
ORIGINAL = {"initial": "2'h0", "read": "place", "output": "~q"}


def source(tmp_path: Path, name: str, clocks: bool = False, **changes: str) -> Source:
    file = tmp_path / f"{name}.v"
    file.write_text(MODULE.format(**(ORIGINAL | changes)))
    return Source((str(file),), "a", clocks)


@pytest.mark.parametrize("clocks", [False, True])
@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, EQUIVALENT),
        ({"output": "4'hf - q"}, EQUIVALENT),
        ({"read": "(place ^ 2'h3) ^ 2'h3"}, EQUIVALENT),
        ({"output": "-q"}, DIFFERENT),
        ({"output": "(q == 4'h7) ? 4'h0 : ~q"}, DIFFERENT),
        ({"read": "place + 2'h1"}, DIFFERENT),
        # a proof is about every state, but a value at power-on matters too
        ({"initial": "2'h1"}, DIFFERENT),
    ],
)
def test_netlists(changes: dict[str, str], answer: str, clocks: bool, tmp_path: Path) -> None:
    original = source(tmp_path, "original", clocks)
    mutated = source(tmp_path, "mutant", clocks, **changes)
    assert compare_netlists(original, mutated, tmp_path, 20.0) == answer


def test_a_clock_that_is_another_s_is_a_difference(tmp_path: Path) -> None:
    sources = []
    for clock in "ab":
        file = tmp_path / f"{clock}.v"
        file.write_text(
            "module m(input a, input b, input d, output reg q);\n"
            f"  always @(posedge {clock}) q <= d;\nendmodule\n"
        )
        sources.append(Source((str(file),), "m", clocks=True))
    assert compare_netlists(*sources, tmp_path, 10.0) == DIFFERENT
    assert compare_netlists(sources[0], sources[0], tmp_path, 10.0) == EQUIVALENT


def test_other_registers_or_ports_are_a_difference(tmp_path: Path) -> None:
    """Registers are matched by name, or by the port that they drive."""
    texts = {
        "original": "reg r; always @(posedge clk) r <= d; assign q = r;",
        "renamed": "reg s; always @(posedge clk) s <= d; assign q = s;",
        "delayed": "reg r, s; always @(posedge clk) begin s <= d; r <= s; end assign q = r;",
        "combinational": "assign q = d;",
    }
    sources = {}
    for name, body in texts.items():
        file = tmp_path / f"{name}.v"
        file.write_text(f"module a(input clk, input d, output q); {body} endmodule\n")
        sources[name] = Source((str(file),), "a")
    expected = {"renamed": EQUIVALENT, "delayed": DIFFERENT, "combinational": DIFFERENT}
    for name, answer in expected.items():
        compared = compare_netlists(sources["original"], sources[name], tmp_path, 10.0)
        assert compared == answer, name


def test_initial_values_are_read_off_the_text(tmp_path: Path) -> None:
    file = tmp_path / "a.v"
    file.write_text(
        "  reg \\$auto$verilog_backend.cc:1:dump_module$7  = 0;\n"
        "  reg [9:0] a = 10'h000;\n  reg b;\n  initial begin\n    memory[0] = 4'h1;\n  end\n"
    )
    assert set(initial_values((str(file),))) == {
        "reg [9:0] a = 10'h000;",
        "initial begin",
        "memory[0] = 4'h1;",
    }


def test_an_error_in_the_verilog_is_no_answer(tmp_path: Path) -> None:
    file = tmp_path / "a.v"
    file.write_text(
        "module a(input d, output q); wire x; assign x = ~(x & d); assign q = x; endmodule\n"
    )
    broken = Source((str(file),), "a")
    with pytest.raises(ToolError, match=r"^yosys failed \(exit 1\): ERROR: Found 1 problem"):
        compare_netlists(broken, broken, tmp_path, 10.0)
