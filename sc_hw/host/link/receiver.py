# amaranth: UnusedElaboratable=no
"""Frames out of a stream of bytes: only whole ones, whose CRC and length are right."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.primitives import BlockRAM
from sc_hw.host.link.crc import SerialCrc
from sc_hw.host.link.frames import CRC_BYTES
from sc_hw.wires import count_or_load


class FrameReceiver(wiring.Component):
    """Decodes COBS, checks frames and holds the good ones.

    A frame's bytes are written into a place of 256 bytes of block RAM as they come. When the frame
    ends and is good, the next one goes into the next place; else it overwrites this one. So what
    comes out is whole frames, length first, one behind the other. A frame that begins when no place
    is free is dropped.

    A byte is taken every 11 clocks at most; one comes out every 2. Domain ``sync``.

    Reset
    -----
    Forgets all frames. What comes until the next 0x00 is then no frame.

    Parameters
    ----------
    frames_held : places, a power of two.

    Members
    -------
    i : bytes from the wire.
    broken : one clock: a byte was lost or damaged, the frame under way is dropped.
    o : bytes of good frames, from the length to the CRC.
    done : with the last byte of a frame: its place is free.
    good : one clock: a good frame has come.
    """

    def __init__(self, frames_held: int) -> None:
        self.frames_held = frames_held
        super().__init__(
            {
                "i": In(stream.Signature(8)),
                "broken": In(1),
                "o": Out(stream.Signature(8)),
                "done": In(1),
                "good": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.places = places = BlockRAM(256 * self.frames_held, 8, output_register=False)
        written, taken = Signal(8), Signal(8)  # bytes in their places
        place_bits = self.frames_held.bit_length() - 1
        filled, emptied = Signal(place_bits), Signal(place_bits)  # places
        held = Signal(range(self.frames_held + 1))  # good frames
        byte = Signal(8, reset_less=True)
        emit, good, end = self._decode(m, byte, held[-1])
        m.d.comb += [
            self.good.eq(good),
            places.w_en.eq(emit),
            places.w_addr.eq(Cat(written, filled)),
            places.w_data.eq(byte),
            # The memory shows a byte a clock after its address.
            places.r_addr.eq(Cat(taken, emptied)),
            self.o.payload.eq(places.r_data),
        ]
        m.d.sync += [
            filled.eq(filled + good),
            emptied.eq(emptied + self.done),
            self.o.valid.eq(held.any() & ~self.done),
        ]
        with m.If(end):
            m.d.sync += written.eq(0)
        with m.Elif(emit):
            m.d.sync += written.eq(written + 1)
        with m.If(good ^ self.done):
            m.d.sync += held.eq(held + Mux(self.done, -1, 1))
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += [taken.eq(taken + 1), self.o.valid.eq(0)]
        with m.If(self.done):
            m.d.sync += taken.eq(0)
        return m

    def _decode(self, m: Module, byte: Signal, full: Value) -> tuple[Signal, Signal, Signal]:
        """COBS, length and CRC; strobes: a byte is to be kept, a good frame ends, a frame ends."""
        m.submodules.crc = crc = SerialCrc()
        run = Signal(8, reset_less=True)  # the last code of COBS; 1 or 0: the next is one
        left = Signal(8, reset_less=True)  # bytes that the frame must still have, by its length
        begun = Signal(reset_less=True)  # the first code has come
        has_length = Signal()
        bad = Signal(reset_less=True)
        emit, good, end = Signal(), Signal(), Signal()
        number = Signal(3)  # of the bit that goes into the CRC
        whole = Signal(reset_less=True)
        run_out, left_out = Signal(), Signal()
        m.d.comb += [
            run_out.eq(~run[1:].any()),
            left_out.eq(~left.any()),
            crc.data.eq(byte[0]),
            # The frame's last bytes are compared with what has come out of those before.
            crc.out.eq(~left[CRC_BYTES.bit_length() - 1 :].any()),
            crc.start.eq(end),
        ]
        # Read in `decode` alone, at least two clocks after the last change of what it is made of.
        # `left_out` is 0 before the first length, which a good frame has set.
        m.d.sync += whole.eq(left_out & run_out & has_length & ~bad)
        with m.FSM(name="decoder"):
            with m.State("wait"):
                m.d.comb += self.i.ready.eq(1)
                m.d.sync += byte.eq(self.i.payload)
                with m.If(self.i.valid):
                    m.next = "decode"
            with m.State("decode"):
                with m.If(byte == 0):
                    m.d.comb += [end.eq(1), good.eq(whole)]
                    m.d.sync += [run.eq(0), begun.eq(0), has_length.eq(0), bad.eq(0)]
                    m.next = "wait"
                with m.Else():
                    m.d.sync += run.eq(count_or_load(run, run_out, byte, by=-1))
                    m.next = "keep"
                    with m.If(run_out):
                        # A code stands in the place of a zero, but for the first one. Code 0xFF,
                        # behind which there is no zero, needs no care: a frame has no bytes behind
                        # its 254.
                        m.d.sync += [byte.eq(0), begun.eq(1)]
                    with m.If(run_out & ~begun):
                        m.next = "wait"
            with m.State("keep"):
                m.d.comb += emit.eq(~full)
                m.d.sync += [
                    has_length.eq(1),
                    left.eq(count_or_load(left, ~has_length, byte, by=-1)),
                ]
                too_long = has_length & left_out
                too_short = ~has_length & ~byte[3:].any()
                no_block = ~has_length & byte[1:].all()
                with m.If(full | too_long | too_short | no_block):
                    m.d.sync += bad.eq(1)
                m.next = "check"
            with m.State("check"):
                m.d.comb += crc.valid.eq(1)
                m.d.sync += [byte.eq(byte >> 1), number.eq(number + 1)]
                with m.If(crc.out & (crc.bit != byte[0])):
                    m.d.sync += bad.eq(1)
                with m.If(number == 7):
                    m.next = "wait"
        with m.If(self.broken):
            m.d.sync += bad.eq(1)
        return emit, good, end
