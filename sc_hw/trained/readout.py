# amaranth: UnusedElaboratable=no
"""The readout behind a layer's neurons: a score for each, and the neuron with the highest one."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.primitives import BlockRAM
from sc_hw.parts.state_memory import Write, connect, gated_write_register
from sc_hw.trained.lane import MEMORY
from sc_hw.wires import Delays, gated, port_shape
from sc_model.spec import IntFormat, ReadoutSpec


class Readout(wiring.Component):
    """Scores of a layer's neurons, updated as the neurons are decided, and the answer by them.

    In each tick every neuron comes once, in order, one a clock at most; those of a convolution
    place by place (`ConvSpec.place`). Its score is read, changed as `sc_model.golden.readout` says,
    and written back, and the highest score of the tick is kept with the neuron's number in the
    model, of several alike the lowest one. So the answer to the ticks so far is there
    `latency` clocks after the last neuron of each tick. Throughput one neuron a clock, domain
    ``sync``. Scores are in block RAM, undefined at power-on, and survive a reset.

    Reset: at any time; the next neuron is number 0. The first tick behind it is to be `fresh`.

    Parameters
    ----------
    spec : what a score is.
    neurons : of the layer.
    potential : format of a neuron's potential.
    order : places and channels of neurons that come place by place, the channels of a place side by
        side; None where they come in the order of the model.

    Members
    -------
    valid : a neuron has been decided.
    last : with `valid`: it is the layer's last neuron.
    spike : with `valid`: it fires.
    potential : with `valid`: its potential; without this port where scores are by spikes.
    fresh : no tick has ended since the reset; high until the last neuron's score is written.
    winner : number of the neuron with the highest score of the tick so far.
    host_address : number of the score that the host reads or writes, in the order in which neurons
        come; 0 during a tick.
    word : the stored score that was addressed `MEMORY` clocks ago.
    load : write `load_data` at `host_address`.
    load_data : a score.
    """

    def __init__(
        self,
        spec: ReadoutSpec,
        neurons: int,
        potential: IntFormat,
        order: tuple[int, int] | None = None,
    ) -> None:
        self.spec, self.neurons, self.order = spec, neurons, order
        self.score = potential if spec.by_potential else IntFormat(spec.score_bits)
        self.index_bits = max(1, (neurons - 1).bit_length())
        optional = {"potential": In(port_shape(potential))} if spec.by_potential else {}
        super().__init__(
            {
                "valid": In(1),
                "last": In(1),
                "spike": In(1),
                **optional,
                "fresh": In(1),
                "winner": Out(self.index_bits),
                "host_address": In(self.index_bits),
                "word": Out(port_shape(self.score)),
                "load": In(1),
                "load_data": In(port_shape(self.score)),
            }
        )

    @property
    def latency(self) -> int:
        """Clocks from the last neuron's `valid` to the first clock of the tick's `winner`."""
        return MEMORY + 2  # the score's register, then those of the answer

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        m.submodules.memory = ram = BlockRAM(self.neurons, self.score.width)
        number = Signal(self.index_bits, name="number")
        with m.If(self.valid):
            m.d.sync += number.eq(gated(number + 1, by=~self.last))
        # The number is 0 between ticks, and the host's address during them: an OR selects.
        m.d.comb += [ram.r_addr.eq(number | self.host_address), self.word.eq(ram.r_data)]
        stored = Signal(port_shape(self.score), name="stored")
        m.d.comb += stored.eq(ram.r_data)
        new = Signal(port_shape(self.score), name="new")
        scored = self._by_potential if self.spec.by_potential else self._by_spikes
        m.d.comb += new.eq(scored(delays, stored))
        decided = delays.later(self.valid, MEMORY, "valid", strobe=True)
        write = gated_write_register(
            m,
            update=Write(decided, delays.later(number, MEMORY, "number"), new.as_unsigned()),
            load=Write(self.load, self.host_address, Value.cast(self.load_data).as_unsigned()),
        )
        connect(m, ram, write)
        # Each score meets the highest one before it in the tick a clock later.
        valid = delays.later(self.valid, MEMORY + 1, "valid", strobe=True)
        best = Signal(port_shape(self.score), name="best", reset_less=True)
        first, higher = Signal(name="first"), Signal(name="higher")
        better: Value = higher
        if self.order is None:
            # Only a higher one counts: of several alike the first stays.
            place = delays.later(number, MEMORY + 1, "number")
            score = delays.later(new, 1, "score")
        else:
            place = delays.later(self._model_number(m, *self.order), MEMORY + 1, "model")
            score, alike = delays.later(new, 1, "score"), Signal(name="alike")
            # Of several alike a later one has the lower number where its channel is lower.
            m.d.comb += alike.eq((score == best) & (place < self.winner))
            better = higher | alike
        m.d.comb += [first.eq(~place.any()), higher.eq(score > best)]
        with m.If(valid & (first | better)):
            m.d.sync += [best.eq(score), self.winner.eq(place)]
        return m

    def _model_number(self, m: Module, places: int, channels: int) -> Signal:
        """The number in the model of the neuron whose turn it is, which comes place by place."""
        model = Signal(self.index_bits, name="model")
        place, channel = (
            Signal(range(places), name="place"),
            Signal(range(channels), name="channel"),
        )
        at_end = channel == channels - 1
        following = Signal(range(places + 1), name="following")  # place of the next neuron
        m.d.comb += following.eq(place + at_end)
        with m.If(self.valid):
            m.d.sync += [
                channel.eq(gated(channel + 1, by=~at_end)),
                place.eq(gated(following, by=~self.last)),
                model.eq(gated(Mux(at_end, following, model + places), by=~self.last)),
            ]
        return model

    def _by_spikes(self, delays: Delays, stored: Value) -> Value:
        """The new score of a neuron whose spikes count."""
        spike = delays.later(self.spike, MEMORY, "spike")
        before = gated(stored, by=~self.fresh)
        # A score stays at its greatest value.
        one_more = (before + ~before.all())[: self.score.width]
        if self.spec.kind == "count":
            return Mux(spike, one_more, before)
        return Mux(before.any(), one_more, spike)

    def _by_potential(self, delays: Delays, stored: Value) -> Value:
        """The new score of a neuron whose potential counts."""
        potential = delays.later(self.potential, MEMORY, "potential")
        if self.spec.kind == "last_potential":
            return potential
        return Mux(~self.fresh & (stored > potential), stored, potential)
