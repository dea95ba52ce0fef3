# amaranth: UnusedElaboratable=no
"""From the order in which a convolution gives its spikes to the order of the model."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.events.conv_sequencer import quotient


class PlaceOrder(wiring.Component):
    """Gives the columns of events the numbers that they have in the model.

    A convolution gives its spikes place by place, the channels of a place side by side
    (`ConvSpec.place`); in the model the places of a channel are side by side. A column behind the
    image, that of a bias, keeps its number. Latency `LATENCY` clocks, throughput one event a clock,
    in the order in which they come; domain ``sync``.

    Reset: at any time; the events on their way are dropped.

    Parameters
    ----------
    places, channels : of the image whose spikes the columns are.
    columns : that there are; one more than the image has, or as many.
    value_bits : bits of an event's value.

    Members
    -------
    i_event, o_event : streams of {end, column, value}, as of `Scanner`; with `end` the column means
        nothing.
    """

    LATENCY = 3

    def __init__(self, places: int, channels: int, columns: int, value_bits: int) -> None:
        self.places, self.channels, self.columns = places, channels, columns
        self.constant = columns > places * channels
        event = data.StructLayout(
            {"end": 1, "column": max(1, (columns - 1).bit_length()), "value": value_bits}
        )
        self.event_layout = event
        super().__init__(
            {
                "i_event": In(stream.Signature(event)),
                "o_event": Out(stream.Signature(event)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        moves = Signal(name="moves")
        event, bits = self.i_event.payload, len(self.i_event.payload.column)
        # The event a clock and two clocks behind the input; all move on together.
        valid = [Signal(name=f"valid_{stage}") for stage in (1, 2)]
        end = [Signal(name=f"end_{stage}", reset_less=True) for stage in (1, 2)]
        value = [
            Signal(len(event.value), name=f"value_{stage}", reset_less=True) for stage in (1, 2)
        ]
        column = Signal(bits, name="column", reset_less=True)
        found = Signal(bits, name="found", reset_less=True)  # its place in the image
        place = Signal(bits, name="place", reset_less=True)
        channel = Signal(range(self.channels + 1), name="channel", reset_less=True)
        m.d.comb += [moves.eq(~self.o_event.valid | self.o_event.ready)]
        m.d.comb += self.i_event.ready.eq(moves)
        out = self.o_event.payload
        with m.If(moves):
            m.d.sync += [
                valid[0].eq(self.i_event.valid),
                end[0].eq(event.end),
                value[0].eq(event.value),
                column.eq(event.column),
                found.eq(quotient(event.column, self.channels)),
                valid[1].eq(valid[0]),
                end[1].eq(end[0]),
                value[1].eq(value[0]),
                self.o_event.valid.eq(valid[1]),
                out.end.eq(end[1]),
                out.value.eq(value[1]),
                out.column.eq(channel * self.places + place),
            ]
            behind = found == self.places if self.constant else C(0, 1)
            with m.If(behind):
                m.d.sync += [place.eq(0), channel.eq(self.channels)]
            with m.Else():
                m.d.sync += [place.eq(found), channel.eq(column - found * self.channels)]
        return m
