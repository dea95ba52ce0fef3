# amaranth: UnusedElaboratable=no
"""A bank behind host registers: a step updates all synapses, and its packet says that it has."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, Value

from sc_hw.build.blocks.ports import leaf_fields
from sc_hw.host.block_registers import BlockRegisters
from sc_hw.host.blocks.host_block import HostBlock
from sc_hw.host.packets import OutputPacket, StepPacket, Window
from sc_hw.host.registers import WORD_BITS
from sc_hw.parts.space import Space

# Sweeps that have begun and whose packets have not left, at most: one is fed, the one before it is
# in the pipeline, and the end of a third is in the registers on its way to its packet.
IN_FLIGHT = 3


class HostBank(HostBlock):
    """A bank of synapses behind the registers of a host; see `HostBlock`.

    A packet is one word, the number of the step, which counts from 1 and wraps.
    """

    name = "bank"
    kind = 2

    def describe(self) -> None:
        """A step carries the rule's inputs for every synapse, in order of address."""
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
        """Feed the sweeps, and send a packet when the last synapse of a sweep has been written."""
        self.count_in_flight(m, IN_FLIGHT)
        ended = Signal()
        # A sweep's packet waits to be taken. One bit is enough: room for the packet was reserved
        # when the sweep began, so it is taken before the next sweep ends.
        waiting = Signal()
        number = Signal(WORD_BITS, init=1)  # of the step that the next packet belongs to
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
