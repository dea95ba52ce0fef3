"""Parts are listed with their files and facts; zero-width ports are left out of their Verilog."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.proof.blocks.parts import (
    HIERARCHY,
    PARTS,
    PartFiles,
    claims_of_parts,
    standalone_verilog,
)
from sc_hw.proof.facts import Field
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import PROVED


class Twice(wiring.Component):
    """A register, with zero-width ports at both ends of the list and in its middle."""

    def __init__(self) -> None:
        super().__init__(
            {"a_none": In(0), "i": In(4), "m_none": In(0), "o": Out(4), "z_none": Out(0)}
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.sync += self.o.eq(self.i)
        return m


def test_ports_of_no_bits_are_left_out() -> None:
    text = standalone_verilog(Twice(), "twice")
    assert "none" not in text
    assert "[-1:0]" not in text
    (head,) = (line for line in text.splitlines() if line.startswith("module"))
    assert sorted(head.split("(")[1].rstrip(");").split(", ")) == ["clk", "i", "o", "rst"]


def test_parts_are_listed_and_proved(tmp_path: Path) -> None:
    files = PartFiles(tmp_path)
    files.standalone_verilog("twice", Twice(), {"word": (Field("i", 0, 4, False),)}, "first")
    files.module("again", "proof/first.v", "twice", {})
    files.write()
    rows = json.loads((tmp_path / "proof" / PARTS).read_text())["parts"]
    field = {"name": "i", "offset": 0, "width": 4, "signed": False}
    assert rows == [
        {
            "part": "twice",
            "verilog": "proof/first.v",
            "top": "twice",
            "facts": {"word": [field]},
        },
        {"part": "again", "verilog": "proof/first.v", "top": "twice", "facts": {}},
    ]

    def prove(prover: Prover, net: Netlist, row: dict[str, Any]) -> None:
        reset = prover.on(net.inputs["rst"])
        wrong = prover.terms.differ(net.following[net.state_of("o")], net.inputs["i"])
        prover.claim(row["part"], "the register takes its input", wrong, [prover.no(reset)])

    claims = claims_of_parts(tmp_path, 10.0, prove)
    assert [(claim.name, claim.verdict) for claim in claims] == [
        ("twice", PROVED),
        ("again", PROVED),
    ]


def test_what_joins_the_parts_stands_beside_them(tmp_path: Path) -> None:
    files = PartFiles(tmp_path, only=("hierarchy",))
    files.standalone_verilog("twice", Twice(), {})
    files.add_top("top.v", "top", {"clocks": 3})
    files.write()
    assert json.loads((tmp_path / "proof" / PARTS).read_text()) == {
        "parts": [],
        HIERARCHY: {"verilog": "top.v", "top": "top", "facts": {"clocks": 3}},
    }


def test_only_wanted_parts_are_written(tmp_path: Path) -> None:
    files = PartFiles(tmp_path, only=("other",))
    files.standalone_verilog("twice", Twice(), {})
    files.module("twice", "top.v", "twice", {})
    files.add_top("top.v", "top", {})
    assert (files.rows, files.hierarchy) == ([], {})
    assert not (tmp_path / "proof").exists()
