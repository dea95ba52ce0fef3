# amaranth: UnusedElaboratable=no
"""A plastic layer behind the trained layers of a network; it learns on the chip."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.families import Family
from sc_hw.plastic import PlasticLayer
from sc_hw.wires import equals, gated
from sc_model.rules import resolve_in_network
from sc_model.spec import PlasticStageSpec
from sc_model.spec.plastic_layer import placement


class PlasticStage(wiring.Component):
    """A `PlasticLayer` with a stream of words at its input and its output: one step for each word.

    A step begins when `i` and `teach` are both valid and the spikes of the previous step have been
    taken. Latency: the layer's step, and one clock before and after it. Domain ``sync``. A reset
    aborts the step under way; the layer's memories keep their contents, traces included (see
    `PlasticLayer`).

    Parameters
    ----------
    spec : rule, size and neurons of the layer.
    step_bits : bits of a step's number.
    family : the fabric.

    Members
    -------
    i : {step, spikes}, the words of the trained layer in front.
    teach : modulators and flags of `PlasticLayer.i`, one transfer for each word of `i`.
    o : {step, spikes}, the neurons that fire.
    load, read, readback : host access of the layer.
    """

    def __init__(self, spec: PlasticStageSpec, step_bits: int, family: Family) -> None:
        rule, params = resolve_in_network(spec.rule)
        self.spec, self.step_bits = spec, step_bits
        self.layer = PlasticLayer(
            rule, params, spec.layer, spec.neuron, placement(spec.layer), family
        )
        self.i_layout = data.StructLayout({"step": step_bits, "spikes": spec.layer.inputs})
        self.o_layout = data.StructLayout({"step": step_bits, "spikes": spec.layer.neurons})
        self.teach_layout = data.StructLayout(
            {str(name): field.shape for name, field in self.layer.step_layout if name != "spikes"}
        )
        host = {name: self.layer.signature.members[name] for name in ("load", "read", "readback")}
        super().__init__(
            {
                "i": In(stream.Signature(self.i_layout)),
                "teach": In(stream.Signature(self.teach_layout)),
                "o": Out(stream.Signature(self.o_layout)),
                **host,
            }
        )

    @property
    def shared_modules(self) -> dict[str, wiring.Component]:
        """Modules that the emitted Verilog holds once, by name."""
        return self.layer.shared_modules

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.layer = layer = self.layer
        rows, chains = layer.place.rows, layer.place.chains
        # The three phases of a step, one bit each: no state needs to be decoded.
        feeding = Signal()  # rows go into the layer, one of each chain in a transfer
        deciding = Signal()  # all rows are in; the layer updates its neurons
        waiting = Signal()  # the spikes wait to be taken
        # Data without reset: all of it is written when a step begins, and counts only in a phase.
        step = Signal(self.step_bits, reset_less=True)
        word = [Signal(rows, name=f"word_{chain}", reset_less=True) for chain in range(chains)]
        teaching = Signal(self.teach_layout, reset_less=True)
        spikes = Signal(self.spec.layer.neurons, reset_less=True)
        row = Signal(range(rows))
        free, begins = Signal(), Signal()
        m.d.comb += [
            free.eq(~feeding & ~deciding & ~waiting),
            # Both streams are taken in the same clock, so each is ready only while the other is
            # valid. That can't deadlock, since the valid of a stream must not wait for its ready.
            self.i.ready.eq(free & self.teach.valid),
            self.teach.ready.eq(free & self.i.valid),
            begins.eq(self.i.valid & self.teach.valid & free),
            layer.i.valid.eq(feeding),
            layer.i.payload.spikes.eq(Cat(chain[0] for chain in word)),
            # Held for all transfers of the step, though the layer reads them in the first one only.
            *(layer.i.payload[name].eq(teaching[name]) for name, _ in self.teach_layout),
            self.o.valid.eq(waiting),
            self.o.payload.step.eq(step),
            self.o.payload.spikes.eq(spikes),
        ]
        # The last chain may have fewer inputs than rows; its surplus rows never spike.
        padded = Cat(self.i.payload.spikes, C(0, rows * chains - self.spec.layer.inputs))
        with m.If(begins):
            m.d.sync += [
                feeding.eq(1),
                step.eq(self.i.payload.step),
                teaching.eq(self.teach.payload),
            ]
            m.d.sync += [
                register.eq(padded[chain * rows : (chain + 1) * rows])
                for chain, register in enumerate(word)
            ]
        with m.If(feeding & layer.i.ready):
            # Shifted, so that the current row is always bit 0 and no multiplexer is needed.
            m.d.sync += [register.eq(register[1:]) for register in word]
            m.d.sync += row.eq(row + 1)
            with m.If(row == rows - 1):
                m.d.sync += [row.eq(0), feeding.eq(0), deciding.eq(1)]
        # The layer gives the number of each neuron that fires, one a clock; they are collected in a
        # word, which `begins` clears by an AND (no neuron fires in that clock).
        spike_mask = Cat(equals(layer.neuron, number) for number in range(len(spikes)))
        m.d.sync += spikes.eq(gated(spikes | gated(spike_mask, by=layer.spike), by=~begins))
        with m.If(layer.done):
            m.d.sync += [deciding.eq(0), waiting.eq(1)]
        with m.If(waiting & self.o.ready):
            m.d.sync += waiting.eq(0)
        for port in ("load", "read"):
            wiring.connect(m, wiring.flipped(getattr(self, port)), getattr(layer, port))
        wiring.connect(m, layer.readback, wiring.flipped(self.readback))
        return m
