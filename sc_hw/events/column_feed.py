# amaranth: UnusedElaboratable=no
"""The columns of a recurrent layer's tick for its scanner: the inputs' slices, then its own."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_model.spec import SLICE


class ColumnFeed(wiring.Component):
    """Gives a scanner the chunks of a tick: slices of inputs as they come, then slices of a memory.

    The columns of the layer's own spikes go on where the inputs end, in the last slice of inputs
    where these do not fill it. Latency 0 from an offered slice to the chunk, throughput a chunk a
    clock, domain ``sync``.

    Reset: at any time; the next chunk is the first one of a tick.

    Parameters
    ----------
    inputs : columns that come in slices.
    columns : of the layer.
    width : bits of a value.

    Members
    -------
    load : a tick begins: the slice of inputs that is offered is its first chunk.
    wants : the scanner takes in the next chunk when it is there; allowed behind `load` until the
        tick's last chunk.
    valid : a slice of inputs is offered.
    inputs : its values; those behind the last input have no meaning.
    ready : with `wants`: the offered slice of inputs is the next chunk.
    slice : number of the slice of own spikes that is asked for, from 0.
    own : the slice whose number was asked for a clock ago; places in front of the first neuron and
        behind the last one have no meaning.
    more : the next chunk is there.
    values : of the next chunk; those behind the last neuron have no meaning.
    """

    def __init__(self, inputs: int, columns: int, width: int) -> None:
        self.input_count, self.width = inputs, width
        self.base, self.first = divmod(inputs, SLICE)  # chunk and place of the first neuron
        self.transfers, self.chunks = -(-inputs // SLICE), -(-columns // SLICE)
        layout = data.ArrayLayout(width, SLICE)
        super().__init__(
            {
                "load": In(1),
                "wants": In(1),
                "valid": In(1),
                "inputs": In(layout),
                "ready": Out(1),
                "slice": Out(max(1, (self.chunks - self.base - 1).bit_length())),
                "own": In(SLICE),
                "more": Out(1),
                "values": Out(layout),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        part = Signal(range(self.chunks), name="part")  # number of the next chunk
        following = Signal.like(part, name="following")
        takes, moves = Signal(name="takes"), Signal(name="moves")
        whole = Signal(name="whole")  # the next chunk has inputs alone
        m.d.comb += [
            takes.eq(part < self.transfers),
            whole.eq(part < self.base if self.base else 0),
            self.ready.eq(self.wants & takes),
            self.more.eq(self.valid | ~takes),
            moves.eq(self.load | (self.wants & self.more)),
            following.eq(Mux(moves, Mux(part == self.chunks - 1, 0, part + 1), part)),
            # Looked up a clock ahead. Before the first slice of neurons it may be any number.
            self.slice.eq(following - self.base),
        ]
        m.d.sync += part.eq(following)
        for place, value in enumerate(self.values):
            of_input = takes if place < self.first else whole
            own = Cat(self.own[place], C(0, self.width - 1))
            m.d.comb += value.eq(Mux(of_input, self.inputs[place], own))
        return m
