"""Emitted Verilog: no contents of memories, no power-on values of wires, shared modules once."""

from __future__ import annotations

import re

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from sc_hw.build import emit
from sc_hw.build.emit import to_verilog


class Holder(wiring.Component):
    """A memory, and two domains in an order that is not that of the alphabet."""

    domains = ("write", "read")

    def __init__(self) -> None:
        super().__init__({"a": In(4), "d": In(8), "q": Out(8)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = memory = Memory(shape=8, depth=16, init=[])
        write, read = memory.write_port(domain="write"), memory.read_port(domain="read")
        m.d.comb += [write.addr.eq(self.a), write.data.eq(self.d), write.en.eq(1)]
        m.d.comb += [read.addr.eq(self.a), self.q.eq(read.data)]
        return m


class Register(wiring.Component):
    """A register with a reset value."""

    def __init__(self) -> None:
        super().__init__({"d": In(8), "q": Out(8)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        register = Signal(8, init=5)
        m.d.sync += register.eq(self.d)
        m.d.comb += self.q.eq(register)
        return m


def test_memories_promise_no_contents() -> None:
    text = to_verilog(Holder(), "holder", None)
    assert re.search(r"reg \[7:0\] \S+ \[15:0\]", text)
    assert "initial" not in text


def test_clock_ports_are_in_the_order_of_the_domains() -> None:
    text = to_verilog(Holder(), "holder", None)
    ports = re.search(r"^module holder\((.*)\);", text, re.M)
    assert ports is not None
    names = ports.group(1).split(", ")
    clocks = [name for name in names if name.endswith(("_clk", "_rst"))]
    assert clocks == [f"{d}_{kind}" for d in ("write", "read") for kind in ("clk", "rst")]


def test_a_register_keeps_its_reset_value_and_wires_have_none() -> None:
    text = to_verilog(Register(), "register", None)
    assert re.search(r"if \(rst\) begin\n +\S+ += 8'h05;", text)
    assert not re.search(r"\(\* init = [^*]*\*\)\n *wire", text)


def test_shared_modules_are_written_once_in_front() -> None:
    component = Register()
    component.shared_modules = {"inner": Register()}  # type: ignore[attr-defined]
    text = to_verilog(component, "outer", None)
    assert re.findall(r"^module (\w+)\(", text, re.M) == ["inner", "outer"]
    assert text == to_verilog(component, "outer", None)


def test_a_memory_without_contents_is_the_same_text_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    text = to_verilog(Holder(), "holder", None)
    monkeypatch.setattr(emit, "_ZERO_CONTENTS", re.compile(r"(?!)"))
    assert to_verilog(Holder(), "holder", None) == text


def test_only_a_memory_of_zeros_is_without_contents() -> None:
    cell = "  cell $meminit_v2 $1\n    parameter \\WORDS 2\n    connect \\DATA 4'%s\n  end\n"
    for data, left in (("0000", ""), ("0100", cell % "0100")):
        assert emit._ZERO_CONTENTS.sub("", cell % data) == left
    two = cell % "0100" + cell % "0000"
    assert emit._ZERO_CONTENTS.sub("", two) == cell % "0100"
