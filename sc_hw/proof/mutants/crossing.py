"""Crossings with a fault put in on purpose, and counters that cross as they should and as they
should not.

Each fault must be refuted by the claim that it names; otherwise that claim shows nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.back import rtlil
from amaranth.hdl import (
    Assert,
    Assume,
    C,
    ClockDomain,
    Elaboratable,
    Fragment,
    Instance,
    Module,
    Signal,
    Value,
)

from sc_hw.network.cdc import Side, WordCrossing
from sc_hw.proof.blocks.network.crossing_harness import Harness, Order, Told
from sc_hw.proof.pdr import Model

_MODELS = """module late_wires #(parameter WIDTH = 1)(input [WIDTH-1:0] d, output [WIDTH-1:0] q);
  (* gclk *) reg instant;
  (* anyseq *) wire [WIDTH-1:0] late;
  reg [WIDTH-1:0] old = 0;
  always @(posedge instant) old <= d;
  assign q = (d & ~late) | (old & late);
endmodule

// a bit that changed just before the edge stays undecided until the next, and each of two readers sees what it will
module first_flop #(parameter WIDTH = 1)(input clk, input [WIDTH-1:0] d, output [WIDTH-1:0] a, output [WIDTH-1:0] b);
  (* gclk *) reg instant;
  (* anyseq *) wire [WIDTH-1:0] noise_a;
  (* anyseq *) wire [WIDTH-1:0] noise_b;
  reg [WIDTH-1:0] old = 0, held = 0, undecided = 0;
  always @(posedge instant) old <= d;
  always @(posedge clk) begin
    held <= d;
    undecided <= d ^ old;
  end
  assign a = (held & ~undecided) | (noise_a & undecided);
  assign b = (held & ~undecided) | (noise_b & undecided);
endmodule
"""


class Counter(Elaboratable):
    """A counter that two registers of another clock read: both find the same, and that is what it
    is or was a step before.

    Every wire between the clocks may show a change one instant late, each by a choice of the
    solver's, and a flip-flop that has met a change is undecided until its next edge. `kind`:

    * ``gray``: a register in gray code, two flip-flops. This is how it should be.
    * ``binary``: the counter itself, two flip-flops.
    * ``raw``: the counter itself, one flip-flop.
    * ``one``: a register in gray code, one flip-flop.
    * ``logic``: the gray code is made by logic between the counter and the two flip-flops.
    """

    def __init__(self, kind: str, bits: int = 8) -> None:
        self.kind, self.bits = kind, bits
        self.clocks = {name: Signal(name=f"{name}_clk") for name in "io"}
        self.step = Signal(name="step")

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bits, kind = self.bits, self.kind
        for name in (*"io", "instant"):
            domain = ClockDomain(name, reset_less=True)
            m.domains += domain
            m.d.comb += domain.clk.eq(self.clocks.get(name, C(1, 1)))
        for name in "io":
            ticked = Signal(name=f"{name}_ticked")
            m.d.instant += ticked.eq(self.clocks[name])
            m.d.comb += Assume(~(ticked & self.clocks[name]))

        count, following, gray = Signal(bits), Signal(bits), Signal(bits)
        m.d.comb += following.eq((count + self.step)[:bits])
        m.d.i += [count.eq(following), gray.eq(following ^ (following >> 1))]
        leaves, arrives, met = (
            (gray if kind in ("gray", "one") else count),
            Signal(bits),
            Signal(bits),
        )
        m.submodules.wires = Instance("late_wires", p_WIDTH=bits, i_d=leaves, o_q=arrives)
        m.d.comb += met.eq(arrives ^ (arrives >> 1) if kind == "logic" else arrives)
        seen = [Signal(bits, name=f"seen_{reader}") for reader in "ab"]
        m.submodules.first = Instance(
            "first_flop", p_WIDTH=bits, i_clk=self.clocks["o"], i_d=met, o_a=seen[0], o_b=seen[1]
        )
        true = Signal(bits, name="true_first")  # what would be seen if no wire were late
        m.d.o += true.eq(count)
        if kind not in ("raw", "one"):
            second, shadow = Signal(bits), Signal(bits, name="true_second")
            m.d.o += [second.eq(seen[0]), shadow.eq(true)]
            seen, true = [second, second], shadow
        was = Signal(bits)
        m.d.o += was.eq(true)
        read = [Signal(bits, name=f"read_{reader}") for reader in "ab"]
        m.d.o += [register.eq(value) for register, value in zip(read, seen, strict=True)]
        value, behind = Signal(bits), Signal(bits)
        for bit in range(bits):
            m.d.comb += value[bit].eq(
                read[0][bit] if kind in ("raw", "binary") else (read[0] >> bit).xor()
            )
        m.d.comb += [behind.eq((was - value)[:bits]), Assert((behind <= 1) & (read[0] == read[1]))]
        return m

    def model(self) -> Model:
        """The counter, ready to be decided."""
        fragment = Fragment.get(self, None)
        text, _ = rtlil.convert_fragment(
            fragment, [*self.clocks.values(), self.step], "harness", emit_src=False
        )
        return Model(text, [_MODELS])


class _Jumping(Side):
    def returns(self) -> Value:
        return self.request | self.clear


class _Impatient(Side):
    def wants(self) -> Value:
        return self.request | (self.want & ~self.asks)

    def asking(self) -> Value:
        return self.want & ~self.asks


class _Forgetful(Side):
    def wants(self) -> Value:
        idle = ~(self.asks | self.answered)
        return (self.request & idle) | (self.want & ~(self.asks & self.answered))


class _OneTooMany(Side):
    @property
    def full(self) -> Value:
        return self.other ^ (1 << len(self.other) - 1)


def _with(side: type[Side]) -> type[WordCrossing]:
    return type("FaultyCrossing", (WordCrossing,), {"side": side})


@dataclass(frozen=True)
class CrossingControl:
    """A fault, the claim that must be refuted because of it, and at which depth."""

    name: str
    bug: str
    crossing: type[WordCrossing]
    claim: type[Harness]
    depth: int

    def model(self) -> Model:
        """The faulty crossing in its harness."""
        harness = self.claim(self.depth)
        return harness.model(self.crossing(harness.width, self.depth))


CONTROLS: tuple[CrossingControl, ...] = (
    CrossingControl(
        "pointer cleared at once",
        "a reset clears the pointer while the other side still looks at it",
        _with(_Jumping),
        Order,
        4,
    ),
    CrossingControl(
        "request not held",
        "a reset asks for one clock, without waiting for an answer",
        _with(_Impatient),
        Told,
        2,
    ),
    CrossingControl(
        "second reset forgotten",
        "a reset during a handshake starts no other",
        _with(_Forgetful),
        Told,
        2,
    ),
    CrossingControl(
        "one place too many",
        "all places are taken, and one more word goes in",
        _with(_OneTooMany),
        Order,
        2,
    ),
)
COUNTERS: tuple[tuple[str, str, str], ...] = (
    ("raw 8-bit crossing", "8 bits of a counter are taken by the other clock as they are", "raw"),
    ("binary pointer", "a binary counter goes through two flip-flops a bit", "binary"),
    ("missing flip-flop", "a gray pointer goes through one flip-flop a bit", "one"),
    (
        "logic before a synchroniser",
        "the gray code is made between the counter's register and the synchroniser",
        "logic",
    ),
)
