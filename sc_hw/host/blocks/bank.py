# amaranth: UnusedElaboratable=no
"""A bank behind the registers: a step is a sweep over all synapses, its packet the sweep's end."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, Value

from sc_hw.build.blocks.ports import leaf_fields
from sc_hw.host.block_registers import BlockRegisters
from sc_hw.host.blocks.host_block import HostBlock
from sc_hw.host.packets import OutputPacket, StepPacket, Window
from sc_hw.host.registers import WORD_BITS
from sc_hw.parts.space import Space

IN_FLIGHT = 3  # sweeps: one is fed while the one before it leaves the pipeline


class HostBank(HostBlock):
    """A bank."""

    name = "bank"
    kind = 2

    def describe(self) -> None:
        """A step carries the rule's inputs of every synapse."""
        bank = self.block.component
        fields = tuple(leaf_fields(bank.input_layout))
        self.step = StepPacket(bank.synapses, bank.input_layout.size, fields)
        self.output = OutputPacket(0)
        address = leaf_fields(bank.load_layout)[0]
        spaces = [
            {
                "name": "synapse",
                "code": Space.SYNAPSE.value,
                "words": bank.synapses,
                "fields": leaf_fields(bank.state_layout),
            }
        ]
        window = Window("bank", ({**address, "name": "word"},), bank.state_layout.size, spaces)
        self.own = BlockRegisters.of(bank.rule, bank.params, bank)
        self.windows = (window, *([self.own.window] if self.own is not None else []))

    def connect(self, m: Module, pins: Any) -> None:
        """A sweep has ended when its last synapse has been written."""
        self.count_in_flight(m, IN_FLIGHT)
        ended = Signal()
        waiting = Signal()  # for room, which has been reserved: the next sweep ends later than that
        number = Signal(WORD_BITS, init=1)
        m.d.sync += ended.eq(
            pins.updated & (pins.updated_address == self.block.component.synapses - 1)
        )
        m.d.comb += [
            Value.cast(pins.i.payload).eq(self.transfer.payload),
            pins.i.valid.eq(self.transfer.valid),
            self.transfer.ready.eq(pins.i.ready),
            self.packet.payload.eq(number),
            self.packet.valid.eq(waiting),
            self.finished.eq(self.packet.valid & self.packet.ready),
        ]
        with m.If(self.finished):
            m.d.sync += number.eq(number + 1)
        m.d.sync += waiting.eq(ended | (waiting & ~self.packet.ready))
        self.connect_windows(m, pins, self.own)
        if self.own is not None:
            for name, _ in self.own.layout:
                m.d.comb += getattr(pins, name).eq(self.own.settings[name])


HOST_BLOCK = HostBank
