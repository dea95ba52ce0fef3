# amaranth: UnusedElaboratable=no
"""Mutants of a transfer between two clocks: of the crossing itself, and of a counter that crosses.

A mutated crossing must be refuted by the claim that it names. A mutated counter makes one of the
mistakes that textbooks on clock-domain crossing warn of, and must be refuted by the claim that is
proved of the counter in Gray code.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

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

from sc_hw.build.emit import to_verilog
from sc_hw.network.cdc import Side, WordCrossing
from sc_hw.proof.blocks.network.crossing_harness import DUT, WITNESS, Harness, Notified, Order
from sc_hw.proof.mutants.mutant import Mutant, Trial
from sc_hw.proof.mutants.reachability import model_source, model_trial, verilog_source
from sc_hw.proof.pdr import Model
from sc_model.spec import Design

# One at depth 4 takes a few seconds; the rest is for slow machines.
LIMIT_S = 240.0  # for one claim about a crossing

_MODELS = """module late_wires #(parameter WIDTH = 1)(input [WIDTH-1:0] d, output [WIDTH-1:0] q);
  (* gclk *) reg instant;
  (* anyseq *) wire [WIDTH-1:0] late;
  reg [WIDTH-1:0] old = 0;
  always @(posedge instant) old <= d;
  assign q = (d & ~late) | (old & late);
endmodule

// A bit that changed just before the edge is undecided until the next edge, and each of its two
// readers may see another value.
module first_flop #(parameter WIDTH = 1)(
  input clk, input [WIDTH-1:0] d, output [WIDTH-1:0] a, output [WIDTH-1:0] b
);
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
    """A counter that two registers of another clock read.

    The claim: both registers hold the same, and it is the counter's value or that of a step before.

    A wire between the clocks may show a change one instant late, and the solver chooses for each
    wire. A flip-flop whose input changed just before its edge is undecided until its next edge.

    Parameters
    ----------
    kind : how the counter crosses.

        * ``gray``: a register in Gray code, then two flip-flops. This is the correct way.
        * ``binary``: the counter itself, then two flip-flops.
        * ``raw``: the counter itself, then one flip-flop.
        * ``one``: a register in Gray code, then one flip-flop.
        * ``logic``: Gray code that is made by logic between the counter and the two flip-flops.
    bits : width of the counter.
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
            # No clock has edges in two instants in a row (see `crossing_harness.Harness`).
            had_edge = Signal(name=f"{name}_had_edge")
            m.d.instant += had_edge.eq(self.clocks[name])
            m.d.comb += Assume(~(had_edge & self.clocks[name]))

        count, next_count, gray = Signal(bits), Signal(bits), Signal(bits)
        m.d.comb += next_count.eq((count + self.step)[:bits])
        m.d.i += [count.eq(next_count), gray.eq(next_count ^ (next_count >> 1))]
        driven = gray if kind in ("gray", "one") else count
        arriving, sampled = Signal(bits), Signal(bits)
        m.submodules.wires = Instance("late_wires", p_WIDTH=bits, i_d=driven, o_q=arriving)
        m.d.comb += sampled.eq(arriving ^ (arriving >> 1) if kind == "logic" else arriving)
        first = [Signal(bits, name=f"first_{reader}") for reader in "ab"]
        m.submodules.first = Instance(
            "first_flop",
            p_WIDTH=bits,
            i_clk=self.clocks["o"],
            i_d=sampled,
            o_a=first[0],
            o_b=first[1],
        )
        # The same flip-flops for the counter itself, with no wire late: what the readers should
        # hold, at most one step ahead of what they do hold.
        ideal = Signal(bits, name="ideal_first")
        m.d.o += ideal.eq(count)
        synchronised = first
        if kind not in ("raw", "one"):
            second, ideal_second = Signal(bits), Signal(bits, name="ideal_second")
            m.d.o += [second.eq(first[0]), ideal_second.eq(ideal)]
            synchronised, ideal = [second, second], ideal_second
        ideal_read = Signal(bits)
        m.d.o += ideal_read.eq(ideal)
        read = [Signal(bits, name=f"read_{reader}") for reader in "ab"]
        m.d.o += [register.eq(bus) for register, bus in zip(read, synchronised, strict=True)]
        value, behind = Signal(bits), Signal(bits)
        for bit in range(bits):
            # Gray code back to binary: a bit is the parity of all bits from it upwards.
            binary = read[0][bit] if kind in ("raw", "binary") else (read[0] >> bit).xor()
            m.d.comb += value[bit].eq(binary)
        m.d.comb += [
            behind.eq((ideal_read - value)[:bits]),
            Assert((behind <= 1) & (read[0] == read[1])),
        ]
        return m

    def model(self) -> Model:
        """The counter and its claim, for the solver."""
        fragment = Fragment.get(self, None)
        text, _ = rtlil.convert_fragment(
            fragment, [*self.clocks.values(), self.step], "harness", emit_src=False
        )
        return Model(text, [_MODELS])


# --- crossings ------------------------------------------------------------------------------------


# Its pointer jumps to 0 while the other side still reads it. See `Side` for what each of these
# should wait for.
class _ClearedAtOnce(Side):
    def pointer_clear(self) -> Value:
        return self.request | self.clear_answer


# Its request lasts one clock; a slower clock on the other side may have no edge in that time.
class _RequestNotHeld(Side):
    def next_pending(self) -> Value:
        return self.request | (self.pending & ~self.clear_request)

    def next_clear_request(self) -> Value:
        return self.pending & ~self.clear_request


# A request counts only while no handshake is under way.
class _SecondResetForgotten(Side):
    def next_pending(self) -> Value:
        idle = ~(self.clear_request | self.other_answer)
        return (self.request & idle) | (self.pending & ~(self.clear_request & self.other_answer))


# Gray code with its highest bit inverted is that of 2^bits - 1 - n, so a side at depth 2 whose
# reader is at 0 is full with three words.
class _OnePlaceTooMany(Side):
    @property
    def full(self) -> Value:
        return self.other_gray ^ (1 << len(self.other_gray) - 1)


def faulty_crossing(side: type[Side]) -> type[WordCrossing]:
    """A crossing both of whose sides are of that class."""
    return type("FaultyCrossing", (WordCrossing,), {"side": side})


# For each mutant of a crossing: the crossing's class, and the depth (in words) at which it fails.
FAULTY_CROSSINGS: dict[str, tuple[type[WordCrossing], int]] = {
    "pointer cleared at once": (faulty_crossing(_ClearedAtOnce), 4),
    "request not held": (faulty_crossing(_RequestNotHeld), 2),
    "second reset forgotten": (faulty_crossing(_SecondResetForgotten), 2),
    "one place too many": (faulty_crossing(_OnePlaceTooMany), 2),
}


def _one_clock(design: Design) -> str | None:
    """Why a network has no crossing."""
    if design.network is not None and len(design.network.roles) > 1:
        return None
    return "all layers share one clock, so there is no crossing"


def _crossing_trial(
    name: str, bug: str, claim: type[Harness], build: object, folder: Path
) -> Trial:
    # The design's own depth plays no part: a fault may show at some depths only.
    crossing, depth = FAULTY_CROSSINGS[name]
    harness = claim(depth)
    original, mutated = (
        verilog_source(
            folder, label, to_verilog(kind(harness.width, depth), DUT, None), DUT, clocks=True
        )
        for label, kind in (("original", WordCrossing), ("mutant", crossing))
    )
    model = harness.model(crossing(harness.width, depth))
    label = f"depth {depth}: {claim.__name__.lower()}"
    return model_trial(
        folder, label, bug, model, (original, mutated), least_s=LIMIT_S, witness=WITNESS
    )


def crossing_mutant(name: str, bug: str, claim: type[Harness]) -> Mutant:
    """A mutant of a crossing that is an entry of `FAULTY_CROSSINGS`; `claim` must refute it."""
    make = partial(_crossing_trial, name, bug, claim)
    return Mutant(name, bug, ("network",), make, _one_clock)


def _counter_trial(kind: str, bug: str, build: object, folder: Path) -> Trial:
    model = Counter(kind).model()
    # The correct counter in the same model, so that both have the same ports and registers.
    compared = (
        model_source(folder, "original", Counter("gray").model()),
        model_source(folder, "mutant", model),
    )
    return model_trial(folder, f"counter, {kind}", bug, model, compared, least_s=LIMIT_S)


def counter_mutant(name: str, bug: str, kind: str) -> Mutant:
    """A mutant of the counter; `kind` is that of :class:`Counter`."""
    return Mutant(name, bug, ("network",), partial(_counter_trial, kind, bug), _one_clock)


MUTANTS: tuple[Mutant, ...] = (
    counter_mutant(
        "raw 8-bit crossing",
        "8 bits of a counter are sampled by the other clock as they are",
        "raw",
    ),
    counter_mutant(
        "binary pointer", "a binary counter goes through two flip-flops a bit", "binary"
    ),
    counter_mutant("missing flip-flop", "a Gray pointer goes through one flip-flop a bit", "one"),
    counter_mutant(
        "logic before a synchroniser",
        "the Gray code is made between the counter's register and the synchroniser",
        "logic",
    ),
    crossing_mutant(
        "pointer cleared at once",
        "a reset clears the pointer while the other side still looks at it",
        Order,
    ),
    crossing_mutant(
        "request not held", "a reset asks for one clock, without waiting for an answer", Notified
    ),
    crossing_mutant(
        "second reset forgotten", "a reset during a handshake starts no other", Notified
    ),
    crossing_mutant("one place too many", "all places are taken, and one more word goes in", Order),
)
