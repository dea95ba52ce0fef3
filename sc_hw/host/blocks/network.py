# amaranth: UnusedElaboratable=no
"""A network behind the registers, all its layers in one clock."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value

from sc_hw.build.blocks.ports import leaf_fields
from sc_hw.host.blocks.host_block import HostBlock
from sc_hw.host.blocks.layer import WORD_BIT_BITS, spike_fields
from sc_hw.host.packets import OutputPacket, StepPacket, Window, common_fields, words_for
from sc_hw.host.registers import WORD_BITS, WORD_BYTES
from sc_hw.host.slice_packer import SlicePacker
from sc_hw.wires import choose
from sc_model.spec import PLASTIC, SLICE

# Words between two layers of one clock: one on its way in, one at the intake, one being worked on.
WORDS_WITHOUT_QUEUE = 3
BYTE_BITS = 8
CROSSING_CLOCKS = 32  # of a handshake between two clocks, twice the flip-flops of its way


class HostNetwork(HostBlock):
    """A network; a packet for each tick of its last layer.

    Layers give no sign that they rest. The block is still when nothing has been transferred for as
    long as all words that can be inside take (`quiet_clocks`).
    """

    name = "network"
    kind = 4
    settles = True

    def describe(self) -> None:
        """A step is a word of spikes; with a plastic layer also what it is taught."""
        network = self.block.component
        spec = network.spec
        teach = leaf_fields(network.plastic.teach_layout) if network.plastic is not None else []
        # In slices the bits of a step are the same words.
        transfers, bits = (spec.slices(), SLICE) if spec.slices() else (1, spec.layers[0].inputs)
        field_name = "spikes"
        if spec.encoder is not None:  # a step of the host is a set of values
            transfers, bits, field_name = spec.values, spec.encoder.bits, "values"
        last = (
            network.plastic if network.plastic is not None else network.layers[spec.layers[-1].name]
        )
        widths = dict(leaf_width(last.o_layout))
        self.slices, answer = spec.o_slices(), widths.get("winner", 0)
        # The packet of spikes in slices is that of the whole word.
        self.spikes = spec.layers[-1].neurons if self.slices else widths["spikes"]
        self.step = StepPacket(
            transfers,
            bits,
            ({"name": field_name, "offset": 0, "width": bits, "signed": False},),
            common_fields((leaf["name"], leaf["width"], leaf["signed"]) for leaf in teach),
        )
        fields = spike_fields(self.spikes)
        if answer:  # of a readout
            place = {"name": "winner", "offset": self.spikes, "width": answer, "signed": False}
            fields = (*fields, place)
        interval = spec.layers[-1].tick_interval
        # Of a set of values the last word alone becomes a packet.
        self.words_of_set = spec.shown_steps // interval
        if spec.encoder is not None:
            interval = 1
        order = spec.place_order(len(spec.layers))
        self.output = OutputPacket(self.spikes + answer, fields, interval, order)
        description = self.block.description()
        spaces = {layer["name"]: layer["spaces"] for layer in description["layers"]}
        parts: dict[str, Any] = dict(network.layers)
        if network.plastic is not None:
            spaces[PLASTIC] = description[PLASTIC]["spaces"]
            parts[PLASTIC] = network.plastic.layer
        self.windows = tuple(
            Window(name, tuple(leaf_fields(part.read_layout)), part.data_bits, spaces[name])
            for name, part in parts.items()
        )
        members = network.signature.members
        self.flags = tuple(name for name in members if name.startswith(("out_of_step_", "lost_")))
        kinds = {name: name.startswith("lost_") for name in self.flags}
        self.errors = tuple(
            (kind, text)
            for kind, lost, text in (
                ("out_of_step", False, "A layer got a word for a step that is over."),
                ("lost", True, "A layer lost a spike: its pending_bits are too few."),
            )
            if lost in kinds.values()
        )

    @property
    def is_early(self) -> bool:
        """Whether the last layer ticks before it has words, so that packets come unasked."""
        spec = self.block.component.spec
        return bool(spec.early(spec.layers[-1]))

    @property
    def quiet_clocks(self) -> int:
        """Clocks without a transfer after which nothing is under way inside."""
        network = self.block.component
        before, clocks = 1, 0
        for layer in network.spec.layers:
            crossing = network.crossing_parts[layer.name]
            words = WORDS_WITHOUT_QUEUE + (crossing.depth if crossing.words is not None else 0)
            ticks = -(-before // layer.tick_interval)  # of a word, where a layer is faster
            clocks += words * ticks * network.layers[layer.name].tick_clocks + CROSSING_CLOCKS
            before = layer.tick_interval
        if network.encoder is not None:  # up to the last layer's next tick
            clocks += network.encoder.values + before * (network.encoder.words + 1)
        plastic = self.block.timing()["tick_clocks"].get(PLASTIC, 0)
        return int(clocks + WORDS_WITHOUT_QUEUE * plastic)

    def connect(self, m: Module, pins: Any) -> None:
        """Words in, words out, and the window into each layer."""
        taught = self._connect_input(m, pins)
        packing = self._pack_slices(m, pins) if self.slices else self._pack(m, pins)
        self._watch(m, pins, taught, packing)
        for number, (name, _) in enumerate(self.errors):
            flags = [getattr(pins, flag) for flag in self.flags if flag.startswith(f"{name}_")]
            m.d.comb += self.error[number].eq(Cat(*flags).any())
        names = [window.name for window in self.windows]
        self.connect_window(
            m,
            [getattr(pins, f"load_{name}") for name in names],
            [getattr(pins, f"read_{name}") for name in names],
            [getattr(pins, f"readback_{name}") for name in names],
            # A layer whose spikes nobody takes lets no host in.
            patience=self.quiet_clocks if self.is_early else 0,
        )

    def _connect_input(self, m: Module, pins: Any) -> Signal:
        """The word of a step; in steps in which the last layer ticks also its teaching.

        Returns
        -------
        taught : the plastic layer has taken its teaching, or there is none to take.
        """
        interval = self.output.step_interval
        ticks = Signal()
        m.d.comb += [
            pins.i.payload.eq(self.transfer.payload),
            pins.i.valid.eq(self.transfer.valid),
            self.transfer.ready.eq(pins.i.ready),
            self.needs_room.eq(0 if self.is_early else ticks),
        ]
        if interval == 1:
            m.d.comb += ticks.eq(1)
        else:
            count = Signal(range(interval), init=interval - 1)  # steps until the last layer ticks
            m.d.comb += ticks.eq(~count.any())
            with m.If(self.begins):
                m.d.sync += count.eq(Mux(ticks, interval - 1, count - 1))
        taught = Signal(init=1)
        m.d.comb += self.takes.eq(taught)
        if not self.step.common:
            return taught
        # The common part stands until the next step begins, which waits for this.
        with m.If(self.begins):
            m.d.sync += taught.eq(~ticks)
        # The common part is complete when the transfer comes.
        ready = Signal()
        with m.If(self.begins):
            m.d.sync += ready.eq(0)
        with m.Elif(self.transfer.valid):
            m.d.sync += ready.eq(1)
        m.d.comb += [
            *(pins.teach.payload[e.name].eq(self.common_value(e.name)) for e in self.step.common),
            pins.teach.valid.eq(ready & ~taught),
        ]
        with m.If(pins.teach.valid & pins.teach.ready):
            m.d.sync += taught.eq(1)
        return taught

    def _pack_slices(self, m: Module, pins: Any) -> Signal:
        """Put slices of spikes into packets; whether one is being packed."""
        m.submodules.packer = packer = SlicePacker(
            self.spikes, self.slices, self.output.bits - self.spikes
        )
        number = Signal(WORD_BITS, init=self.output.step_interval)
        self._count_on(m, number, packer.numbered)
        m.d.comb += [
            packer.i.payload.eq(Value.cast(pins.o.payload)[-len(packer.i.payload) :]),
            packer.i.valid.eq(pins.o.valid),
            pins.o.ready.eq(packer.i.ready),
            packer.may_begin.eq(self.room if self.is_early else 1),
            packer.kept.eq(self._last_of_set(m, packer.i.valid & packer.i.ready & packer.last)),
            packer.number.eq(number),
            self.packet.payload.eq(packer.o.payload),
            self.packet.valid.eq(packer.o.valid),
            packer.o.ready.eq(self.packet.ready),
            self.spike.eq(packer.spike),
            self.finished.eq(packer.finished),
            self.reserve.eq(packer.begins if self.is_early else self.begins & self.needs_room),
        ]
        return packer.busy

    def _pack(self, m: Module, pins: Any) -> Signal:
        """Shift a word of spikes into packets; whether one is being packed."""
        interval, neurons = self.output.step_interval, self.output.bits
        number = Signal(WORD_BITS, init=interval)
        places = neurons if neurons <= WORD_BITS else words_for(neurons) * WORD_BITS
        spikes = Signal(neurons, reset_less=True)
        place = Signal(range(max(2, places)))
        # Shifted, for to write a bit at a place costs more than a logic cell for each bit.
        bits = Signal(min(neurons, WORD_BITS), reset_less=True)
        packing, counts_on = Signal(), Signal()
        m.d.comb += packing.eq(1)
        self._count_on(m, number, counts_on)
        with m.FSM(name="packet"):
            with m.State("rest"):
                m.d.comb += packing.eq(0)
                # Room has been reserved with the step, unless the network is ahead of its steps.
                m.d.comb += pins.o.ready.eq(self.room if self.is_early else 1)
                # All that the payload has behind the number of the step.
                m.d.sync += [place.eq(0), spikes.eq(Value.cast(pins.o.payload)[-neurons:])]
                word = pins.o.valid & pins.o.ready
                with m.If(word & self._last_of_set(m, word)):
                    m.next = "number"
            with m.State("number"):
                m.d.comb += [self.packet.valid.eq(1), self.packet.payload.eq(number)]
                with m.If(self.packet.ready):
                    m.d.comb += counts_on.eq(1)
                    m.next = "shift"
            with m.State("shift"):
                # An answer behind the spikes is none of them.
                counts = place < self.spikes if self.spikes < neurons else C(1, 1)
                m.d.comb += self.spike.eq(spikes[0] & counts)
                m.d.sync += [
                    bits.eq(Cat(bits, spikes[0])[1:]),
                    spikes.eq(spikes[1:]),
                    place.eq(place + 1),
                ]
                with m.If(place == places - 1):
                    m.next = "last"
                if neurons > WORD_BITS:
                    with m.Elif(place[:WORD_BIT_BITS].all()):
                        m.next = "word"
            if neurons > WORD_BITS:
                with m.State("word"):
                    m.d.comb += [self.packet.valid.eq(1), self.packet.payload.eq(bits)]
                    with m.If(self.packet.ready):
                        m.next = "shift"
            with m.State("last"):
                m.d.comb += [self.packet.valid.eq(1), self.packet.payload.eq(bits)]
                with m.If(self.packet.ready):
                    m.d.comb += self.finished.eq(1)
                    m.next = "rest"
        transfer = pins.o.valid & pins.o.ready
        m.d.comb += self.reserve.eq(transfer if self.is_early else self.begins & self.needs_room)
        return packing

    def _count_on(self, m: Module, number: Signal, begins: Value) -> None:
        """Count up to the step of the next packet, a byte a clock, through an adder of one byte.

        That takes 4 clocks, as many as lie between the numbers of two packets at least: one each in
        the states `shift`, `last`, `rest` and `number`.
        """
        turn, carry = Signal(range(WORD_BYTES)), Signal()
        total = Signal(BYTE_BITS + 1)
        step = [self.output.step_interval >> BYTE_BITS * n & 0xFF for n in range(WORD_BYTES)]
        goes_on = turn.any()
        m.d.comb += total.eq(
            number[:BYTE_BITS]
            + choose(turn, [C(byte, BYTE_BITS) for byte in step])
            + (carry & goes_on)
        )
        with m.If(begins | goes_on):
            m.d.sync += [
                number.eq(Cat(number[BYTE_BITS:], total[:BYTE_BITS])),
                carry.eq(total[-1]),
                turn.eq(turn + 1),
            ]

    def _last_of_set(self, m: Module, transfer: Value) -> Value:
        """Whether a word of spikes is the last one of its set of values.

        `transfer`: a word, or the last slice of one, is taken in this clock.
        """
        if self.block.component.encoder is None or self.words_of_set == 1:
            return C(1, 1)
        word = Signal(range(self.words_of_set), name="word_of_set")
        last = word == self.words_of_set - 1
        with m.If(transfer):
            m.d.sync += word.eq(Mux(last, 0, word + 1))
        return last

    def _watch(self, m: Module, pins: Any, taught: Signal, packing: Signal) -> None:
        """Count the clocks since the last sign of life."""
        # Up to a power of two, whose bit says that it is over: a comparison in front of the counter
        # would be the slowest path of a system. An early network's first ticks need no step.
        bits = self.quiet_clocks.bit_length()
        quiet = Signal(bits + 1, name="quiet", init=0 if self.is_early else 1 << bits)
        # A clock late: the first clock of a step is that of its transfer, which is no rest either.
        moves = Signal()
        m.d.comb += self.still.eq(quiet[-1])
        m.d.sync += moves.eq(
            self.begins
            | self.transfer.valid
            | (pins.o.valid & pins.o.ready)
            | packing
            | ~taught
            | self.done  # a load may let a tick begin
        )
        with m.If(moves):
            m.d.sync += quiet.eq(0)
        with m.Elif(~quiet[-1]):
            m.d.sync += quiet.eq(quiet + 1)


def leaf_width(layout: Any) -> list[tuple[str, int]]:
    """Name and width of each leaf of a layout."""
    return [(leaf["name"], leaf["width"]) for leaf in leaf_fields(layout)]


HOST_BLOCK = HostNetwork
