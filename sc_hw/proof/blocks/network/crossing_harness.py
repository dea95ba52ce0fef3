# amaranth: UnusedElaboratable=no
"""Harnesses around a crossing, for proofs over any two clocks, with resets at any time.

The design is the emitted Verilog. Its synchronisers (`sc_sync_*`) and captured words
(`sc_capture_*`) are replaced by models that may miss an edge: a bit that changed in the instant
before an edge is sampled old or new, and the solver chooses for each bit.

A crossing never looks at its payloads, so a few marked words stand for all (P. Wolper, "Expressing
interesting properties of programs in propositional temporal logic", POPL 1986). One bit says that a
word is the first since a restart; one marks a single word, at a time of the solver's choice; one
says that a word directly follows the marked one. If the reader finds each bit where it belongs,
whichever word was marked, then no word is lost, doubled, torn or out of order.
"""

from __future__ import annotations

from abc import abstractmethod
from itertools import pairwise
from typing import Any, ClassVar

from amaranth.back import rtlil
from amaranth.hdl import (
    Assert,
    Assume,
    Cat,
    ClockDomain,
    Cover,
    Elaboratable,
    Fragment,
    Instance,
    Module,
    Mux,
    Signal,
    Value,
)

from sc_hw.build.emit import to_verilog
from sc_hw.network.cdc import Capture, Synchroniser, WordCrossing
from sc_hw.proof.pdr import Model

DUT = "word_crossing"
# Registers of the crossing that a counterexample shows.
WITNESS = tuple(f"dut.{side}_{name}" for name in ("gray", "open", "asks", "want") for side in "io")

_SYNC = """module {module}(input clk, input rst, input [{top}:0] d, output [{top}:0] q);
  (* gclk *) reg instant;
  (* anyseq *) wire [{top}:0] late;
  reg [{top}:0] old = 0;
  always @(posedge instant) old <= d;
  reg [{top}:0] first = 0;
  always @(posedge clk) first <= (d & ~late) | (old & late);
{later}
  assign q = {last};
endmodule
"""
# A word that is captured must not have changed in the instant before. That is an assertion, so the
# model need not say what a word captured while it changes would be.
_CAPTURE = """module {module}(
  input clk, input rst, input en, input [{top}:0] d, output reg [{top}:0] q
);
  (* gclk *) reg instant;
  reg [{top}:0] old = 0;
  always @(posedge instant) old <= d;
  initial q = 0;
  always @(posedge clk) if (en) q <= d;
  always @* if (clk && en) assert (d == old);
endmodule
"""


def uncertain_sync(module: str, width: int, stages: int) -> str:
    """Verilog of a synchroniser whose first flip-flop may miss an edge."""
    names = ["first", *(f"stage_{n}" for n in range(1, stages))]
    later = [
        f"  reg [{width - 1}:0] {b} = 0;\n  always @(posedge clk) {b} <= {a};"
        for a, b in pairwise(names)
    ]
    return _SYNC.format(module=module, top=width - 1, later="\n".join(later), last=names[-1])


def uncertain_models(crossing: WordCrossing) -> list[str]:
    """Models that replace the shared modules of a crossing."""
    texts = []
    for module, part in crossing.shared_modules.items():
        if isinstance(part, Synchroniser):
            texts.append(uncertain_sync(module, part.width, part.stages))
        elif isinstance(part, Capture):
            texts.append(_CAPTURE.format(module=module, top=part.width - 1))
    return texts


class Harness(Elaboratable):
    """A crossing with free clocks and inputs; a subclass adds a claim.

    No clock has edges in two instants in a row. That loses nothing, since instants without edges
    may come between, and so a change in the instant before an edge is never made by the same
    clock.

    Parameters
    ----------
    depth : words that the crossing holds.

    Members
    -------
    width : bits of a word; the claim says what they mean.
    resets : whether resets may come at any time; if not, none comes.
    """

    width: ClassVar[int] = 1
    resets: ClassVar[bool] = True

    def __init__(self, depth: int = 1) -> None:
        self.pointer_bits = depth.bit_length()
        self.clocks = {name: Signal(name=f"{name}_clk") for name in "io"}
        self.rst = {name: Signal(name=f"{name}_rst") for name in "io"}
        self.restart = {name: Signal(name=f"{name}_restart") for name in "io"}
        self.clear = {name: Signal(name=f"{name}_clear") for name in "io"}
        self.request = {name: Signal(name=f"{name}_request") for name in "io"}
        self.valid, self.ready = Signal(name="i_valid"), Signal(name="i_ready")
        self.o_valid, self.o_ready = Signal(name="o_valid"), Signal(name="o_ready")
        self.payload, self.o_payload = (
            Signal(self.width, name="i_payload"),
            Signal(self.width, name="o_payload"),
        )
        self.watched: dict[str, Signal] = {}
        self.free: list[Signal] = []

    def watch(self, name: str, bits: int = 1) -> Signal:
        """A signal inside the crossing, as an input of the harness.

        Parameters
        ----------
        name : of the signal in the crossing.
        bits : its width.
        """
        return self.watched.setdefault(name, Signal(bits, name=f"watch_{name}"))

    def choice(self, name: str) -> Signal:
        """A bit that the solver chooses in every instant."""
        self.free.append(Signal(name=name))
        return self.free[-1]

    def restarts(self, name: str) -> Value:
        """Whether a side restarts: by its own reset, or because the crossing tells it to clear."""
        return self.request[name] | self.clear[name]

    @property
    def accepted(self) -> Value:
        """A word goes in with the next edge of its clock."""
        return self.valid & self.ready

    @property
    def delivered(self) -> Value:
        """A word comes out with the next edge of its clock."""
        return self.o_valid & self.o_ready

    def pointers(self, m: Module) -> None:
        """Assert that each pointer is the Gray code of its count.

        PDR then knows that of every state, which makes the actual claim easier.
        """
        for name in "io":
            count = self.watch(f"{name}_count", self.pointer_bits)
            m.d.comb += Assert(
                self.watch(f"{name}_gray", self.pointer_bits) == (count ^ (count >> 1))
            )

    @abstractmethod
    def claims(self, m: Module) -> None:
        """Add the assertions, and the registers that they need."""

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        for name in "io":
            domain = ClockDomain(name, reset_less=True)
            m.domains += domain
            m.d.comb += [
                domain.clk.eq(self.clocks[name]),
                self.request[name].eq(self.rst[name] | self.restart[name]),
            ]
        instant = ClockDomain("instant", reset_less=True)
        m.domains += instant
        m.d.comb += instant.clk.eq(1)  # an edge in every instant
        m.submodules.dut = Instance(
            DUT,
            **{
                f"i_{name}_{port}": signals[name]
                for name in "io"
                for port, signals in self._driven().items()
            },
            **{f"o_{name}_clear": self.clear[name] for name in "io"},
            i_i__payload=self.payload,
            i_i__valid=self.valid,
            o_i__ready=self.ready,
            o_o__payload=self.o_payload,
            o_o__valid=self.o_valid,
            i_o__ready=self.o_ready,
        )
        for name in "io":
            had_edge = Signal(name=f"{name}_had_edge")
            m.d.instant += had_edge.eq(self.clocks[name])
            m.d.comb += Assume(~(had_edge & self.clocks[name]))
        if not self.resets:
            m.d.comb += Assume(~(self.request["i"] | self.request["o"]))
        self.claims(m)
        return m

    def _driven(self) -> dict[str, dict[str, Signal]]:
        return {"clk": self.clocks, "rst": self.rst, "restart": self.restart}

    def ports(self) -> list[Signal]:
        """Signals that the solver chooses, and signals inside the crossing."""
        driven = [signals[name] for signals in self._driven().values() for name in "io"]
        return [*driven, self.valid, self.o_ready, *self.free, *self.watched.values()]

    def model(self, crossing: WordCrossing) -> Model:
        """The harness around a crossing, for the solver."""
        fragment = Fragment.get(self, None)  # first, since `claims` fills `watched` and `free`
        text, _ = rtlil.convert_fragment(fragment, self.ports(), "harness", emit_src=False)
        watch = {signal.name: f"dut.{name}" for name, signal in self.watched.items()}
        return Model(text, [to_verilog(crossing, DUT, None), *uncertain_models(crossing)], watch)


class Order(Harness):
    """Nothing is lost, doubled, torn or reordered.

    After the marked word comes the word that was accepted after it, and no other word claims to be
    that one. Bit 0 of a word marks it, bit 1 says that it follows the marked word.
    """

    width = 2

    def claims(self, m: Module) -> None:
        self.pointers(m)
        mark, used, follows = self.choice("mark"), Signal(), Signal()
        m.d.comb += self.payload.eq(Cat(mark & ~used, follows))
        # `used` is never cleared, so that at most one word in a run is marked. A restart may lose
        # the words after it, so none is promised to follow.
        with m.If(self.restarts("i")):
            m.d.i += follows.eq(0)
        with m.Elif(self.accepted):
            m.d.i += [follows.eq(mark & ~used), used.eq(used | mark)]
        expected = Signal()
        with m.If(self.restarts("o")):
            m.d.o += expected.eq(0)
        with m.Elif(self.delivered):
            m.d.o += expected.eq(self.o_payload[0])
        m.d.comb += Assert(~self.o_valid | (self.o_payload[1] == expected))


class First(Harness):
    """The first word out after a restart of the reader is the first in after one of the source.

    A word's bit says that it is the first since a restart of the source.
    """

    width = 1

    def claims(self, m: Module) -> None:
        self.pointers(m)
        first, begun = Signal(init=1), Signal()
        m.d.comb += self.payload.eq(first)
        with m.If(self.restarts("i") | self.accepted):
            m.d.i += first.eq(self.restarts("i"))
        with m.If(self.restarts("o") | self.delivered):
            m.d.o += begun.eq(~self.restarts("o"))
        m.d.comb += Assert(~self.o_valid | (self.o_payload == ~begun))


class Once(Harness):
    """A word comes out at most once, after it was accepted, and never after a later restart.

    A word's bit marks a single word.
    """

    width = 1

    def claims(self, m: Module) -> None:
        self.pointers(m)
        mark, used, gone, stale = self.choice("mark"), Signal(), Signal(), Signal()
        m.d.comb += self.payload.eq(mark & ~used)
        with m.If(self.accepted & ~self.restarts("i")):
            m.d.i += used.eq(used | mark)
        with m.If(self.delivered):
            m.d.o += gone.eq(gone | self.o_payload)
        # the reader restarted after the marked word had been accepted
        m.d.instant += stale.eq(stale | (used & self.clocks["o"] & self.restarts("o")))
        m.d.comb += Assert(~(self.o_valid & self.o_payload) | (used & ~gone & ~stale))


class Gray(Harness):
    """While a side is open, the other side's pointer changes in at most one bit at a time.

    So a synchroniser that samples the pointer while it changes gets its old or its new value.
    """

    def claims(self, m: Module) -> None:
        bits = self.pointer_bits
        for name, other in (("i", "o"), ("o", "i")):
            gray, is_read = self.watch(f"{name}_gray", bits), self.watch(f"{other}_open")
            old = Signal(bits, name=f"{name}_old")
            changed = Signal(bits, name=f"{name}_changed")
            m.d.instant += old.eq(gray)
            m.d.comb += [
                changed.eq(gray ^ old),
                # x & (x - 1) clears the lowest set bit: 0 means that there was one at most
                Assert(~is_read | ((changed & (changed - 1)[:bits]) == 0)),
            ]


class Quiet(Harness):
    """A side that is reset, or told to clear, neither takes nor gives a word."""

    def claims(self, m: Module) -> None:
        m.d.comb += [
            Assert(~(self.restarts("i") & self.ready)),
            Assert(~(self.restarts("o") & self.o_valid)),
        ]


class Notified(Harness):
    """Before a side opens again after its own reset, the other side was told to clear.

    And no side is told to clear before there was a reset.
    """

    def claims(self, m: Module) -> None:
        opens = {"i": self.ready, "o": self.o_valid}
        for name, other in (("i", "o"), ("o", "i")):
            # `owed`: the side was reset and the other one has not had an edge with `clear` since.
            # Both are registers of every instant, since they look at two clocks.
            owed, was_reset = Signal(name=f"{name}_owed"), Signal(name=f"{name}_was_reset")
            notified = self.clocks[other] & self.clear[other]
            with m.If(self.clocks[name] & self.request[name]):
                m.d.instant += [owed.eq(1), was_reset.eq(1)]
            with m.Elif(notified):
                m.d.instant += owed.eq(0)
            m.d.comb += [Assert(~(opens[name] & owed)), Assert(was_reset | ~self.clear[other])]


class Settles(Harness):
    """Within `rounds` rounds after the last reset both sides are open, and no side is to clear.

    In a round each clock has an edge or more. `rounds` is the least for which this holds, within 2:
    `tests/sc_hw/proof/blocks/network/test_crossing.py` shows that 2 fewer are refuted.
    """

    rounds: ClassVar[int] = 26

    def done(self) -> Value:
        """What must hold from then on."""
        both_open = self.watch("i_open") & self.watch("o_open")
        return both_open & ~self.clear["i"] & ~self.clear["o"]

    def claims(self, m: Module) -> None:
        # "After the last reset" in a proof without an end: the solver says when it has come, and
        # may not reset any more from then on.
        no_reset, begins = Signal(), self.choice("no_reset_from_now")
        m.d.instant += no_reset.eq(no_reset | begins)
        m.d.comb += Assume(~(no_reset & (self.request["i"] | self.request["o"])))
        earlier_edges = Signal(2)  # of this round, by clock
        edges = Signal(2)
        rounds = Signal(range(self.rounds + 1))
        m.d.comb += edges.eq(earlier_edges | Cat(self.clocks["i"], self.clocks["o"]))
        with m.If(no_reset):
            m.d.instant += earlier_edges.eq(Mux(edges.all(), 0, edges))
            with m.If(edges.all() & (rounds != self.rounds)):
                m.d.instant += rounds.eq((rounds + 1)[: len(rounds)])
        self.conclude(m, no_reset, rounds == self.rounds)

    def conclude(self, m: Module, no_reset: Value, out_of_time: Value) -> None:
        """Add the assertion about the time when all rounds are over."""
        m.d.comb += Assert(~out_of_time | self.done())


class Delivers(Settles):
    """Within `rounds` rounds after the last reset a waiting word comes out.

    Words wait all the time, and the reader takes every word.
    """

    rounds = 32

    def conclude(self, m: Module, no_reset: Value, out_of_time: Value) -> None:
        """Add the assertion about the time when all rounds are over."""
        delivered = Signal()
        with m.If(no_reset & self.clocks["o"] & self.o_valid):
            m.d.instant += delivered.eq(1)
        m.d.comb += [
            Assume(~no_reset | (self.valid & self.o_ready)),
            Assert(~out_of_time | delivered),
        ]


class Reached(Harness):
    """A state that must be reachable: a proof about a crossing that can't move would be empty.

    Parameters
    ----------
    depth : words that the crossing holds.
    goal : a key of `GOALS`.
    """

    GOALS: ClassVar[dict[str, str]] = {
        "a word": "a word comes out",
        "a full queue": "all places are taken",
        "a full queue after resets": (
            "all places are taken after a reset of either side, the handshakes of both having met"
        ),
        "a word after resets": (
            "a word comes out after a reset of either side, the handshakes of both having met"
        ),
    }

    def __init__(self, depth: int, goal: str) -> None:
        super().__init__(depth)
        self.goal = goal

    def claims(self, m: Module) -> None:
        # Each flag is set after the one before it: a word was accepted, then the source was reset,
        # then the reader, then both asked the other to clear at the same time.
        accepted, i_reset, o_reset, met = (
            Signal(name=name) for name in ("word_accepted", "i_reset", "o_reset", "met")
        )
        full = self.watch("i_open") & ~self.ready & ~self.request["i"]
        m.d.instant += [
            accepted.eq(accepted | (self.clocks["i"] & self.accepted)),
            i_reset.eq(i_reset | (accepted & self.clocks["i"] & self.rst["i"])),
            o_reset.eq(o_reset | (i_reset & self.clocks["o"] & self.rst["o"])),
            met.eq(met | (o_reset & self.watch("i_asks") & self.watch("o_asks"))),
        ]
        goals = (
            self.delivered,
            full,
            full & met,
            self.delivered & met & self.watch("i_open") & self.watch("o_open"),
        )
        m.d.comb += Cover(dict(zip(self.GOALS, goals, strict=True))[self.goal])
