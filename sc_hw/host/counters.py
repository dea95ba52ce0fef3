# amaranth: UnusedElaboratable=no
"""Counters and constants of the register map, in one block RAM."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.host.registers import WORD_BYTES, RegisterMap
from sc_hw.wires import gated

CONSTANTS = (
    *("MAGIC", "PROTOCOL", "BUILD_ID_LOW", "BUILD_ID_HIGH"),
    *("DESIGN_HASH_LOW", "DESIGN_HASH_HIGH"),
)
COUNTERS = ("STEPS_TAKEN", "STEPS_DONE", "SPIKES", "CLOCKS_LOW", "CLOCKS_HIGH")
# Behind CLOCKS_HIGH, which keeps what it was when CLOCKS_LOW was read, stands what is counted.
_COUNTED_HIGH = "COUNTED_HIGH"
_LEAST_WRITTEN_BIT = 3  # words below 8 are constants
_OTHER = 3  # between the words of a copy, as an exclusive or
# An access of a word, whether to read it or to add what has been counted meanwhile, takes as long.
JOB_CLOCKS = 8
# All words in turn, each behind a longest read, and the reset before: what is counted meanwhile
# must not overflow. A step takes 4 clocks or more.
_EVENT_BITS, _STEP_BITS = 8, 6


class Counters(wiring.Component):
    """Words of 32 bits that are counted up, and constants, byte by byte in block RAM.

    What is to be counted goes into short counters, which are added to their words in turn, a byte a
    clock: 32-bit counters would take a logic cell for each bit, and as many to be read. A read adds
    what has been counted until then, too, and gives the sum. Domain ``sync``.

    Reset
    -----
    The words are written with 0, which takes 48 clocks; reads wait meanwhile.

    Parameters
    ----------
    registers : the map.
    settles : STEPS_DONE is what STEPS_TAKEN was when `settled` was last high; else `finished` are
        counted.

    Members
    -------
    word : address of a register.
    ask : it is to be read; hold both until `done`.
    byte, shift : bytes of the word, low first, each valid with `shift`.
    done : one clock: all bytes have come.
    begins, finished, spike : are counted.
    settled : no step is under way.
    """

    def __init__(self, registers: RegisterMap, *, settles: bool) -> None:
        self.registers, self.settles = registers, settles
        self.words = {name: registers[name].word for name in COUNTERS}
        self.words[_COUNTED_HIGH] = self.words["CLOCKS_HIGH"] ^ _OTHER
        super().__init__(
            {
                "word": In(max(self.words.values()).bit_length()),
                "ask": In(1),
                "byte": Out(8),
                "shift": Out(1),
                "done": Out(1),
                "begins": In(1),
                "finished": In(1),
                "spike": In(1),
                "settled": In(1),
            }
        )

        self.memory = memory.Memory(
            shape=8,
            depth=WORD_BYTES << len(self.word),
            init=[
                (registers[name].reset or 0) >> 8 * number & 0xFF
                for name in CONSTANTS
                for number in range(WORD_BYTES)
            ],
            attrs={"no_rw_check": 1, "ram_style": "block"},
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        phase = Signal(range(JOB_CLOCKS), init=JOB_CLOCKS - 1)
        word = Signal(len(self.word))  # that is worked on
        copy, copies = Signal(), Signal()  # what is read is the other word of two
        reads, keeps = Signal(name="reads"), Signal()  # for `ask`; and then CLOCKS_HIGH is kept
        wipes = Signal(init=1)
        first, last = Signal(), Signal()
        here = {name: Signal(name=f"in_{name.lower()}") for name in self.words}
        m.d.comb += [
            *(here[name].eq(word == number) for name, number in self.words.items()),
            first.eq(phase == 0),
            last.eq(phase == JOB_CLOCKS - 1),
            copy.eq(copies),
            self.shift.eq((phase[2] ^ phase[1]) & reads),  # 2 to 5
            self.done.eq((phase == JOB_CLOCKS - 2) & (keeps | (reads & ~here["CLOCKS_LOW"]))),
        ]
        if self.settles:
            m.d.comb += copy.eq(copies | (first & here["STEPS_DONE"] & self.settled))
        m.d.sync += [phase.eq(phase + 1), copies.eq(copy)]
        scan = Signal(len(self.word), init=min(self.words.values()))
        with m.If(last):
            m.d.sync += [word.eq(scan), reads.eq(0), keeps.eq(0), copies.eq(0)]
            with m.If(reads & here["CLOCKS_LOW"]):
                m.d.sync += [word.eq(self.words["CLOCKS_HIGH"]), keeps.eq(1), copies.eq(1)]
            with m.Elif(self.ask & ~wipes):
                m.d.sync += [word.eq(self.word), reads.eq(1)]
            with m.Elif(scan == max(self.words.values())):
                m.d.sync += scan.eq(min(self.words.values()))
            with m.Else():
                m.d.sync += scan.eq(scan + 1)
            with m.If(here[_COUNTED_HIGH]):
                m.d.sync += wipes.eq(0)
        self._add(m, phase, word, copy, wipes, self._count(m, here, first & ~wipes, copy))
        return m

    def _count(self, m: Module, here: dict[str, Signal], take: Value, copy: Value) -> Value:
        """The short counters; what is to be added to the word that is read."""
        high = Signal()  # a carry into the upper half of the clocks
        amounts = [gated(high, by=here[_COUNTED_HIGH] | (here["CLOCKS_HIGH"] & copy))]
        self._carried = high
        with m.If(take & here[_COUNTED_HIGH]):
            m.d.sync += high.eq(0)
        events = [
            ("CLOCKS_LOW", C(1), _EVENT_BITS),
            ("SPIKES", self.spike, _EVENT_BITS),
            ("STEPS_TAKEN", self.begins, _STEP_BITS),
        ]
        if not self.settles:
            events.append(("STEPS_DONE", self.finished, _STEP_BITS))
        for name, event, bits in events:
            short = Signal(bits, name=f"counted_{name.lower()}")
            with m.If(take & here[name]):
                m.d.sync += short.eq(event)
            with m.Else():
                m.d.sync += short.eq(short + event)
            is_read = here[name]
            if name == "STEPS_TAKEN":
                is_read = is_read | (here["STEPS_DONE"] & copy)
            amounts.append(gated(short, by=is_read))
        amount = amounts[0]
        for each in amounts[1:]:
            amount = amount | each
        return amount

    def _add(
        self, m: Module, phase: Signal, word: Signal, copy: Value, wipes: Value, amount: Value
    ) -> None:
        """A byte is read in its phase, added to in the next, written in the next but one."""
        m.submodules.words = words = self.memory
        read, write = words.read_port(), words.write_port()
        addend, total, carry = Signal(8), Signal(8), Signal()
        first = ~phase.any()
        m.d.comb += [
            read.en.eq(1),
            read.addr.eq(Cat(phase[:2], word ^ Mux(copy, _OTHER, 0))),
            write.en.eq((phase[2] ^ phase[1]) & word[_LEAST_WRITTEN_BIT:].any()),
            write.addr.eq(Cat(phase[:2] ^ 2, word)),
            write.data.eq(total),
            self.byte.eq(total),
        ]
        m.d.sync += [
            addend.eq(Mux(first, amount, 0)),
            Cat(total, carry).eq(read.data + addend + carry),
        ]
        with m.If(first):
            m.d.sync += carry.eq(0)
        with m.If(wipes):
            m.d.sync += [total.eq(0), carry.eq(0)]
        is_low = word == self.words["CLOCKS_LOW"]
        with m.If((phase == WORD_BYTES + 1) & is_low & carry):
            m.d.sync += self._carried.eq(1)
