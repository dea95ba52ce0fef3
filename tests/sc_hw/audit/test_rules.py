"""Each rule accepts the crossings that are sound, and refuses each way of doing it wrong."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from amaranth.back import verilog
from amaranth.hdl import ClockDomain, Elaboratable, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from sc_hw.audit.audit import Audit, audit
from sc_hw.build.emit import to_verilog
from sc_hw.network.cdc import WordCrossing

CLOCKS = {"a_clk": "a", "b_clk": "b"}


class Two(wiring.Component):
    """A register of 8 bits of clock `a`, and what gets out of it into clock `b`, by `kind`."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__({"i": In(8), "o": Out(8), "back": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        kind, r, s = self.kind, Signal(8, name="r"), Signal(8, name="s", reset_less=True)
        m.d.a += r.eq(self.i)
        m.d.comb += self.o.eq(s)
        if kind == "level":
            m.submodules.sync = FFSynchronizer(r[0], s[0], o_domain="b")
        elif kind == "three stages":
            m.submodules.sync = FFSynchronizer(r[0], s[0], o_domain="b", stages=3)
        elif kind in ("gray", "binary"):
            count, code = Signal(8), Signal(8)
            following = Signal(8)
            m.d.comb += following.eq((count + 1)[:8])
            m.d.a += [
                count.eq(following),
                code.eq(following ^ (following >> 1) if kind == "gray" else following),
            ]
            m.submodules.sync = FFSynchronizer(code, s, o_domain="b")
        elif kind == "gray of another":  # x ^ (x >> 2): several bits change at a time
            count, code = Signal(8), Signal(8)
            m.d.a += [count.eq((count + 1)[:8]), code.eq(count ^ (count >> 2))]
            m.submodules.sync = FFSynchronizer(code, s, o_domain="b")
        elif kind == "raw":
            m.d.b += s.eq(r)
        elif kind == "8 bits through pairs":
            m.submodules.sync = FFSynchronizer(r, s, o_domain="b")
        elif kind == "logic":
            m.submodules.sync = FFSynchronizer(r[0] ^ r[1], s[0], o_domain="b")
        elif kind == "one flop":
            m.d.b += s[0].eq(r[0])
        elif kind == "first fans out":
            first = Signal(reset_less=True)
            m.d.b += [first.eq(r[0]), s[0].eq(first), s[1].eq(~first)]
        elif kind == "first is an output":
            first = Signal(reset_less=True)
            m.d.b += [first.eq(r[0]), s[0].eq(first)]
            m.d.comb += self.back.eq(first)
        elif kind == "second in the wrong domain":
            first, second = Signal(reset_less=True), Signal(reset_less=True)
            m.d.b += [first.eq(r[0]), s[1].eq(~s[1])]
            m.d.a += second.eq(first)
            m.d.comb += self.back.eq(second)
        elif kind == "twice":
            m.submodules.one = FFSynchronizer(r[0], s[0], o_domain="b")
            m.submodules.two = FFSynchronizer(r[1], s[1], o_domain="b")
        elif kind == "enable":
            with m.If(r[0]):
                m.d.b += s.eq(~s)
        else:
            self._storage_ports_and_clocks(m, r, s)
        return m

    def _storage_ports_and_clocks(self, m: Module, r: Signal, s: Signal) -> None:
        kind = self.kind
        if kind == "ungated storage":
            words = m.submodules.words = Memory(shape=8, depth=4, init=[])
            write, read = words.write_port(domain="a"), words.read_port(domain="comb")
            m.d.comb += [write.addr.eq(self.i), write.data.eq(r), write.en.eq(1), read.addr.eq(s)]
            m.d.b += s.eq(read.data)
        elif kind == "foreign address":
            words = m.submodules.words = Memory(shape=8, depth=4, init=[])
            write, read = words.write_port(domain="a"), words.read_port(domain="comb")
            m.d.comb += [
                write.addr.eq(s),
                write.data.eq(r),
                write.en.eq(1),
                self.back.eq(read.data[0]),
                read.addr.eq(0),
            ]
            m.d.b += s.eq(~s)
        elif kind == "output of both":
            m.d.b += s.eq(~s)
            m.d.comb += self.back.eq(s[0] ^ r[0])
        elif kind == "input of both":
            m.d.b += s.eq(self.i)
            m.d.comb += self.back.eq(r[0])
        elif kind == "gated clock":
            gated = ClockDomain("gated", reset_less=True, local=True)
            m.domains += gated
            m.d.comb += gated.clk.eq(r[0])
            m.d.gated += s.eq(~s)
            m.d.b += self.back.eq(~self.back)
        elif kind == "constant clock":
            dead = ClockDomain("dead", reset_less=True, local=True)
            m.domains += dead
            m.d.dead += s.eq(~s)
            m.d.b += self.back.eq(~self.back)
        else:
            raise ValueError(kind)


def look(part: Elaboratable, **options: Any) -> Audit:
    return audit(verilog.convert(part, name="top", emit_src=False), "top", CLOCKS, **options)


@pytest.mark.parametrize(("kind", "count"), [("level", 1), ("three stages", 1), ("gray", 1)])
def test_other_crossings_that_are_right(kind: str, count: int) -> None:
    result = look(Two(kind))
    assert result.findings == ()
    assert len(result.crossings) == count


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("raw", "no synchroniser"),
        ("binary", "several bits without gray code"),
        ("gray of another", "several bits without gray code"),
        ("8 bits through pairs", "several bits without gray code"),
        ("logic", "logic before a synchroniser"),
        ("one flop", "no synchroniser"),
        ("first fans out", "no synchroniser"),
        ("first is an output", "no synchroniser"),
        ("second in the wrong domain", "no synchroniser"),
        ("twice", "synchronised twice"),
        ("enable", "logic before a synchroniser"),
        ("ungated storage", "storage without pointers"),
        ("foreign address", "logic before a synchroniser"),
        ("output of both", "output of two clocks"),
        ("input of both", "input of two clocks"),
        ("gated clock", "unexpected clock"),
        ("constant clock", "constant clock"),
    ],
)
def test_what_is_wrong_is_refused(kind: str, expected: str) -> None:
    result = look(Two(kind))
    assert not result.passed
    assert expected in {finding.kind for finding in result.findings}


@pytest.mark.parametrize(
    ("old", "new"),
    [(r"i_gray != \S+", "i_gray != i_count"), (r"o_gray != o_other", "o_gray != o_count")],
)
def test_storage_must_be_gated_at_both_ends(old: str, new: str) -> None:
    """Pointers that are synchronised but not used: words are written over, or read before they are
    there.
    """
    crossing = WordCrossing(5, 4, i_domain="a", o_domain="b")
    text, count = re.subn(old, new, to_verilog(crossing, "top", None))
    assert count == 1
    assert "storage without pointers" in {
        finding.kind for finding in audit(text, "top", CLOCKS).findings
    }


def test_list_that_does_not_agree_is_refused() -> None:
    crossing = WordCrossing(5, 2, i_domain="a", o_domain="b")
    text = to_verilog(crossing, "top", None)
    short = audit(text, "top", CLOCKS, crossing.crossings[1:])
    assert [finding.kind for finding in short.findings] == ["crossing not expected"]
    more = audit(
        text, "top", CLOCKS, (*crossing.crossings, replace(crossing.crossings[0], name="ghost"))
    )
    assert [finding.kind for finding in more.findings] == ["crossing not found"]
    turned = replace(crossing.crossings[0], source_domain="b", destination_domain="a")
    kinds = [
        finding.kind
        for finding in audit(text, "top", CLOCKS, (turned, *crossing.crossings[1:])).findings
    ]
    assert kinds == ["crossing not found", "crossing not expected"]


@pytest.mark.parametrize("end", ["source", "destination"])
def test_list_that_names_another_register_is_refused(end: str) -> None:
    crossing = WordCrossing(5, 2, i_domain="a", o_domain="b")
    wrong: dict[str, Any] = {end: "o_count"}
    records = (replace(crossing.crossings[0], **wrong), *crossing.crossings[1:])
    kinds = [
        finding.kind
        for finding in audit(to_verilog(crossing, "top", None), "top", CLOCKS, records).findings
    ]
    assert kinds == ["crossing not found", "crossing not expected"]


def test_clock_that_nothing_uses_and_one_that_was_not_declared() -> None:
    text = verilog.convert(Two("level"), name="top", emit_src=False)
    spare = text.replace("input a_clk;", "input a_clk; input spare;").replace(
        "module top(", "module top(spare, "
    )
    kinds = {finding.kind for finding in audit(spare, "top", {**CLOCKS, "spare": "c"}).findings}
    assert kinds == {"clock without registers"}
    kinds = {finding.kind for finding in audit(text, "top", {"a_clk": "a"}).findings}
    assert "unexpected clock" in kinds
    with pytest.raises(
        ValueError, match=r"^Clock must be an input port of the design, not 'x_clk'; it has "
    ):
        audit(text, "top", {"x_clk": "x"})
