# amaranth: UnusedElaboratable=no
"""A plastic layer behind the registers: rows in, a bit for each neuron out."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Shape, Signal
from amaranth.lib import data

from sc_hw.build.blocks.layer import layer_layout
from sc_hw.build.blocks.ports import leaf_fields
from sc_hw.host.block_registers import BlockRegisters
from sc_hw.host.blocks.host_block import HostBlock
from sc_hw.host.fifo import BlockFIFO, fifo_depth
from sc_hw.host.packets import OutputPacket, StepPacket, Window, common_fields, words_for
from sc_hw.host.registers import WORD_BITS

# Steps whose spikes the FIFO of events holds: a step decides while the next one is swept.
IN_FLIGHT = 2
LEAST_EVENTS = 16  # as block RAM, which costs an iCE40 a third of what registers do
WORD_BIT_BITS = (WORD_BITS - 1).bit_length()  # of the number of a bit in its word


def spike_fields(neurons: int) -> tuple[dict[str, Any], ...]:
    """The fields of an output packet with a bit for each neuron."""
    return ({"name": "spikes", "offset": 0, "width": neurons, "signed": False},)


class HostLayer(HostBlock):
    """A plastic layer."""

    name = "layer"
    kind = 3

    def describe(self) -> None:
        """A step carries modulators and flags, then the rows; a packet the spikes."""
        layer = self.block.component
        self.own = BlockRegisters.of(layer.parts.rule, layer.parts.params, layer)
        settings = {setting.name for setting in layer.parts.rule.settings}
        leaves = [leaf for leaf in leaf_fields(layer.step_layout) if leaf["name"] not in settings]
        self.step = StepPacket(
            layer.place.rows,
            layer.place.chains,
            tuple(leaves[:1]),
            common_fields((leaf["name"], leaf["width"], leaf["signed"]) for leaf in leaves[1:]),
        )
        self.output = OutputPacket(layer.place.neurons, spike_fields(layer.place.neurons))
        spaces = layer_layout(layer)["spaces"]
        address = tuple(leaf_fields(layer.read_layout))
        self.windows = (Window("layer", address, layer.data_bits, spaces),)
        self.windows += (self.own.window,) if self.own is not None else ()
        outputs = layer.signature.members
        self.counters = tuple(
            name for name in outputs if name == "updates" or name.startswith("saturated_")
        )

    def connect(self, m: Module, pins: Any) -> None:
        """Rows, flags, counters, the window; spikes by way of a FIFO of events."""
        m.d.comb += [
            pins.i.payload.spikes.eq(self.transfer.payload),
            *(
                pins.i.payload[each.name].eq(self.common_value(each.name))
                for each in self.step.common
            ),
            pins.i.valid.eq(self.transfer.valid),
            self.transfer.ready.eq(pins.i.ready),
            *(getattr(self, f"counter_{name}").eq(getattr(pins, name)) for name in self.counters),
        ]
        self.connect_windows(m, pins, self.own)
        if self.own is not None:
            for name, _ in self.own.layout:
                m.d.comb += pins.i.payload[name].eq(self.own.settings[name])
        # A neuron may fire in every clock, and words of the packet are due in between.
        neurons = self.block.component.place.neurons
        event = data.StructLayout(
            {"number": Shape.cast(pins.neuron.shape()).width, "spike": 1, "done": 1}
        )
        depth = fifo_depth(max(LEAST_EVENTS, IN_FLIGHT * (neurons + 1)))
        m.submodules.events = events = BlockFIFO(width=event.size, depth=depth)
        # An entry for each spike, and one for a step's end that comes without.
        self.count_in_flight(m, depth // (neurons + 1))
        arriving = data.View(event, events.w_data)
        m.d.comb += [
            arriving.number.eq(pins.neuron),
            arriving.spike.eq(pins.spike),
            arriving.done.eq(pins.done),
            events.w_en.eq(pins.spike | pins.done),
        ]
        self._pack(m, data.View(event, events.r_data), events, words_for(neurons))

    def _pack(self, m: Module, event: Any, events: BlockFIFO, words: int) -> None:
        """Go through the neurons, whose spikes come in rising order, and shift a bit for each."""
        neurons = self.output.bits
        places = neurons if words == 1 else words * WORD_BITS
        number = Signal(WORD_BITS, init=1)
        # Shifted, for to write a bit at a place costs more than a logic cell for each bit.
        bits = Signal(min(neurons, WORD_BITS), reset_less=True)
        place = Signal(range(max(2, places)))
        hit = Signal()
        m.d.comb += hit.eq(event.spike & (event.number == place))
        with m.FSM(name="packet"):
            with m.State("rest"):
                m.d.sync += place.eq(0)
                with m.If(events.r_rdy):
                    m.next = "number"
            with m.State("number"):
                m.d.comb += [self.packet.valid.eq(1), self.packet.payload.eq(number)]
                with m.If(self.packet.ready):
                    m.next = "collect"
            # Nothing is known of a neuron until its event, a later one, or the end is there.
            with m.State("collect"), m.If(events.r_rdy):
                m.d.comb += [self.spike.eq(hit), events.r_en.eq(hit & ~event.done)]
                m.d.sync += [bits.eq(Cat(bits, hit)[1:]), place.eq(place + 1)]
                with m.If(place == places - 1):
                    m.next = "end"
                if words > 1:
                    with m.Elif(place[:WORD_BIT_BITS].all()):
                        m.next = "word"
            if words > 1:
                with m.State("word"):
                    m.d.comb += [self.packet.valid.eq(1), self.packet.payload.eq(bits)]
                    with m.If(self.packet.ready):
                        m.next = "collect"
            with m.State("end"):
                m.d.comb += [self.packet.valid.eq(events.r_rdy), self.packet.payload.eq(bits)]
                with m.If(events.r_rdy & self.packet.ready):
                    m.d.comb += [events.r_en.eq(1), self.finished.eq(1)]
                    m.d.sync += number.eq(number + 1)
                    m.next = "rest"


HOST_BLOCK = HostLayer
