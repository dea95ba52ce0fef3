"""Emitted Verilog: no contents of memories, no power-on values of wires, shared modules once."""

from __future__ import annotations

import re
from collections.abc import Sequence

from amaranth.hdl import Cat, Fragment, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from sc_hw.build import emit
from sc_hw.build.emit import to_verilog


class Holder(wiring.Component):
    """A memory, and two domains in an order that is not that of the alphabet."""

    domains = ("write", "read")

    def __init__(self, contents: Sequence[int] = ()) -> None:
        self.contents = contents
        super().__init__({"a": In(4), "d": In(8), "q": Out(8)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = memory = Memory(shape=8, depth=16, init=self.contents)
        write, read = memory.write_port(domain="write"), memory.read_port(domain="read")
        m.d.comb += [write.addr.eq(self.a), write.data.eq(self.d), write.en.eq(1)]
        m.d.comb += [read.addr.eq(self.a), self.q.eq(read.data)]
        return m


class Words(wiring.Component):
    """A memory of a million words."""

    def __init__(self) -> None:
        super().__init__({"a": In(20), "q": Out(8)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = memory = Memory(shape=8, depth=1 << 20, init=[])
        read = memory.read_port()
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


def test_contents_of_a_large_memory_are_not_spelt() -> None:
    fragment = Fragment.get(Words(), None)
    assert "meminit" not in emit._rtlil(fragment, "words", {})


def test_only_a_memory_of_zeros_is_without_contents() -> None:
    fragment = Fragment.get(Holder(contents=[0, 3]), None)
    text = emit._rtlil(fragment, "holder", {})
    assert re.search(r"meminit_v2[^\0]*DATA 128'0{118}110{8}\n", text)


class Spread(wiring.Component):
    """Bits of a port in another order."""

    def __init__(self, bits: int) -> None:
        self.bits = bits
        super().__init__({"a": In(bits), "q": Out(bits)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.q.eq(Cat(self.a[7 * k % self.bits] for k in range(self.bits)))
        return m


def test_a_line_that_verilator_would_refuse_is_broken_behind_commas() -> None:
    text = to_verilog(Spread(9001), "spread", None)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 4004
    assert len(lines) > 15
    (joined,) = re.findall(r"assign q = \{.*?\};", text, re.S)
    assert joined.count(",") == 9000
    assert re.findall(r"a\[(\d+)\]", joined)[::-1] == [str(7 * k % 9001) for k in range(9001)]
    short = to_verilog(Spread(1001), "spread", None)
    assert any(len(line) > 4004 for line in short.splitlines())  # as Yosys has written it
