# amaranth: UnusedElaboratable=no
"""The course of a host's accesses: one at a time, a load or a read of a lane of a word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, stream
from amaranth.lib.wiring import In, Out

from sc_hw.parts.space import Space


def access_ports(
    lane_bits: int, word_bits: int, data_bits: int
) -> tuple[data.StructLayout, data.StructLayout, dict[str, Any]]:
    """What a host addresses, and the ports by which it does.

    Returns
    -------
    The payloads of `load` and `read`, and the members: `load`, stream of {space, lane, word,
    data}; `read`, stream of {space, lane, word}; `readback`, stream of words, one for each read;
    `asks`, an access is waiting or under way; `serves`, the memories are the host's.
    """
    address = {"space": Space, "lane": lane_bits, "word": word_bits}
    load, read = data.StructLayout({**address, "data": data_bits}), data.StructLayout(address)
    return (
        load,
        read,
        {
            "load": In(stream.Signature(load)),
            "read": In(stream.Signature(read)),
            "readback": Out(stream.Signature(data_bits)),
            "asks": Out(1),
            "serves": In(1),
        },
    )


@dataclass(frozen=True)
class Access:
    """The access under way.

    Members
    -------
    payload : of the load; of a read all but its data.
    loading : its first clock, where it is a load.
    busy : there is one.
    is_at : whether it is one of a space.
    """

    payload: Any
    loading: Signal
    busy: Value
    is_at: Mapping[Space, Value]

    def answer(self, m: Module, readback: Any, words: Mapping[Space, Value]) -> None:
        """Put what is read into a register, clock by clock, and onto the stream of answers.

        `words` : by space; the last one's where none of the others is addressed.
        """
        answer = Signal(readback.payload.shape(), name="answer", reset_less=True)
        *others, (_, result) = words.items()
        for space, word in reversed(others):
            result = Mux(self.is_at[space], word, result)
        m.d.sync += answer.eq(result)
        m.d.comb += readback.payload.eq(answer)


def serve_accesses(m: Module, port: Any, fetch: int, *, stored: Signal | None = None) -> Access:
    """Take accesses on the streams of `access_ports`, and answer reads.

    Parameters
    ----------
    port : component with these streams, and the fields of each of its `spaces`.
    fetch : clocks from an access's first clock to the one in which the memories give its word.
    stored : a signal that is high in the second clock of a load, which is then as long: of memories
        whose address stands in a register.
    """
    access = Signal(port.load.payload.shape(), name="access", reset_less=True)
    reading, loading = Signal(name="reading"), Signal(name="loading")
    busy = reading | loading
    if stored is not None:
        busy = busy | stored
    arriving = Signal(fetch + 1, name="arriving")
    answered = Signal(name="answered")
    free = ~busy & port.serves
    takes_load, takes_read = Signal(), Signal()
    m.d.comb += [
        # Where the host asks for both, the load goes first.
        port.load.ready.eq(free),
        port.read.ready.eq(free & ~port.load.valid),
        takes_load.eq(port.load.valid & port.load.ready),
        takes_read.eq(port.read.valid & port.read.ready),
        port.asks.eq(port.load.valid | port.read.valid | busy),
        port.readback.valid.eq(answered),
    ]
    address = port.read.payload.as_value()
    with m.If(takes_load):
        m.d.sync += access.eq(port.load.payload)
    with m.If(takes_read):
        m.d.sync += access.as_value()[: len(address)].eq(address)
    m.d.sync += loading.eq(takes_load)
    if stored is not None:
        m.d.sync += stored.eq(loading)
    m.d.sync += [
        arriving.eq(Cat(takes_read, arriving)),
        answered.eq(arriving[-1] | (answered & ~port.readback.ready)),
        reading.eq(takes_read | (reading & ~(answered & port.readback.ready))),
    ]
    return Access(access, loading, busy, {space: access.space == space for space in port.spaces})
