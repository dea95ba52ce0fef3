# amaranth: UnusedElaboratable=no
"""A recurrent network behind the registers: a step is a step of a sample, its packet the answer."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module

from sc_hw.host.blocks.host_block import HostBlock
from sc_hw.host.packets import StepPacket, common_fields

COMMON = ("first", "told", "label")  # of a step, in front of its spikes


class HostRecurrentNetwork(HostBlock):
    """A recurrent network that learns; a sample is as many steps as its host sends.

    One step is under way at a time, and its packet leaves when it has been learned from.
    """

    name = "recurrent_network"
    kind = 6

    def describe(self) -> None:
        """A step carries what is told, then the spikes; a packet the class with the largest sum."""
        network = self.block.component
        layout = network.step_layout
        inputs = network.spec.inputs
        self.step = StepPacket(
            1,
            inputs,
            ({"name": "spikes", "offset": 0, "width": inputs, "signed": False},),
            common_fields((name, layout[name].width, False) for name in COMMON),
        )
        self.describe_answers(network.plan.class_bits, network.parts.host)

    def connect(self, m: Module, pins: Any) -> None:
        """Spikes and what is told in, the class out once the step is over."""
        self.count_in_flight(m, 1)
        m.d.comb += [
            # the common part is complete once the transfer has come
            *(pins.i.payload[name].eq(self.common_value(name)) for name in COMMON),
            pins.i.payload.spikes.eq(self.transfer.payload),
            pins.i.valid.eq(self.transfer.valid),
            self.transfer.ready.eq(pins.i.ready),
            pins.o.ready.eq(1),
        ]
        self.answer_at_end(m, pins.o.payload.winner, pins.o.valid & pins.o.ready, pins.done)
        self.connect_window(m, [pins.load], [pins.read], [pins.readback])


HOST_BLOCK = HostRecurrentNetwork
