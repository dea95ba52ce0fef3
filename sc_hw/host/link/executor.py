# amaranth: UnusedElaboratable=no
"""Does what frames ask for: sessions, sequence numbers, and accesses of the bus."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.host import wishbone
from sc_hw.host.link import frames
from sc_hw.wires import count_or_load


class Executor(wiring.Component):
    """Takes good frames one by one; each sequence number's requests are done once.

    A frame is taken from its length to its CRC. Its header decides:

    * HELLO with a new session opens it; any HELLO is answered.
    * A frame of another session is answered by NO_SESSION.
    * One with the expected sequence is done, and the next sequence is expected.
    * One with a sequence of the last `window` is answered by the answer that was kept.
    * Any other is passed over.

    A bus access takes 2 clocks beside those that the target waits, a word of a write 8 clocks more,
    one of a read 8. Domain ``sync``.

    Reset
    -----
    Closes the session. An access under way is given up.

    Parameters
    ----------
    window : answers that are kept.

    Members
    -------
    i : bytes of good frames, at most one in two clocks.
    done : with the last byte of a frame.
    bus : initiator; `err` ends an access like `ack`, and is reported in the answer.
    begin, finish, send, slot, header, kind, body : to `Answers`.
    ready, free, full : from `Answers`.
    """

    def __init__(self, window: int) -> None:
        self.window = window
        super().__init__(
            {
                "i": In(stream.Signature(8)),
                "done": Out(1),
                "bus": Out(wishbone.Signature(16)),
                "begin": Out(1),
                "finish": Out(1),
                "send": Out(1),
                "slot": Out(range(window + 1)),
                "header": Out(24),
                "kind": Out(8),
                "body": Out(stream.Signature(8)),
                "ready": In(1),
                "free": In(1),
                "full": In(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        taken = _Taken(self.i)
        number = Signal(8, reset_less=True)  # of the request, from 1
        failed = Signal(reset_less=True)  # request `number`: then the number stands still
        kind = _Kind()
        # what is to be done at the end of the frame
        build, resend = Signal(reset_less=True), Signal(reset_less=True)
        m.d.comb += self.kind.eq(kind.byte)
        taken.count(m)
        with m.FSM(name="executor"):
            with m.State("length"):
                m.d.comb += self.i.ready.eq(1)
                m.d.comb += taken.begins.eq(1)
                m.d.sync += [build.eq(0), resend.eq(0), number.eq(0), failed.eq(0)]
                with m.If(self.i.valid):
                    m.d.sync += taken.what.eq(_HEADER)
                    m.next = "take"
            with m.State("take"):
                m.d.comb += self.i.ready.eq(1)
                with m.If(self.i.valid), taken.shift(m), m.Switch(taken.what):
                    with m.Case(_HEADER):
                        m.next = "header"
                    with m.Case(_REQUEST):
                        m.next = "request"
                    with m.Default():
                        m.next = "access"
            self._header(m, taken, kind, build, resend, failed)
            self._welcome(m)
            self._requests(m, taken, kind, number, failed)
            with m.State("status"):
                m.d.comb += [self.body.payload.eq(Mux(failed, number, 0)), self.body.valid.eq(1)]
                with m.If(self.body.ready):
                    m.next = "pass"
            with m.State("pass"):
                # at least the CRC is left
                m.d.comb += self.i.ready.eq(1)
                with m.If(self.i.valid & taken.last):
                    m.d.comb += self.done.eq(1)
                    m.next = "end"
            with m.State("end"):
                m.d.comb += [self.finish.eq(build), self.send.eq(resend)]
                m.next = "settle"
            with m.State("settle"), m.If(self.ready):
                m.next = "length"
        return m

    def _header(
        self, m: Module, taken: _Taken, kind: _Kind, build: Signal, resend: Signal, failed: Signal
    ) -> None:
        """States that look at the header and decide what becomes of the frame."""
        header = Signal(24, reset_less=True)
        session, is_open = Signal(16, reset_less=True), Signal()
        expected = Signal(8, reset_less=True)  # sequence
        # answers since the session was opened, at most as many as are kept
        kept = Signal(range(self.window + 1), reset_less=True)
        is_hello, is_requests = Signal(reset_less=True), Signal(reset_less=True)
        same = Signal(reset_less=True)  # the frame is of the open session
        # how far the frame's sequence lies behind the expected one
        distance = Signal(8, reset_less=True)
        slot = Signal(range(self.window + 1), reset_less=True)
        m.d.comb += [self.header.eq(header), self.slot.eq(slot)]
        self._expected = expected
        sequence = header[16:]
        with m.State("header"):
            m.d.sync += [
                header.eq(taken.word),
                is_hello.eq(taken.word[24:] == frames.HELLO),
                is_requests.eq(taken.word[24:] == frames.REQUESTS),
                same.eq(is_open & (session == taken.word[:16])),
                distance.eq(expected - taken.word[16:24]),
            ]
            m.next = "decide"
        with m.State("decide"):
            m.next = "wait"
            m.d.sync += [build.eq(1), slot.eq(self.window)]
            with m.If(is_hello):
                m.d.sync += kind.set(frames.WELCOME)
                with m.If(~same):
                    m.d.sync += [session.eq(header), is_open.eq(1)]
                    m.d.sync += [expected.eq(0), kept.eq(0)]
            with m.Elif(~same):
                m.d.sync += kind.set(frames.NO_SESSION)
            with m.Else():
                m.d.sync += [slot.eq(sequence % self.window), kind.set(frames.ANSWERS)]
                with m.If(distance == 0):
                    m.d.sync += expected.eq(expected + 1)
                    with m.If(kept != self.window):
                        m.d.sync += kept.eq(kept + 1)
                with m.Else():
                    m.d.sync += [build.eq(0), resend.eq(distance <= kept)]
                    m.next = "pass"
        with m.State("wait"):  # `free` is of the slot a clock ago
            m.next = "begin"
        with m.State("begin"):
            m.d.comb += self.begin.eq(self.free)
            with m.If(self.free):
                with m.If(kind.equals(frames.WELCOME)):
                    m.next = "welcome"
                with m.Elif(kind.equals(frames.NO_SESSION)):
                    m.next = "pass"
                with m.Elif(is_requests):
                    m.next = "next"
                with m.Else():
                    m.d.sync += [failed.eq(1), kind.set(frames.BAD_REQUEST)]
                    m.next = "status"

    def _welcome(self, m: Module) -> None:
        """State that writes the answer to HELLO."""
        number = Signal(4)
        constants = [*frames.WELCOME_CONSTANTS, self.window, frames.MOST_BODY]
        with m.State("welcome"):
            m.d.comb += self.body.valid.eq(1)
            with m.Switch(number):
                for index, constant in enumerate(constants):
                    with m.Case(index):
                        m.d.comb += self.body.payload.eq(constant)
                with m.Default():
                    m.d.comb += self.body.payload.eq(self._expected)
            with m.If(self.body.ready):
                m.d.sync += number.eq(number + 1)
                with m.If(number == len(constants)):
                    m.d.sync += number.eq(0)
                    m.next = "pass"

    def _requests(
        self, m: Module, taken: _Taken, kind: _Kind, number: Signal, failed: Signal
    ) -> None:
        """States that do requests on the bus."""
        asked, word = taken.asked, taken.word
        is_write, count = asked.is_write, asked.count
        m.d.comb += [
            self.bus.adr.eq(asked.address),
            self.bus.dat_w.eq(word),
            self.bus.sel.eq(~0),
            self.bus.we.eq(is_write),
        ]

        def refuse() -> None:
            m.d.sync += [failed.eq(1), kind.set(frames.BAD_REQUEST)]
            m.next = "status"

        with m.State("request"):
            m.d.comb += asked.loads.eq(1)
            m.next = "words"
        # The next request, if there is one. `count` is 0 when the first is looked for, too.
        with m.State("next"):
            m.d.sync += taken.what.eq(_REQUEST)
            with m.If(taken.body_ends):
                m.next = "status"
            with m.Else():
                with m.If(~failed):
                    m.d.sync += number.eq(number + 1)
                m.next = "take"
                with m.If(~taken.has_word):
                    refuse()
        with m.State("words"):
            m.d.sync += taken.what.eq(_WORD)
            with m.If(~count.any()):
                m.next = "next"
            with m.Elif(is_write):
                m.next = "take"
                with m.If(~taken.has_word):
                    refuse()
            # `full` counts the last byte once it has been written
            with m.Elif(self.ready):
                m.next = "access"
                with m.If(self.full):
                    refuse()
        with m.State("access"):
            m.d.comb += [self.bus.cyc.eq(1), self.bus.stb.eq(1)]
            with m.If(~is_write):
                m.d.sync += word.eq(self.bus.dat_r)
            with m.If(self.bus.ack | self.bus.err):
                m.d.comb += asked.moves.eq(1)
                with m.If(self.bus.err):
                    m.d.sync += failed.eq(1)
                m.next = "words"
                with m.If(~is_write):
                    m.next = "answer"
        with m.State("answer"):
            m.d.comb += [self.body.payload.eq(word[:8]), self.body.valid.eq(1)]
            with m.If(self.body.ready), taken.shift(m):
                m.next = "words"


class _Kind:
    """Kind of an answer, of which bit 0 and bits 6:1, all alike, are kept."""

    def __init__(self) -> None:
        self._bits = Signal(2, reset_less=True, name="kind")

    @property
    def byte(self) -> Value:
        """The kind as it is sent."""
        return Cat(self._bits[0], self._bits[1].replicate(6), 1)

    def set(self, number: int) -> Any:
        """The statement that makes it one of frames' kinds of answers."""
        return self._bits.eq(number & 3)

    def equals(self, number: int) -> Value:
        """Whether it is that one."""
        return self._bits == number & 3


class _Asked:
    """A request, and how far it is done.

    Members
    -------
    loads : a request has come.
    moves : a word of it is done.
    is_write, counts_up : what it is.
    count : words that are left.
    address : of the next one.
    """

    def __init__(self) -> None:
        self.loads, self.moves = Signal(), Signal()
        self.is_write, self.counts_up = Signal(reset_less=True), Signal(reset_less=True)
        self.count = Signal(8, reset_less=True)
        self.address = Signal(16, reset_less=True)

    def follow(self, m: Module, word: Signal) -> None:
        """Take up a request, which is in four bytes; count its words."""
        with m.If(self.loads):
            m.d.sync += Cat(self.is_write, self.counts_up).eq(word)
        with m.If(self.loads | self.moves):
            m.d.sync += [
                self.count.eq(count_or_load(self.count, self.loads, word[8:16], by=-1)),
                self.address.eq(
                    count_or_load(self.address, self.loads, word[16:], by=self.counts_up)
                ),
            ]


# What four bytes are taken as.
_HEADER, _REQUEST, _WORD = 0, 1, 2


class _Taken:
    """What is taken of a frame: four bytes at a time, through one register.

    Members
    -------
    what : the four bytes are taken for: `_HEADER`, `_REQUEST` or `_WORD`.
    word : the last four bytes.
    asked : the request that they are.
    begins : the byte is a frame's length.
    left : bytes of the frame that were not yet taken.
    body_ends, has_word : nothing or four bytes are left in front of the CRC, at which nobody looks
        here.
    last : one byte is left. It and the two above are a clock late, and read two clocks after a byte
        was taken, or later.
    """

    def __init__(self, i: Any) -> None:
        self._i = i
        self.what = Signal(2, reset_less=True)
        self.word = Signal(32, reset_less=True)
        self.asked = _Asked()
        self.begins = Signal()
        self.left = Signal(8, reset_less=True)
        self.body_ends, self.has_word = Signal(reset_less=True), Signal(reset_less=True)
        self.last = Signal(reset_less=True)
        self._byte = Signal(2)

    def count(self, m: Module) -> None:
        """Count what is left of the frame and of the request."""
        self.asked.follow(m, self.word)
        with m.If(self._i.valid & self._i.ready):
            m.d.sync += self.left.eq(count_or_load(self.left, self.begins, self._i.payload, by=-1))
        m.d.sync += [
            self.body_ends.eq(self.left == frames.CRC_BYTES),
            self.has_word.eq(self.left[3:].any()),
            self.last.eq(self.left == 1),
        ]

    def shift(self, m: Module) -> Any:
        """Shift a byte in and one out; the block of what follows the fourth."""
        m.d.sync += [
            self.word.eq(Cat(self.word[8:], self._i.payload)),
            self._byte.eq(self._byte + 1),
        ]
        return m.If(self._byte == 3)
