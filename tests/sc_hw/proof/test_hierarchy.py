"""Modules of a Verilog file: ports by the names of components, clocks, the logic between parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sc_hw.proof.hierarchy import (
    Hierarchy,
    HierarchyError,
    Port,
    base_name,
    btor_of_modules,
    cut_module,
    read_hierarchy,
    term_of,
)
from sc_hw.proof.netlist import parse_btor
from sc_model.graph.smt import Terms

# A part as Amaranth writes one: the input `i` comes by a port of another name, the input `size` is
# a constant inside, and a register has the name of the output.
TEXT = r"""
module \top.part (clk, rst, \port$4$0 , \o$2 );
  input clk, rst;
  input [1:0] \port$4$0 ;
  output \o$2 ;
  wire [2:0] i;
  wire [1:0] size;
  reg o;
  assign i = {1'h0, \port$4$0 };
  assign size = 2'h2;
  assign \o$2 = o & i[0] & size[1];
  always @(posedge clk) o <= i[1];
endmodule
module top (clk, rst, a, b);
  input clk, rst;
  input [1:0] a;
  output b;
  wire w;
  assign b = ~w;
  \top.part \part$7 (.clk(clk), .rst(rst), .\port$4$0 (a), .\o$2 (w));
endmodule
"""
PART = (Port("i", 3, False), Port("size", 2, False), Port("unused", 1, False), Port("o", 1, True))
TOP = (Port("a", 2, False), Port("b", 1, True))
_TERMS_IN_USE: list[Terms] = []


def read(folder: Path, *edits: tuple[str, str]) -> Hierarchy:
    text = TEXT
    for edit in edits:
        text = text.replace(*edit)
    file = folder / "top.v"
    file.write_text(text, encoding="utf-8")
    return read_hierarchy(file, "top", folder / "files")


def test_ports_are_found_by_the_names_of_the_component(tmp_path: Path) -> None:
    hierarchy = read(tmp_path)
    assert hierarchy.instances("top") == {"part": ("part$7", "top.part")}
    assert hierarchy.below("top") == ["top", "top.part"]
    found = hierarchy.connections("top.part", PART)
    port = "port$4$0"
    assert found.inputs == {"i": [(port, 0), (port, 1), "0"], "size": ["0", "1"]}
    assert found.outputs == {"o": [("o$2", 0)]}


def test_the_logic_between_parts_is_read_without_them(tmp_path: Path) -> None:
    hierarchy = read(tmp_path)
    cut = cut_module(hierarchy, "top", TOP, {"part": PART})
    assert (cut.outputs, cut.unknown) == (["b", "part.i", "part.size"], [])
    verilog = {"alone": (hierarchy.verilog, "top.part")}
    texts = btor_of_modules(verilog, {"cut": cut}, tmp_path / "files")
    terms = Terms()
    _TERMS_IN_USE.append(terms)
    net = parse_btor(texts["cut"], terms)
    assert net.states == {}
    assert terms.width(net.outputs["part.i"]) == 3
    assert term_of(terms, net.inputs, cut.signals["part.o"]) == net.inputs["part/o$2"]
    assert len(parse_btor(texts["alone"], terms).states) == 1


# An edit of a part, and whether its storage is then off the clock's rising edge.
PARTS = {
    "sound": (("", ""), False),
    "falling": (("posedge", "negedge"), True),
    "reset": (("posedge clk", "posedge rst"), True),
    "latch": (("always @(posedge clk) o <= i[1]", "always @* if (clk) o = i[1]"), True),
    "at_once": (
        ("@(posedge clk) o <=", "@(posedge clk, posedge rst) if (rst) o <= 0; else o <="),
        True,
    ),
}


def test_what_does_not_follow_the_clock_is_found(tmp_path: Path) -> None:
    part = TEXT[: TEXT.index("module top (")]
    pins = dict.fromkeys(PARTS, ".clk(clk), .rst(rst)")
    pins |= {"sound$1": ".clk(rst), .rst(rst)", "sound$2": ".clk(clk), .rst(1'h0)"}
    text = "".join(
        part.replace(r"\top.part", name).replace(*edit) for name, (edit, _) in PARTS.items()
    )
    text += "module top (clk, rst);\n  input clk, rst;\n"
    text += "".join(f"  {base_name(name)} \\{name} ({nets});\n" for name, nets in pins.items())
    file = tmp_path / "top.v"
    file.write_text(text + "endmodule\n", encoding="utf-8")
    hierarchy = read_hierarchy(file, "top", tmp_path / "files")
    assert hierarchy.off_clock("top") == ["sound$1.clk", "sound$2.rst"]
    for name, (_, off) in PARTS.items():
        assert bool(hierarchy.off_clock(name)) == off, name


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        ([("part$7", "other")], "must have the instances"),
        (
            [("reg o;", "reg o; wire [2:0] \\i$9 = {\\port$4$0 , 1'h0};")],
            "must have one wire for port 'i'",
        ),
    ],
)
def test_what_can_not_be_told_apart_is_refused(
    edits: list[tuple[str, str]], reason: str, tmp_path: Path
) -> None:
    hierarchy = read(tmp_path, *edits)
    with pytest.raises(HierarchyError, match=reason):
        cut_module(hierarchy, "top", TOP, {"part": PART})


def test_a_pin_of_no_port_is_named(tmp_path: Path) -> None:
    hierarchy = read(tmp_path, ("o$2", "x$2"))
    cut = cut_module(hierarchy, "top", TOP, {"part": PART})
    assert cut.unknown == ["part.x$2"]


def test_two_instances_of_one_name_are_refused() -> None:
    cells: dict[str, Any] = {name: {"type": "part"} for name in ("a$1", "a$2")}
    with pytest.raises(HierarchyError, match="one instance named 'a'"):
        Hierarchy(Path("top.v"), {"top": {"cells": cells}}).instances("top")


def test_numbers_that_make_names_unique_are_left_out() -> None:
    assert base_name("host$12.part$3.word") == "host.part.word"
