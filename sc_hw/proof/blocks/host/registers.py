# amaranth: UnusedElaboratable=no
"""Proofs about the registers in front of a block, and about the queue of steps.

`python -m sc_hw.proof.blocks.host.registers --out reports` writes `host_proofs.json` and `.md`. The
claims are about emitted Verilog: a system with a lane, queue and counters alone; they hold for all
inputs and any number of clocks, with resets at any time, and are decided by PDR
(`sc_hw.proof.pdr`).
"""

from __future__ import annotations

from functools import cache, partial
from typing import ClassVar

from amaranth.hdl import Assert, Assume, Cat, Cover, Module, Mux, Signal, Value

from sc_hw.build.blocks import block_of
from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import load_family
from sc_hw.host.counters import JOB_CLOCKS, Counters
from sc_hw.host.doors import load_door
from sc_hw.host.packets import StepPacket
from sc_hw.host.register_map import MAGIC, register_map
from sc_hw.host.step_queue import StepQueue
from sc_hw.host.system import TOP, System
from sc_hw.proof.blocks.host.harness import Harness, Proof, Task, covers_of, tasks_of
from sc_model.spec import Design, HostSpec

QUEUE = "step_queue"
COUNTED = "counters"
# Clocks of the longest access of this system but those of counters. A window waits for the step
# under way.
ANSWERED_WITHIN = 24
# Clocks of the longest read of a counter: all of them are written with 0 before, another one is
# worked on, and CLOCKS_LOW takes its own and those in which CLOCKS_HIGH is kept.
READ_WITHIN = 10 * JOB_CLOCKS
TRANSFER_BITS = 16


@cache
def system_of_claims() -> System:
    """A lane behind the bus, with the smallest FIFOs; no build's name is in its registers."""
    spec = HostSpec(door="wishbone", step_words=1, output_words=1)
    block = block_of(Design(name="lane", block="lane"), load_family("generic"))
    return System(
        block,
        load_door(spec.door),
        spec,
        clock_hz=1e6,
        build_id="0" * 12,
        design_hash="0" * 16,
    )


@cache
def system_verilog() -> str:
    """The system's Verilog."""
    return to_verilog(system_of_claims(), TOP, None)


def queue_of_claims() -> StepQueue:
    """A queue of steps of one word, which is two transfers."""
    return StepQueue(StepPacket(2, TRANSFER_BITS, ()), 1)


def counters_of_claims() -> Counters:
    """Counters of an empty map."""
    return Counters(register_map(), settles=False)


@cache
def counters_verilog() -> str:
    """The counters' Verilog."""
    return to_verilog(counters_of_claims(), COUNTED, None)


@cache
def queue_verilog() -> str:
    """The queue's Verilog."""
    return to_verilog(queue_of_claims(), QUEUE, None)


class BusHarness(Harness):
    """The system and an initiator that holds its requests."""

    top = TOP

    def component(self) -> System:
        """The system."""
        return system_of_claims()

    def verilog(self) -> str:
        """Its Verilog."""
        return system_verilog()

    def bus(self, name: str) -> Signal:
        """A signal of the bus."""
        return self[f"wishbone__{name}"]

    @property
    def access(self) -> Value:
        """An access is asked for."""
        return self.bus("cyc") & self.bus("stb")

    @property
    def ended(self) -> Value:
        """It is answered in this clock."""
        return self.bus("ack") | self.bus("err")

    def acknowledgement(self, register: str) -> Value:
        """An access of that register is acknowledged in this clock."""
        word = system_of_claims().registers[register].word
        return self.access & self.bus("ack") & (self.bus("adr") == word)

    def hold(self, m: Module) -> None:
        """An initiator keeps its request as it is until it is answered."""
        request = Cat(self.bus("adr"), self.bus("dat_w"), self.bus("we"))
        waited, before = Signal(), Signal(len(request))
        m.d.instant += [waited.eq(self.access & ~self.ended & ~self.rst), before.eq(request)]
        m.d.comb += Assume(~waited | (self.access & (request == before)))


class Once(BusHarness):
    """Answers come to those who ask, one for each request."""

    statement = (
        "ack and err are high only while an access is asked for, never both, and never in two"
        " clocks in a row"
    )

    def claims(self, m: Module) -> None:
        self.hold(m)
        before = Signal()
        m.d.instant += before.eq(self.ended)
        m.d.comb += [
            Assert(~self.ended | self.access),
            Assert(~(self.bus("ack") & self.bus("err"))),
            Assert(~before | ~self.ended),
        ]


class Answered(BusHarness):
    """Every access ends."""

    statement = (
        f"every access is answered within {ANSWERED_WITHIN} clocks, not counting those in which the"
        " counters are asked for a word"
    )

    def claims(self, m: Module) -> None:
        self.hold(m)
        age = Signal(range(ANSWERED_WITHIN + 2))
        m.d.comb += Assert(age < ANSWERED_WITHIN)
        with m.If(self.access & ~self.ended & ~self.rst):
            m.d.instant += age.eq(age + ~self.watch("host.counters.ask"))
        with m.Else():
            m.d.instant += age.eq(0)


class Kept(BusHarness):
    """A register that is written holds its word; a constant is constant."""

    statement = (
        "WINDOW_ADDRESS reads as it was last written until WINDOW_DATA counts it up; MAGIC reads"
        " as SCHW, and a write of it is never acknowledged"
    )

    def claims(self, m: Module) -> None:
        self.hold(m)
        word, known = Signal(32), Signal()
        here, writes = self.acknowledgement("WINDOW_ADDRESS"), self.bus("we")
        with m.If(here & writes):
            m.d.instant += [word.eq(self.bus("dat_w")), known.eq(1)]
        with m.If(self.acknowledgement("WINDOW_DATA") | self.rst):
            m.d.instant += known.eq(0)
        magic = self.acknowledgement("MAGIC")
        m.d.comb += [
            Assert(~(here & ~writes & known) | (self.bus("dat_r") == word)),
            Assert(~magic | (~writes & (self.bus("dat_r") == MAGIC))),
        ]


class QueueHarness(Harness):
    """The queue of steps alone."""

    top = QUEUE

    def component(self) -> StepQueue:
        """The queue."""
        return queue_of_claims()

    def verilog(self) -> str:
        """Its Verilog."""
        return queue_verilog()


class Order(QueueHarness):
    """Words come out as transfers, once and in order.

    Parameters
    ----------
    bit : of a transfer; the bits do not depend on each other, and one at a time is decided fast.
    """

    statement = (
        "the transfers of a word come out once, in order, the low one first, behind those of all"
        " words that were accepted before it, and none comes without a word (bit {bit} of each)"
    )

    def __init__(self, bit: int) -> None:
        super().__init__()
        self.bit = bit

    def claims(self, m: Module) -> None:
        push = self["i__valid"] & self["i__ready"] & ~self.rst
        moves = self["o__valid"] & self["o__ready"] & ~self.rst
        # the model: a list of words, the first at the left, of each two bits
        depth = queue_of_claims().depth + 1  # one is being sent
        words = [Signal(2, name=f"word_{place}") for place in range(depth)]
        level, high = Signal(range(depth + 2)), Signal()
        word = self["i__payload"]
        bits = Cat(word[self.bit], word[TRANSFER_BITS + self.bit])
        first = words[0]
        m.d.comb += [
            Assert(~moves | level.any()),
            Assert(~moves | (self["o__payload"][self.bit] == first.bit_select(high, 1))),
            Assert(~push | (level < depth)),
        ]
        pops = Signal()
        m.d.comb += pops.eq(moves & high)
        with m.If(moves):
            m.d.instant += high.eq(~high)
        m.d.instant += level.eq(level + push - pops)
        for place, here in enumerate(words):
            behind = words[place + 1] if place + 1 < depth else here
            shifted = Signal(2, name=f"shifted_{place}")
            m.d.comb += shifted.eq(Mux(pops, behind, here))
            m.d.instant += here.eq(Mux(push & (level - pops == place), bits, shifted))
        with m.If(self.rst):
            m.d.instant += [level.eq(0), high.eq(0)]


class Read(Harness):
    """The counters alone."""

    top = COUNTED
    statement = f"a counter or constant that is asked for is read within {READ_WITHIN} clocks"

    def component(self) -> Counters:
        """The counters."""
        return counters_of_claims()

    def verilog(self) -> str:
        """Their Verilog."""
        return counters_verilog()

    def claims(self, m: Module) -> None:
        waits = self["ask"] & ~self["done"] & ~self.rst
        waited, age = Signal(), Signal(range(READ_WITHIN + 2))
        word = Signal(len(self["word"]))
        m.d.instant += [waited.eq(waits), word.eq(self["word"])]
        m.d.instant += age.eq(Mux(waits, age + 1, 0))
        m.d.comb += [
            Assume(~waited | (self["ask"] & (self["word"] == word))),
            Assert(age < READ_WITHIN),
        ]


class Reached(BusHarness):
    """Something that must be possible: the claims above would hold of what does nothing.

    Parameters
    ----------
    goal : a key of `GOALS`.
    """

    GOALS: ClassVar[dict[str, str]] = {
        "window": "a word that was loaded through the window is read and is not 0",
        "output": "the number of the first packet is read",
    }

    def __init__(self, goal: str) -> None:
        super().__init__()
        self.goal = goal

    def claims(self, m: Module) -> None:
        self.hold(m)
        register = {"window": "WINDOW_DATA", "output": "OUTPUT_DATA"}[self.goal]
        read = self.acknowledgement(register) & ~self.bus("we")
        m.d.comb += Cover(read & self.bus("dat_r").any())


CLAIMS: tuple[type[Harness], ...] = (Once, Answered, Read, Kept)


def host_tasks() -> list[Task]:
    """All claims."""
    order = [
        Task(f"order of bit {bit}", Order.statement.format(bit=bit), partial(Order, bit))
        for bit in (0, TRANSFER_BITS - 1)
    ]
    return [*tasks_of(CLAIMS), *order, *covers_of(Reached, Reached.GOALS)]


HOST = Proof(
    "host_proofs",
    "Proofs about the registers",
    """Made by `python -m sc_hw.proof.blocks.host.registers --out reports`: a whole system with
a lane, the smallest FIFOs and the door `wishbone`; the queue of steps and the counters alone; with
inputs that the solver chooses, resets at any time, for any number of clocks.""",
    host_tasks,
    lambda: system_verilog() + queue_verilog() + counters_verilog(),
    limit_s=900.0,
)

if __name__ == "__main__":
    raise SystemExit(HOST.main())
