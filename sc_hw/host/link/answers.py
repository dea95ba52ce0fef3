# amaranth: UnusedElaboratable=no
"""Answers: built, kept until their sequence number is out of the window, and sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.primitives import BlockRAM
from sc_hw.host.link import frames
from sc_hw.host.link.crc import SerialCrc
from sc_hw.wires import choose

# Addresses in an answer's 256 bytes. With the frame's first byte behind the header's length at 0,
# an answer's length is the place where its CRC ends.
CODE, LENGTH, BODY = 254, 255, frames.HEADER_BYTES
BODY_ROOM = BODY + frames.MOST_BODY - 1  # the status is the last byte of the longest body


@dataclass(frozen=True)
class _Write:
    """A write into the place of the answer at hand."""

    enable: Signal
    place: Signal
    byte: Signal


class Answers(wiring.Component):
    """A place for the answer of each frame in the window, and one for answers without a sequence.

    An answer is built in place: `begin`, then its body byte by byte, then `finish`, which adds
    header and CRC, encodes it by COBS, and sends it. A finished one is sent once more by `send`.
    Each place holds 256 bytes of block RAM, as they go on the wire, the 0x00 at the end included.

    A byte of the body takes 2 clocks, finishing 11 clocks for each byte of the frame. `finish` and
    `send` wait until the answer before is on the wire. Domain ``sync``.

    Reset
    -----
    An answer that is being sent is cut off.

    Parameters
    ----------
    window : answers that are kept.

    Members
    -------
    slot : place of the answer, `window` for one without a sequence. It, `header` and `kind` hold
        from `begin` or `send` until `ready`.
    header : session and sequence.
    kind : of the answer.
    ready : one of the strobes below, or a byte, is taken.
    free : the place of the clock before is not being sent, so that `begin` may be given.
    begin, finish, send : strobes.
    full : no four more bytes and a status have room in the body.
    i : bytes of the body.
    o : bytes for the wire.
    """

    def __init__(self, window: int) -> None:
        self.window = window
        super().__init__(
            {
                "slot": In(range(window + 1)),
                "header": In(24),
                "kind": In(8),
                "ready": Out(1),
                "free": Out(1),
                "begin": In(1),
                "finish": In(1),
                "send": In(1),
                "full": Out(1),
                "i": In(stream.Signature(8)),
                "o": Out(stream.Signature(8)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.places = places = BlockRAM(256 * (self.window + 1), 8, output_register=False)
        start = Signal()  # the finished answer goes to the wire
        sending, sent_slot, fetch, fetched_place = self._sender(m, start, places.r_data)
        # place of the byte at hand, and of the code of COBS that counts up to it
        place, code = Signal(8, reset_less=True), Signal(8, reset_less=True)
        byte = Signal(8, reset_less=True)
        end = Signal(8, reset_less=True)  # behind the body
        write = _Write(Signal(), Signal(8), Signal(8))
        m.d.sync += self.free.eq(~sending | (sent_slot != self.slot))
        m.d.comb += [
            # the wire is slow: it goes first
            places.r_addr.eq(Mux(fetch, Cat(fetched_place, sent_slot), Cat(place, self.slot))),
            places.w_en.eq(write.enable),
            places.w_addr.eq(Cat(write.place, self.slot)),
            places.w_data.eq(write.byte),
        ]
        in_crc = Signal(reset_less=True)
        m.submodules.crc = crc = SerialCrc()
        with m.FSM(name="builder"):
            with m.State("idle"):
                m.d.comb += crc.start.eq(1)
                m.d.sync += [in_crc.eq(0), code.eq(CODE)]
                self._idle(m, place, byte, end)
            self._append(m, place, byte, write)
            with m.State("read"):
                with m.If(place == end):
                    m.d.sync += in_crc.eq(1)
                with m.If(~fetch):
                    m.next = "load"
            self._load(m, place, byte, end, places.r_data)
            self._check(m, crc, byte, in_crc)
            self._encode(m, place, code, byte, in_crc, write)
            with m.State("wait"), m.If(~sending):
                m.d.comb += start.eq(1)
                m.next = "idle"
        return m

    def _idle(self, m: Module, place: Signal, byte: Signal, end: Signal) -> None:
        """What is done on the strobes, and with a byte of the body."""
        m.d.comb += [self.ready.eq(1), self.i.ready.eq(1)]
        m.d.sync += byte.eq(self.i.payload)
        with m.If(self.begin):
            m.d.sync += [place.eq(BODY), self.full.eq(0)]
        with m.Elif(self.send):
            m.next = "wait"
        with m.Elif(self.finish):
            m.d.sync += [end.eq(place), place.eq(LENGTH)]
            m.next = "read"
        with m.Elif(self.i.valid):
            m.next = "append"

    def _append(self, m: Module, place: Signal, byte: Signal, write: _Write) -> None:
        """State that writes a byte of the body."""
        with m.State("append"):
            m.d.comb += [write.enable.eq(1), write.place.eq(place), write.byte.eq(byte)]
            m.d.sync += [place.eq(place + 1), self.full.eq(place == BODY_ROOM - 1)]
            m.next = "idle"

    def _load(self, m: Module, place: Signal, byte: Signal, end: Signal, data: Signal) -> None:
        """State that gets a byte of the frame: of the header, or of the body as it was written."""
        with m.State("load"):
            header = [*(self.header[low : low + 8] for low in (0, 8, 16)), self.kind]
            with m.If(place.all()):
                m.d.sync += byte.eq(end + frames.CRC_BYTES)
            with m.Elif(place[2:].any()):
                m.d.sync += byte.eq(data)
            with m.Else():
                m.d.sync += byte.eq(choose(place[:2], header))
            m.next = "check"

    def _check(self, m: Module, crc: Any, byte: Signal, in_crc: Signal) -> None:
        """State that puts a byte into the CRC, or takes one out of it, bit by bit."""
        number = Signal(3)
        with m.State("check"):
            m.d.comb += [crc.valid.eq(1), crc.data.eq(byte[0]), crc.out.eq(in_crc)]
            m.d.sync += [
                byte.eq(Cat(byte[1:], Mux(in_crc, crc.bit, byte[0]))),
                number.eq(number + 1),
            ]
            with m.If(number == 7):
                m.next = "encode"

    def _encode(
        self, m: Module, place: Signal, code: Signal, byte: Signal, in_crc: Signal, write: _Write
    ) -> None:
        """States that write a byte of the frame, or in place of a zero the code before it."""
        crc_byte = Signal(2)
        with m.State("encode"):
            m.d.comb += write.enable.eq(1)
            with m.If(~byte.any()):
                m.d.comb += [write.place.eq(code), write.byte.eq(place - code)]
                m.d.sync += code.eq(place)
            with m.Else():
                m.d.comb += [write.place.eq(place), write.byte.eq(byte)]
            m.d.sync += place.eq(place + 1)
            m.next = "read"
            with m.If(in_crc):
                m.d.sync += crc_byte.eq(crc_byte + 1)
                m.next = "check"
                with m.If(crc_byte == 3):
                    m.next = "last code"
        with m.State("last code"):
            m.d.comb += [write.enable.eq(1), write.place.eq(code), write.byte.eq(place - code)]
            m.next = "zero"
        with m.State("zero"):
            m.d.comb += [write.enable.eq(1), write.place.eq(place), write.byte.eq(0)]
            m.next = "wait"

    def _sender(
        self, m: Module, start: Signal, data: Signal
    ) -> tuple[Signal, Signal, Signal, Signal]:
        """Sends a finished answer: whether it does, which one, and the byte that it fetches."""
        sending = Signal()
        slot = Signal(range(self.window + 1), reset_less=True)
        place = Signal(8, reset_less=True)
        payload = Signal(8, reset_less=True)
        fetch, fetched = Signal(), Signal()
        m.d.comb += fetch.eq(sending & ~self.o.valid & ~fetched)
        m.d.sync += fetched.eq(fetch)
        m.d.comb += self.o.payload.eq(payload)
        with m.If(start):
            m.d.sync += [sending.eq(1), slot.eq(self.slot), place.eq(CODE)]
        with m.If(fetched):
            m.d.sync += [payload.eq(data), self.o.valid.eq(1)]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += [self.o.valid.eq(0), place.eq(place + 1)]
            with m.If(payload == 0):
                m.d.sync += sending.eq(0)
        return sending, slot, fetch, place
