# amaranth: UnusedElaboratable=no
"""What every block has behind the registers: packets, windows, counters, and its connection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from amaranth.hdl import Cat, ClockSignal, Instance, Module, Mux, ResetSignal, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.build.blocks import Block
from sc_hw.build.blocks.ports import clock_of, leaf_fields, space_rows
from sc_hw.host.block_registers import BlockRegisters
from sc_hw.host.packets import OutputPacket, StepPacket, Window
from sc_hw.host.registers import WORD_BITS
from sc_hw.wires import choose
from sc_model.spec import ConfigError


class HostBlock(wiring.Component, ABC):
    """A block, with the same connections whatever it is.

    The block is an instance of the module of `top.v`. Domain ``sync``, which drives all clocks of
    the block.

    Parameters
    ----------
    block : the design's block.

    Members
    -------
    name : the design's key `block`.
    kind : its code in the register PROTOCOL.
    step, output, windows : see `sc_hw.host.packets`.
    counters, errors : names of the block's own; of errors also their meaning.
    settles : steps are done when the block is still; else one is with each packet.
    begins, common, transfer : a step begins, its common part, and its transfers.
    takes : another step may begin.
    needs_room : the next step reserves room for a packet.
    reserve : room for a packet is reserved in this clock.
    room : there is room for a packet.
    packet : words of output packets.
    finished : the last word of a packet has been handed over.
    spike : a spike has been put into a packet.
    still : nothing is in flight.
    clear : the block is being reset with the rest.
    port, address, data : what the window accesses; held while it does.
    load, read : an access is asked for, while the block is still, until `done`.
    done : the access has been made, and `answer` is the word that was read.
    failed : with `done`: it could not be made.
    error : strobes, one for each of `errors`.
    counter : values, one for each of `counters`.
    """

    name: ClassVar[str]
    kind: ClassVar[int]
    step: StepPacket
    output: OutputPacket
    windows: tuple[Window, ...]
    counters: tuple[str, ...] = ()
    errors: tuple[tuple[str, str], ...] = ()
    settles: ClassVar[bool] = False

    def __init__(self, block: Block) -> None:
        self.block = block
        self.describe()
        for window in self.windows:
            if window.address_bits > WORD_BITS:
                raise ConfigError(
                    f"the host of design '{block.design.name}' needs addresses of {WORD_BITS} bits"
                    f" at most, but port '{window.name}' has {window.address_bits}; make the layer"
                    " smaller."
                )
        self.data_bits = max(window.data_bits for window in self.windows)
        self.port_bits = max(1, (len(self.windows) - 1).bit_length())
        super().__init__(
            {
                "begins": In(1),
                "common": In(max(1, self.step.common_words * WORD_BITS)),
                "transfer": In(stream.Signature(self.step.transfer_bits)),
                "takes": Out(1),
                "needs_room": Out(1),
                "reserve": Out(1),
                "room": In(1),
                "packet": Out(stream.Signature(WORD_BITS)),
                "finished": Out(1),
                "spike": Out(1),
                "still": Out(1),
                "clear": In(1),
                "port": In(self.port_bits),
                "address": In(WORD_BITS),
                "data": In(self.data_bits),
                "load": In(1),
                "read": In(1),
                "done": Out(1),
                "answer": Out(self.data_bits),
                "failed": Out(1),
                "error": Out(max(1, len(self.errors))),
                **{f"counter_{name}": Out(WORD_BITS) for name in self.counters},
            }
        )

    @abstractmethod
    def describe(self) -> None:
        """Set `step`, `output`, `windows`, and what else there is, from `self.block`."""

    @abstractmethod
    def connect(self, m: Module, pins: Any) -> None:
        """Connect the block's pins."""

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        component = self.block.component
        pins: Any = component.signature.create(path=("pin",))
        ports: dict[str, Any] = {}
        for path, member, value in component.signature.flatten(pins):
            direction = "i" if member.flow == In else "o"
            ports[f"{direction}_{'__'.join(map(str, path))}"] = Value.cast(value)
        for role in getattr(component, "domains", ("sync",)):
            names = clock_of(role)
            ports[f"i_{names['clock']}"] = ClockSignal()
            ports[f"i_{names['reset']}"] = ResetSignal() | self.clear
        m.submodules.block = Instance(self.block.top, **ports)
        self.connect(m, pins)
        return m

    # --- what blocks have in common ---------------------------------------------------------------

    def common_value(self, name: str) -> Value:
        """A field of the step's common part, with its sign."""
        (place,) = (each for each in self.step.common if each.name == name)
        value = self.common[place.offset : place.offset + place.bits]
        return value.as_signed() if place.signed else value

    def count_in_flight(self, m: Module, most: int) -> Signal:
        """Steps that have begun and whose packets are not finished; `still` and `takes` by it."""
        flying = Signal(range(most + 1))
        with m.If(self.begins & ~self.finished):
            m.d.sync += flying.eq(flying + 1)
        with m.If(self.finished & ~self.begins):
            m.d.sync += flying.eq(flying - 1)
        m.d.comb += [
            self.takes.eq(flying != most),
            self.still.eq(~flying.any()),
            self.needs_room.eq(1),
            self.reserve.eq(self.begins),
        ]
        return flying

    def describe_answers(self, bits: int, host: Any) -> None:
        """Set `output` and `windows` of a network that answers with a class.

        Parameters
        ----------
        bits : of a class.
        host : the network's host port: payload of a read, bits of a word, spaces and their words.
        """
        self.output = OutputPacket(
            bits, ({"name": "winner", "offset": 0, "width": bits, "signed": False},)
        )
        self.windows = (
            Window(
                self.name,
                tuple(leaf_fields(host.read_layout)),
                host.data_bits,
                space_rows(host.spaces, host.counts),
            ),
        )

    def answer_at_end(self, m: Module, answer: Value, strobe: Value, done: Value) -> None:
        """A packet of two words for each step: its number, and its answer.

        Parameters
        ----------
        answer : of the step.
        strobe : the answer is there in this clock.
        done : all of the step is done; not before the answer. The packet leaves after it.
        """
        number, held = Signal(WORD_BITS, init=1), Signal(len(answer), reset_less=True)
        waiting, second = Signal(name="waiting"), Signal(name="second")
        m.d.comb += [
            self.packet.valid.eq(waiting),
            self.packet.payload.eq(Mux(second, held, number)),
            self.finished.eq(waiting & second & self.packet.ready),
        ]
        with m.If(strobe):
            m.d.sync += held.eq(answer)
        with m.If(done):
            m.d.sync += waiting.eq(1)
        with m.If(waiting & self.packet.ready):
            m.d.sync += second.eq(~second)
        with m.If(self.finished):
            m.d.sync += [waiting.eq(0), number.eq(number + 1)]

    def connect_windows(self, m: Module, pins: Any, own: BlockRegisters | None) -> None:
        """The window of a block's one host port, and behind it that of its own registers."""
        loads, reads, answers = [pins.load], [pins.read], [pins.readback]
        if own is not None:
            m.submodules.registers = own
            own.connect(m, pins)
            loads.append(own.load)
            reads.append(own.read)
            answers.append(own.readback)
        self.connect_window(m, loads, reads, answers)

    def connect_window(
        self,
        m: Module,
        loads: Sequence[Any],
        reads: Sequence[Any],
        answers: Sequence[Any],
        patience: int = 0,
    ) -> None:
        """Make one access at a time over the block's host streams.

        Parameters
        ----------
        loads, reads, answers : streams of each host port. The payload of a load is that of a read,
            and the word above it.
        patience : clocks after which an access that is not taken fails; 0: it is always taken.
        """
        answer = Signal(self.data_bits, reset_less=True)
        listens = Signal()
        here = [self.port == number for number in range(len(self.windows))]
        # Out of a register: a block may stop its inputs while it is asked, which is a long path.
        valid = {kind: Signal(len(self.windows), name=f"{kind}_valid") for kind in ("load", "read")}
        taken = Signal()
        m.d.comb += self.answer.eq(answer)
        for number, (window, load, read, word) in enumerate(
            zip(self.windows, loads, reads, answers, strict=True)
        ):
            bits, data_bits = window.address_bits, window.data_bits
            m.d.comb += [
                _raw(load.payload)[:bits].eq(self.address[:bits]),
                _raw(load.payload)[bits:].eq(self.data[:data_bits]),
                _raw(read.payload).eq(self.address[:bits]),
                load.valid.eq(valid["load"][number]),
                read.valid.eq(valid["read"][number]),
                word.ready.eq(listens & here[number]),
            ]
        ready = {
            kind: Cat(each.ready for each in streams)
            for kind, streams in (("load", loads), ("read", reads))
        }
        # What is done about it has a clock of its own.
        given = Signal(name="given")
        m.d.comb += taken.eq(Cat(valid[kind] & ready[kind] for kind in valid).any())
        m.d.sync += given.eq(taken)
        late = _late(m, Cat(valid.values()).any(), patience)
        with m.FSM(name="window"):
            with m.State("rest"):
                with m.If(self.load):
                    m.d.sync += valid["load"].eq(Cat(here))
                    m.next = "load"
                with m.Elif(self.read):
                    m.d.sync += valid["read"].eq(Cat(here))
                    m.next = "read"
            with m.State("load"):
                with m.If(taken | late):
                    m.d.sync += valid["load"].eq(0)
                with m.If(given):
                    m.next = "done"
                with m.Elif(~valid["load"].any()):
                    m.next = "failed"
            with m.State("read"):
                with m.If(taken | late):
                    m.d.sync += valid["read"].eq(0)
                with m.If(given):
                    m.next = "answer"
                with m.Elif(~valid["read"].any()):
                    m.next = "failed"
            with m.State("answer"):
                m.d.comb += listens.eq(1)
                m.d.sync += answer.eq(choose(self.port, [_raw(each.payload) for each in answers]))
                with m.If(choose(self.port, [each.valid for each in answers])):
                    m.next = "done"
            with m.State("done"):
                m.d.comb += self.done.eq(1)
                m.next = "rest"
            with m.State("failed"):
                m.d.comb += [self.done.eq(1), self.failed.eq(1)]
                m.next = "rest"


def _late(m: Module, asks: Value, patience: int) -> Signal:
    """Whether an access has been asked for `patience` clocks; never with 0."""
    left = Signal(range(patience + 1), init=patience)
    late = Signal()
    if patience:
        m.d.sync += left.eq(Mux(asks, left - 1, patience))
        m.d.comb += late.eq(~left.any())
    return late


def _raw(value: Any) -> Value:
    """The bits of a signal or a view."""
    return Value.cast(value)
