# amaranth: UnusedElaboratable=no
"""The registers with a free block, and beside them a model of what the bus was told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Assume, C, Cat, Module, Mux, Signal, Value

from sc_hw.host.blocks import HostBlock
from sc_hw.host.host_registers import PORT_BITS, HostRegisters, bits_of_part
from sc_hw.host.packets import Window
from sc_hw.host.registers import WORD_BITS, RegisterMap
from sc_hw.proof.blocks.host.harness import Harness
from sc_hw.proof.blocks.host.subjects import TOP, Subject, free_block, subject_verilog


@dataclass
class Port:
    """A host port of the block, as the harness sees it.

    Members
    -------
    window : its addresses and words.
    loads, reads, answers : an access is handed over, a word is answered, in this clock.
    load, read : payloads of those.
    answer : the word.
    ranges : bits of the word that a load hands over; the others have no place to go.
    """

    window: Window
    loads: Value
    load: Value
    reads: Value
    read: Value
    answers: Value
    answer: Value
    ranges: Sequence[tuple[int, int]]


class WindowHarness(Harness):
    """The registers with a free block, and an initiator that holds its requests.

    Beside them runs a model of what the bus was told: `port`, `place` and `part` of the window, and
    the words of its parts, each with a flag that it has been written or read since the last access
    that was refused. The model looks at the bus and at the block's ports alone.

    Parameters
    ----------
    subject : what the claims are about.
    """

    top = TOP

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        registers = subject.registers()
        self.host_block: HostBlock = registers.host_block
        self.map: RegisterMap = registers.registers
        super().__init__()

    def component(self) -> HostRegisters:
        """The registers."""
        return self.subject.registers()

    def verilog(self) -> str:
        """Their Verilog, without the block."""
        return subject_verilog(self.subject)

    def models(self) -> list[str]:
        """The free block."""
        return [free_block(self.host_block.block)]

    # --- the bus ----------------------------------------------------------------------------------

    @property
    def access(self) -> Value:
        """An access is asked for."""
        return self["bus__cyc"] & self["bus__stb"]

    @property
    def ended(self) -> Value:
        """It is answered in this clock."""
        return self["bus__ack"] | self["bus__err"]

    def request(self, register: str) -> Value:
        """The access that is asked for is of this register."""
        return self.access & (self["bus__adr"] == self.map[register].word)

    def hold(self, m: Module) -> Signal:
        """An initiator keeps its request until it is answered; whether it has waited a clock."""
        request = Cat(self["bus__adr"], self["bus__dat_w"], self["bus__we"])
        waited = self.past(m, self.access & ~self.ended & ~self.rst, "waited")
        before = self.past(m, request, "request_before")
        m.d.comb += Assume(~waited | (self.access & (request == before)))
        return waited

    def has(self, name: str) -> bool:
        """The registers have one of that name: those that nobody reads are left out."""
        return re.search(rf"^  reg (\[.*\] )?{name} ", self.verilog(), re.M) is not None

    # --- the block's ports ------------------------------------------------------------------------

    def ports(self) -> list[Port]:
        """The block's host ports."""
        block = self.host_block
        if block.name == "lane":
            return [self._lane_port(block)]
        tails = [""] if len(block.windows) == 1 and block.name in ("bank", "layer") else None
        names = tails or [f"_{window.name}" for window in block.windows]
        return [self._port(window, tail) for window, tail in zip(block.windows, names, strict=True)]

    def pin(self, name: str, bits: int = 1) -> Signal:
        """A port of the free block."""
        return self.watch(f"path.block.block.{name}", bits)

    def _port(self, window: Window, tail: str) -> Port:
        """A port of three streams."""
        address, word = window.address_bits, window.data_bits

        def moves(name: str) -> Value:
            return self.pin(f"{name}{tail}__valid") & self.pin(f"{name}{tail}__ready")

        return Port(
            window,
            moves("load"),
            self.pin(f"load{tail}__payload", address + word),
            moves("read"),
            self.pin(f"read{tail}__payload", address),
            moves("readback"),
            self.pin(f"readback{tail}__payload", word),
            [(0, word)],
        )

    def _lane_port(self, block: Any) -> Port:
        """A lane's: fields are loaded by a strobe, and are outputs all the time."""
        loadable = {f.name for f in block.block.component.rule.state if f.loadable}
        parts, ranges, fields, offset = [], [], [], 0
        for name, _ in block.state_layout:
            bits = block.state_layout[name].width
            fields.append(self.pin(name, bits))
            if name in loadable:
                ranges.append((offset, bits))
                parts.append(self.pin(f"load_{name}", bits))
            else:
                parts.append(C(0, bits))
            offset += bits
        reads = self.watch("path.block.read") & ~self.watch("path.block.done")
        return Port(
            block.windows[0],
            self.pin("load"),
            Cat(parts),
            reads,
            C(0, 0),
            reads,
            Cat(fields),
            ranges,
        )

    # --- the model --------------------------------------------------------------------------------

    def per_port(self, port: Value, values: Sequence[int], bits: int) -> Value:
        """A constant of the selected port; that of the first one where there is no such port."""
        value: Value = C(values[0], bits)
        for number, other in enumerate(values[1:], 1):
            value = Mux(port == number, C(other, bits), value)
        return value

    def follow_bus(self, m: Module) -> BusModel:
        """Add the model's registers."""
        windows = self.host_block.windows
        model = BusModel(max(w.accesses for w in windows), self.host_block.data_bits)
        ack, we, data = self["bus__ack"], self["bus__we"], self["bus__dat_w"]
        m.d.comb += [
            model.exists.eq(model.port < len(windows)),
            model.last.eq(self.per_port(model.port, [w.accesses - 1 for w in windows], 8)),
            model.ends.eq(model.part == model.last),
            *(model.next[name].eq(now) for name, now in model.now.items()),
        ]
        step = self.per_port(model.port, [1 << w.word_offset for w in windows], WORD_BITS)
        after, top = model.next, max(w.address_bits for w in windows)
        with m.If(ack & self.request("WINDOW_DATA")):
            m.d.comb += after["part"].eq(Mux(model.ends, 0, model.part + 1))
            with m.If(model.ends):
                # Bits above the address do not count.
                m.d.comb += after["place"][:top].eq(model.place[:top] + step)
            for number in range(model.parts):
                with m.If(we & (model.part == number)):
                    m.d.comb += [
                        after[f"word_{number}"].eq(data[: model.bits(number)]),
                        after[f"known_{number}"].eq(1),
                    ]
                with m.If(~we & ~model.part.any()):
                    m.d.comb += [
                        after[f"word_{number}"].eq(model.answered(number)),
                        after[f"known_{number}"].eq(1),
                    ]
        with m.If(self["bus__err"] & self.request("WINDOW_DATA")):
            m.d.comb += after["part"].eq(0)
            m.d.comb += [after[f"known_{number}"].eq(0) for number in range(model.parts)]
        with m.If(ack & we & self.request("WINDOW_PORT")):
            m.d.comb += [after["port"].eq(data), after["part"].eq(0)]
        with m.If(ack & we & self.request("WINDOW_ADDRESS")):
            m.d.comb += [after["place"].eq(data), after["part"].eq(0)]
        m.d.instant += [now.eq(Mux(self.rst, 0, after[n])) for n, now in model.now.items()]
        self._follow_block(m, model)
        return model

    def _follow_block(self, m: Module, model: BusModel) -> None:
        """What has been handed over in the access that is asked for."""
        ports = self.ports()
        for signal, strobe in (
            (model.loaded, Cat(port.loads for port in ports).any()),
            (model.fetched, Cat(port.reads for port in ports).any()),
            (model.heard, Cat(port.answers for port in ports).any()),
        ):
            m.d.instant += signal.eq((signal | strobe) & ~self.ended & ~self.rst)
        for port in ports:
            with m.If(port.answers):
                m.d.instant += model.answer.eq(port.answer)


class BusModel:
    """What the bus was told, and what the block was.

    Parameters
    ----------
    parts : of the longest word.
    data_bits : bits of it.

    Members
    -------
    now, next : the registers by name, and their values behind an answer of the bus in this clock.
    port, place, part : of the window.
    exists : there is such a port.
    last, ends : the last part of its words; the part is that.
    loaded, fetched, heard : in the access that is asked for, a load was handed over, a read was,
        the block has answered.
    answer : its last answer.
    """

    def __init__(self, parts: int, data_bits: int) -> None:
        self.parts = parts
        widths = {"port": PORT_BITS, "place": WORD_BITS, "part": 8}
        self.data_bits = data_bits
        for number in range(parts):
            widths |= {f"word_{number}": self.bits(number), f"known_{number}": 1}
        self.now = {name: Signal(bits, name=f"model_{name}") for name, bits in widths.items()}
        self.next = {name: Signal(bits, name=f"next_{name}") for name, bits in widths.items()}
        self.port, self.place, self.part = (self.now[n] for n in ("port", "place", "part"))
        self.exists, self.ends, self.last = Signal(), Signal(), Signal(8)
        self.loaded, self.fetched, self.heard = (
            Signal(name=name) for name in ("model_loaded", "model_fetched", "model_heard")
        )
        self.answer = Signal(data_bits, name="model_answer")

    def bits(self, number: int) -> int:
        """Bits of a part."""
        return bits_of_part(self.data_bits, number)

    def answered(self, number: int) -> Value:
        """A part of the last answer; 0 above its bits."""
        return self.answer[number * WORD_BITS : (number + 1) * WORD_BITS]

    def words(self) -> Value:
        """The parts behind an answer of the bus in this clock, low one first."""
        return Cat(self.next[f"word_{number}"] for number in range(self.parts))


def pieces_of(ranges: Sequence[tuple[int, int]], part: int) -> list[tuple[int, int]]:
    """Bits of a word, from and to, that lie in a part."""
    low, high = part * WORD_BITS, (part + 1) * WORD_BITS
    pieces = [(max(low, at), min(high, at + bits)) for at, bits in ranges]
    return [(at, end) for at, end in pieces if at < end]
