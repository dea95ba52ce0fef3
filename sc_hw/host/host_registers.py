# amaranth: UnusedElaboratable=no
"""The registers of a block as a target of the bus."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, ResetInserter, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.host import wishbone
from sc_hw.host.blocks import HostBlock
from sc_hw.host.counters import CONSTANTS, COUNTERS, Counters
from sc_hw.host.doors.door import OUTPUT_WORD
from sc_hw.host.packets import OutputPacket, StepPacket
from sc_hw.host.register_map import ADDRESS_BITS, BLOCK_ERRORS, ERRORS
from sc_hw.host.registers import WORD_BITS, RegisterMap
from sc_hw.host.step_path import StepPath
from sc_hw.wires import choose, gated
from sc_model.spec.host import HostSpec

RESET_CLOCKS = 4  # of the block's reset: one is enough for it, and each of a network's clocks
ACTIVITY = data.StructLayout({"spike": 1, "error": 1})
LEAST_WORDS = 256  # of a FIFO: what two block RAMs of an iCE40 hold
MOST_WORDS_OF_A_STEP = 4096  # a longer step goes through the FIFO as it comes
PACKETS = 4  # that the output FIFO holds
PORT_BITS = 8  # of WINDOW_PORT: a network has 64 layers at most, and a plastic one
RESET_BIT, CLEAR_BIT, STREAM_BIT = 1, 2, 3  # of CONTROL


def step_fifo_words(spec: HostSpec, packet: StepPacket) -> int:
    """Words that the step FIFO holds at least: a whole step, unless that is very long."""
    whole = packet.words if packet.words <= MOST_WORDS_OF_A_STEP else 0
    return max(spec.step_words or LEAST_WORDS, whole)


def output_fifo_words(spec: HostSpec, packet: OutputPacket) -> int:
    """Words that the output FIFO holds at least."""
    return max(spec.output_words or max(LEAST_WORDS, PACKETS * packet.words), packet.words)


def bits_of_part(data_bits: int, part: int) -> int:
    """Bits of a part of the window's word; the last one may have fewer than 32."""
    return min(WORD_BITS, data_bits - WORD_BITS * part)


class HostRegisters(wiring.Component):
    """The register map of `sc_hw.host.register_map` in front of a block.

    An access of a plain register takes five clocks, a read of a constant or a counter up to 30, and
    50 more behind a reset. One of WINDOW_DATA waits until the steps under way are done; a write of
    CONTROL waits until the reset or the clearing is done. All accesses end. The map's constants,
    widths and offsets come from `registers`. Domain ``sync``.

    Parameters
    ----------
    host_block : the block with its connections.
    registers : the map.
    spec : sizes of the FIFOs.
    streams : whether there are the streams `steps` and `outputs`.

    Members
    -------
    bus : the target.
    steps : words of steps; a write of STEP_DATA goes first.
    outputs : words of packets, `last` with the last word of each.
    packet_error : with streams: a step packet had a wrong length.
    interrupt : an enabled cause is there.
    activity : for lights: a spike; an error stands in ERRORS.
    """

    def __init__(
        self,
        host_block: HostBlock,
        registers: RegisterMap,
        spec: HostSpec,
        *,
        streams: bool = False,
    ) -> None:
        self.host_block, self.registers, self.streams = host_block, registers, streams
        self.path = StepPath(
            host_block,
            step_fifo_words(spec, host_block.step),
            output_fifo_words(spec, host_block.output),
        )
        doors = {
            "steps": In(stream.Signature(WORD_BITS)),
            "outputs": Out(stream.Signature(OUTPUT_WORD)),
            "packet_error": In(1),
        }
        super().__init__(
            {
                "bus": In(wishbone.Signature(ADDRESS_BITS)),
                "interrupt": Out(1),
                "activity": Out(ACTIVITY),
                **(doors if streams else {}),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        state = _State(self)
        m.submodules.path = ResetInserter(state.reset)(self.path)
        self._take_request(m, state)
        self._connect_path(m, state)
        self._keep(m, state)
        self._count(m, state)
        self._window(m, state)
        self._answer(m, state)
        return m

    # --- the bus ----------------------------------------------------------------------------------

    def _take_request(self, m: Module, state: _State) -> None:
        """Registers between bus and decoder, and behind the decoder."""
        bus, top = self.bus, len(state.address)
        with m.If(state.resting):
            m.d.sync += [
                state.address.eq(bus.adr[:top]),
                state.beyond.eq(bus.adr[top:].any()),
                state.write.eq(bus.we),
                state.word.eq(bus.dat_w),
            ]
        here = {r.name: state.address == r.word for r in self.registers}
        m.d.sync += [state.at[name].eq(matches) for name, matches in here.items()]
        known = {
            barred: Cat(here[r.name] for r in self.registers if r.access != barred).any()
            for barred in ("ro", "wo")
        }
        m.d.sync += state.known.eq(Mux(state.write, known["ro"], known["wo"]) & ~state.beyond)

    def _answer(self, m: Module, state: _State) -> None:
        """The course of an access."""
        bus, at = self.bus, state.at
        ack, err = Signal(), Signal()
        data_q = Signal(WORD_BITS)
        good, bad = Signal(), Signal()  # the access ends in this clock
        m.d.comb += [bus.ack.eq(ack), bus.err.eq(err), bus.dat_r.eq(data_q)]
        m.d.sync += [ack.eq(good), err.eq(bad)]
        source = self._source(m, state)
        small = self._small(state)
        # Bytes of a counter are shifted in; what was there before is 0.
        shifted = Cat(data_q[8:], gated(state.counted, by=state.shift)) | small
        sources = [shifted, self.path.outputs.payload, state.place, state.window_word]
        # An If that gives 0 becomes the synchronous reset of the flip-flops, which costs no LUT.
        with m.If(bad | state.errors["output_empty"] | state.resting):
            m.d.sync += data_q.eq(0)
        with m.Elif((good & ~state.asks) | state.shift):
            m.d.sync += data_q.eq(choose(source, sources))
        with m.FSM(name="access"):
            with m.State("rest"):
                m.d.comb += state.resting.eq(1)
                with m.If(bus.cyc & bus.stb & ~ack & ~err):
                    m.next = "decode"
            with m.State("decode"):
                m.next = "begin"
            with m.State("begin"):
                with m.If(~state.known):
                    m.d.comb += [bad.eq(1), state.errors["bad_address"].eq(1)]
                    m.next = "rest"
                with m.Elif(at["WINDOW_DATA"]):
                    m.d.comb += state.window_begins.eq(1)
                    m.next = "window"
                with m.Elif(state.in_counters):
                    m.next = "count"
                with m.Else():
                    m.d.sync += state.now.eq(1)
                    m.next = "plain"
            # A state of its own: what an access does has a whole clock behind the decision.
            with m.State("plain"):
                m.d.sync += state.now.eq(0)
                with m.If(at["CONTROL"] & state.write & state.word[RESET_BIT]):
                    m.d.sync += state.reset.eq(1)
                    m.next = "reset"
                with m.Elif(at["CONTROL"] & state.write & state.word[CLEAR_BIT]):
                    m.next = "drain"
                with m.Else():
                    m.d.comb += good.eq(1)
                    m.next = "rest"
            with m.State("window"):
                with m.If(state.window_ends):
                    m.d.comb += good.eq(1)
                    m.next = "rest"
                with m.If(state.errors["window_busy"]):
                    m.d.comb += bad.eq(1)
                    m.next = "rest"
            with m.State("reset"):
                m.d.sync += state.reset_clocks.eq(state.reset_clocks - 1)
                with m.If(~state.reset_clocks.any()):
                    m.d.comb += good.eq(1)
                    m.d.sync += state.reset.eq(0)
                    m.next = "rest"
            with m.State("drain"):
                self._drain(m, state, bad)
            with m.State("clear"):
                m.d.comb += [state.empties.eq(1), state.drains.eq(1), good.eq(1)]
                m.next = "rest"
            with m.State("count"):
                m.d.comb += state.asks.eq(1)
                with m.If(state.counted_all):
                    m.d.comb += good.eq(1)
                    m.next = "rest"

    def _drain(self, m: Module, state: _State, bad: Signal) -> None:
        """Wait until the steps under way are done; one whose words have not come never is."""
        drained = Signal(2)  # a step may have begun in the clock before
        m.d.comb += state.drains.eq(1)
        m.d.sync += drained.eq(0)
        with m.If(self.path.stuck):
            m.d.comb += [bad.eq(1), state.errors["window_busy"].eq(1)]
            m.next = "rest"
        with m.Elif(drained.all() & self.path.resting):
            m.next = "clear"
        with m.Else():
            m.d.sync += drained.eq(Cat(1, drained[0]))

    # --- what the registers hold ------------------------------------------------------------------

    def _connect_path(self, m: Module, state: _State) -> None:
        """Words of steps and outputs, by the bus or by the streams."""
        path, stop = self.path, state.reset | state.drains
        push, pop = Signal(), Signal()
        m.d.comb += [
            push.eq(state.now & state.at["STEP_DATA"]),
            pop.eq(state.now & state.at["OUTPUT_DATA"]),
            path.steps.payload.eq(state.word),
            path.steps.valid.eq(push),
            path.outputs.ready.eq(pop),
            path.clear.eq(state.reset),
            path.empty.eq(state.empties),
            path.halt.eq(state.halt | state.drains),
            path.discard.eq(state.drains),
            state.errors["step_overflow"].eq(push & ~path.steps.ready),
            state.errors["output_empty"].eq(pop & ~path.outputs.valid),
        ]
        if not self.streams:
            return
        with m.If(~push):
            m.d.comb += [
                path.steps.payload.eq(self.steps.payload),
                path.steps.valid.eq(self.steps.valid & ~stop),
            ]
        # A register, so that a word that has been offered stays when the bus takes the next one.
        word = Signal(OUTPUT_WORD, reset_less=True)
        full, free = Signal(), Signal()
        m.d.comb += [
            state.errors["packet"].eq(self.packet_error),
            self.steps.ready.eq(path.steps.ready & ~push & ~stop),
            self.outputs.valid.eq(full),
            self.outputs.payload.eq(word),
            free.eq((~full | self.outputs.ready) & state.stream & ~stop),
        ]
        with m.If(free):
            m.d.comb += path.outputs.ready.eq(1)
            m.d.sync += [word.word.eq(path.outputs.payload), word.last.eq(path.last)]
        m.d.sync += full.eq((full & ~self.outputs.ready) | (free & path.outputs.valid))

    def _keep(self, m: Module, state: _State) -> None:
        """CONTROL, ERRORS, interrupts, and the levels, each behind a register."""
        path, at, word = self.path, state.at, state.word
        packet, depth = self.host_block.step, path.step_queue.depth
        writes = state.now & state.write
        with m.If(writes & at["CONTROL"]):
            m.d.sync += [state.halt.eq(word[0]), state.stream.eq(word[STREAM_BIT])]
        with m.If(writes & at["INTERRUPT_ENABLE"]):
            m.d.sync += state.enable.eq(word[: len(state.enable)])
        raised = Cat(Cat(state.errors.values()), Signal(BLOCK_ERRORS - len(ERRORS)), path.error)
        cleared = gated(word, by=writes & at["ERRORS"])
        errors = state.sticky & ~cleared[: len(state.sticky)]
        m.d.sync += [
            state.sticky.eq(gated(errors | raised[: len(state.sticky)], by=~state.reset)),
            state.room.eq(depth - path.step_level),
            state.level.eq(path.output_level),
            state.cause.eq(
                Cat(
                    state.level >= self.host_block.output.words,
                    state.room >= packet.words,
                    state.sticky.any(),
                )
            ),
            self.interrupt.eq((state.cause & state.enable).any()),
        ]
        m.d.comb += [self.activity.spike.eq(path.spike), self.activity.error.eq(state.cause[2])]

    def _count(self, m: Module, state: _State) -> None:
        """Constants and counters."""
        path = self.path
        counters = Counters(self.registers, settles=self.host_block.settles)
        m.submodules.counters = ResetInserter(state.reset)(counters)
        m.d.comb += [
            counters.word.eq(state.address),
            counters.ask.eq(state.asks),
            counters.begins.eq(path.begins),
            counters.finished.eq(path.finished),
            counters.spike.eq(path.spike),
            counters.settled.eq(path.settled),
            state.counted.eq(counters.byte),
            state.shift.eq(counters.shift),
            state.counted_all.eq(counters.done),
        ]
        here = [state.address == self.registers[name].word for name in (*CONSTANTS, *COUNTERS)]
        m.d.sync += state.in_counters.eq(Cat(here).any())

    def _source(self, m: Module, state: _State) -> Value:
        """Which of the wide registers is read; 0: one of the others."""
        source = Signal(2)
        wide = ("OUTPUT_DATA", "WINDOW_ADDRESS", "WINDOW_DATA")
        here = [state.address == self.registers[name].word for name in wide]
        m.d.sync += source.eq(Cat(here[0] | here[2], here[1] | here[2]))
        return source

    def _small(self, state: _State) -> Value:
        """What the other registers read as."""
        path = self.path
        values: Mapping[str, Value] = {
            "CONTROL": Cat(state.halt, C(0, STREAM_BIT - 1), state.stream if self.streams else 0),
            "STATUS": Cat(path.idle, path.resting & state.halt, path.outputs.valid, self.interrupt),
            "STEP_ROOM": state.room,
            "OUTPUT_LEVEL": state.level,
            "ERRORS": state.sticky,
            "INTERRUPT_ENABLE": state.enable,
            "INTERRUPT_CAUSE": state.cause,
            "WINDOW_PORT": state.port,
            **{name.upper(): getattr(path, f"counter_{name}") for name in self.host_block.counters},
        }
        parts = [gated(value, by=state.at[name]) for name, value in values.items()]
        return reduce(or_, parts)

    # --- the window -------------------------------------------------------------------------------

    def _window(self, m: Module, state: _State) -> None:
        """A word of the block's memory in parts of 32 bits; its address counts up by itself."""
        path, windows = self.path, self.host_block.windows
        most = max(window.accesses for window in windows)
        parts = [
            Signal(bits_of_part(len(path.data), k), name=f"part_{k}", reset_less=True)
            for k in range(most)
        ]
        part = Signal(range(max(2, most)))
        last, known = Signal(name="is_last"), Signal(name="is_port")
        writes = state.now & state.write
        m.d.comb += [
            state.window_word.eq(choose(part, parts)),
            path.port.eq(state.port),
            path.address.eq(state.place),
            path.data.eq(Cat(parts)[: len(path.data)]),
        ]
        m.d.sync += [
            last.eq(part == choose(state.port, [C(w.accesses - 1, len(part)) for w in windows])),
            known.eq(state.port < len(windows)),
        ]
        with m.If(writes & state.at["WINDOW_PORT"]):
            m.d.sync += [state.port.eq(state.word[: len(state.port)]), part.eq(0)]
        with m.If(writes & state.at["WINDOW_ADDRESS"]):
            m.d.sync += part.eq(0)
        counts = Signal()
        self._place(m, state, writes & state.at["WINDOW_ADDRESS"], counts)
        with m.FSM(name="window"):
            with m.State("rest"):
                with m.If(state.window_begins & ~known):
                    m.next = "refuse"
                with m.Elif(state.window_begins & state.write):
                    for number, register in enumerate(parts):
                        with m.If(part == number):
                            m.d.sync += register.eq(state.word)
                    with m.If(last):
                        m.next = "load"
                    with m.Else():
                        m.next = "end"
                with m.Elif(state.window_begins):
                    with m.If(part.any()):
                        m.next = "end"
                    with m.Else():
                        m.next = "read"
            for name, access in (("load", path.load), ("read", path.read)):
                with m.State(name):
                    m.d.comb += access.eq(1)
                    with m.If(path.stuck | (path.done & path.failed)):
                        m.next = "refuse"
                    with m.Elif(path.done):
                        m.next = "end"
                        if name == "read":
                            m.d.sync += Cat(parts).eq(path.answer)
            with m.State("end"):
                m.d.comb += [state.window_ends.eq(1), counts.eq(last)]
                m.d.sync += part.eq(gated(part + 1, by=~last))
                m.next = "rest"
            with m.State("refuse"):
                m.d.comb += state.errors["window_busy"].eq(1)
                m.d.sync += part.eq(0)
                m.next = "rest"

    def _place(self, m: Module, state: _State, loads: Value, counts: Value) -> None:
        """WINDOW_ADDRESS: it is written, or its part `word` counts up."""
        windows, place, word = self.host_block.windows, state.place, state.word
        low = min(window.word_offset for window in windows)
        top = max(low, *(window.address_bits for window in windows), 0)
        steps = [C(1 << window.word_offset - low, WORD_BITS) for window in windows]
        # Bits that do not count need no more than their flip-flops.
        with m.If(loads):
            m.d.sync += [place[:low].eq(word[:low]), place[top:].eq(word[top:])]
        with m.If(loads | counts):
            if top > low:  # a lane's window has one word
                # See `sc_hw.wires.count_or_load`.
                addend = choose(state.port, steps) | loads.replicate(top - low)
                following = (place[low:top] + addend)[: top - low]
                m.d.sync += place[low:top].eq(Mux(loads, word[low:top], following))


class _State:
    """Signals that the parts of the registers share.

    Members
    -------
    resting : no access is under way; the next request is taken.
    address, beyond, write, word : of the request; `beyond` is that its address is above all others.
    at : by name, the request is for that register.
    known : there is such a register, and it can be accessed so.
    now : a plain access happens in this clock. It and `reset` are registers beside the state's,
        for much hangs on them.
    in_counters, asks, counted_all : the register is in `counters`; it is asked for, and has come.
    counted, shift : its bytes.
    reset, reset_clocks : the block is reset for so many more clocks.
    drains, empties : FIFOs are being cleared.
    halt, stream, enable, sticky, cause, room, level : what registers hold.
    errors : strobes by the name of the error.
    window_begins, window_ends : of an access of WINDOW_DATA.
    port, place : WINDOW_PORT and WINDOW_ADDRESS.
    window_word : what WINDOW_DATA reads.
    """

    def __init__(self, owner: HostRegisters) -> None:
        block, registers = owner.host_block, owner.registers
        self.resting = Signal()
        self.address = Signal(registers.address_bits)
        self.beyond = Signal()
        self.write = Signal()
        self.word = Signal(WORD_BITS)
        self.at = {
            register.name: Signal(name=f"at_{register.name.lower()}") for register in registers
        }
        self.known = Signal()
        self.now = Signal()
        self.reset = Signal()
        self.reset_clocks = Signal(range(RESET_CLOCKS), init=RESET_CLOCKS - 1)
        self.drains = Signal()
        self.empties = Signal()
        self.halt = Signal()
        self.stream = Signal(init=owner.streams)
        self.enable = Signal(len(registers["INTERRUPT_ENABLE"].fields))
        self.sticky = Signal(BLOCK_ERRORS + len(block.errors))
        self.cause = Signal(len(registers["INTERRUPT_CAUSE"].fields))
        self.room = Signal(range(owner.path.step_queue.depth + 1))
        self.level = Signal(range(owner.path.output_queue.depth + 1))
        self.errors = {name: Signal(name=f"error_{name}") for name in ERRORS}
        self.in_counters = Signal()
        self.asks = Signal()
        self.counted = Signal(8)
        self.shift = Signal()
        self.counted_all = Signal()
        self.window_begins = Signal()
        self.window_ends = Signal()
        self.port = Signal(PORT_BITS)
        self.place = Signal(WORD_BITS)
        self.window_word = Signal(WORD_BITS)
