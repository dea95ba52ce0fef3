# amaranth: UnusedElaboratable=no
"""Does what frames ask for: sessions, sequence numbers, and accesses of the bus."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.host import wishbone
from sc_hw.host.link import frames


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
    i : bytes of good frames.
    bus : initiator; `err` ends an access like `ack`, and is reported in the answer.
    begin, finish, send, slot, header, kind, body : to `Answers`.
    ready, free, full : from `Answers`.
    """

    def __init__(self, window: int) -> None:
        self.window = window
        super().__init__(
            {
                "i": In(stream.Signature(8)),
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
        left = Signal(8)  # bytes of the frame that were not yet taken
        take = Signal()
        m.d.comb += take.eq(self.i.valid & self.i.ready)
        with m.If(take):
            m.d.sync += left.eq(left - 1)
        number = Signal(8)  # of the request, from 1
        status = Signal(8)  # of the first request that the bus has refused
        bad = Signal()  # request `number` can't be done
        build, resend = Signal(), Signal()  # what is to be done when the frame has been taken
        with m.FSM(name="executor"):
            with m.State("length"):
                m.d.comb += self.i.ready.eq(1)
                m.d.sync += [build.eq(0), resend.eq(0), number.eq(0), status.eq(0), bad.eq(0)]
                with m.If(take):
                    m.d.sync += left.eq(self.i.payload)
                    m.next = "session low"
            self._header(m, take, build, resend, bad)
            self._welcome(m)
            self._requests(m, take, left, number, status, bad)
            with m.State("status"):
                m.d.comb += [self.body.payload.eq(Mux(bad, number, status)), self.body.valid.eq(1)]
                with m.If(bad):
                    m.d.sync += self.kind.eq(frames.BAD_REQUEST)
                with m.If(self.body.ready):
                    m.next = "pass"
            with m.State("pass"):
                m.d.comb += self.i.ready.eq(left.any())
                with m.If(~left.any()):
                    m.d.comb += [self.finish.eq(build), self.send.eq(resend)]
                    m.next = "settle"
            with m.State("settle"), m.If(self.ready):
                m.next = "length"
        return m

    def _header(self, m: Module, take: Signal, build: Signal, resend: Signal, bad: Signal) -> None:
        """States that take the header and decide what becomes of the frame."""
        session, is_open = Signal(16), Signal()
        expected = Signal(8)  # sequence
        kept = Signal(range(self.window + 1))  # answers since the session was opened, at most W
        is_hello, is_requests = Signal(), Signal()
        same = Signal()  # the frame is of the open session
        distance = Signal(8)  # how far the frame's sequence lies behind the expected one
        self._expected = expected
        sequence = self.header[16:]
        # Registered, so that no long path begins at the header: read in `decide`, two clocks after
        # its last change.
        m.d.sync += [
            same.eq(is_open & (session == self.header[:16])),
            distance.eq(expected - sequence),
        ]
        for state, following in (
            ("session low", "session high"),
            ("session high", "sequence"),
            ("sequence", "kind"),
        ):
            with m.State(state):
                m.d.comb += self.i.ready.eq(1)
                with m.If(take):
                    m.d.sync += self.header.eq(Cat(self.header[8:], self.i.payload))
                    m.next = following
        with m.State("kind"):
            m.d.comb += self.i.ready.eq(1)
            m.d.sync += [
                is_hello.eq(self.i.payload == frames.HELLO),
                is_requests.eq(self.i.payload == frames.REQUESTS),
            ]
            with m.If(take):
                m.next = "decide"
        with m.State("decide"):
            m.next = "begin"
            m.d.sync += [build.eq(1), self.slot.eq(self.window)]
            with m.If(is_hello):
                m.d.sync += self.kind.eq(frames.WELCOME)
                with m.If(~same):
                    m.d.sync += [session.eq(self.header), is_open.eq(1)]
                    m.d.sync += [expected.eq(0), kept.eq(0)]
            with m.Elif(~same):
                m.d.sync += self.kind.eq(frames.NO_SESSION)
            with m.Else():
                m.d.sync += self.slot.eq(sequence % self.window)
                m.d.sync += self.kind.eq(frames.ANSWERS)
                with m.If(distance == 0):
                    m.d.sync += expected.eq(expected + 1)
                    with m.If(kept != self.window):
                        m.d.sync += kept.eq(kept + 1)
                with m.Else():
                    m.d.sync += [build.eq(0), resend.eq(distance <= kept)]
                    m.next = "pass"
        with m.State("begin"):
            m.d.comb += self.begin.eq(self.free)
            with m.If(self.free):
                with m.If(self.kind == frames.WELCOME):
                    m.next = "welcome"
                with m.Elif(self.kind == frames.NO_SESSION):
                    m.next = "pass"
                with m.Elif(is_requests):
                    m.next = "request"
                with m.Else():
                    m.d.sync += bad.eq(1)
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
        self,
        m: Module,
        take: Signal,
        left: Signal,
        number: Signal,
        status: Signal,
        bad: Signal,
    ) -> None:
        """States that take requests and do them on the bus."""
        is_write, counts_up = Signal(), Signal()
        count = Signal(8)
        address = Signal(16)
        word = Signal(32)
        byte = Signal(2)  # of the word
        # Behind the body comes the CRC, which nobody looks at here.
        body_ends = left == frames.CRC_BYTES
        has_word = left[3:].any()  # four bytes and the CRC
        m.d.comb += [
            self.bus.adr.eq(address),
            self.bus.dat_w.eq(word),
            self.bus.sel.eq(~0),
            self.bus.we.eq(is_write),
        ]

        def refuse() -> None:
            m.d.sync += bad.eq(1)
            m.next = "status"

        with m.State("request"):
            with m.If(body_ends):
                m.next = "status"
            with m.Elif(~has_word):
                m.d.sync += number.eq(number + 1)
                refuse()
            with m.Else():
                m.d.comb += self.i.ready.eq(1)
                m.d.sync += Cat(is_write, counts_up).eq(self.i.payload)
                with m.If(take):
                    m.d.sync += number.eq(number + 1)
                    m.next = "count"
        with m.State("count"):
            m.d.comb += self.i.ready.eq(1)
            m.d.sync += count.eq(self.i.payload)
            with m.If(take):
                m.next = "address low"
        for state, following in (("address low", "address high"), ("address high", "next")):
            with m.State(state):
                m.d.comb += self.i.ready.eq(1)
                with m.If(take):
                    m.d.sync += address.eq(Cat(address[8:], self.i.payload))
                    m.next = following
        with m.State("next"):
            with m.If(~count.any()):
                m.next = "request"
            with m.Elif(is_write):
                m.next = "word"
                with m.If(~has_word):
                    refuse()
            # `full` counts the last byte once it has been written
            with m.Elif(self.ready):
                m.next = "access"
                with m.If(self.full):
                    refuse()
        with m.State("word"):
            m.d.comb += self.i.ready.eq(1)
            with m.If(take):
                m.d.sync += [word.eq(Cat(word[8:], self.i.payload)), byte.eq(byte + 1)]
                with m.If(byte == 3):
                    m.next = "access"
        with m.State("access"):
            m.d.comb += [self.bus.cyc.eq(1), self.bus.stb.eq(1)]
            m.d.sync += word.eq(Mux(is_write, word, self.bus.dat_r))
            with m.If(self.bus.ack | self.bus.err):
                m.d.sync += [count.eq(count - 1), address.eq(address + counts_up)]
                with m.If(self.bus.err & ~status.any()):
                    m.d.sync += status.eq(number)
                m.next = "next"
                with m.If(~is_write):
                    m.next = "answer"
        with m.State("answer"):
            m.d.comb += [self.body.payload.eq(word[:8]), self.body.valid.eq(1)]
            with m.If(self.body.ready):
                m.d.sync += [word.eq(word >> 8), byte.eq(byte + 1)]
                m.next = "answer"
                with m.If(byte == 3):
                    m.next = "next"
