"""A link to a board: reads and writes of its bus, each done exactly once or an error.

Requests are packed into frames, of which several are in flight. The board does a frame's requests
if its sequence number is the next one, and keeps its answer; a frame that comes again is answered
from there. So a frame may be sent as often as it takes. `docs/link.md` has the frames.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from sc_driver import frames
from sc_driver.accesses import Accesses, Answer, Batch
from sc_driver.errors import (
    BusError,
    NoAnswerError,
    ProtocolError,
    SessionLostError,
)
from sc_driver.exchange import GREETINGS, Exchange, Statistics, Wire
from sc_driver.frames import Frame
from sc_driver.requests import Read, Request, Words, Write, packed
from sc_driver.transports import Transport

__all__ = ["Answer", "Batch", "Link", "Read", "Statistics", "Words", "Write"]


class Link(Accesses):
    """Reads and writes of a board's bus through a transport.

    Every method may raise any `LinkError`. After one other than `BusError` the session is over;
    `hello` begins a new one.

    Members
    -------
    transport : what carries the bytes.
    window : frames in flight, once the board has been greeted: its own number, or less if asked.
    statistics : what has been sent and read.
    """

    def __init__(
        self, transport: Transport, window: int | None = None, seed: int | None = None
    ) -> None:
        """Make a link; nothing is sent yet.

        Parameters
        ----------
        transport : an open port.
        window : the most frames in flight; None: as many as the board keeps answers of.
        seed : of the sessions' numbers, for runs that can be repeated; None: from the system.
        """
        if window is not None and window < 1:
            raise ValueError(f"Window must be 1 frame or more, not {window}")
        self._wire = Wire(transport)
        self._asked_window = window
        self.window = 1
        self._max_body = frames.MAX_BODY
        self._random = random.SystemRandom() if seed is None else random.Random(seed)
        self._session: int | None = None
        self._sequence = 0

    @property
    def transport(self) -> Transport:
        """What carries the bytes."""
        return self._wire.transport

    @property
    def statistics(self) -> Statistics:
        """What has been sent and read."""
        return self._wire.statistics

    # --- sessions ---------------------------------------------------------------------------------

    def hello(self) -> frames.Welcome:
        """Greet the board and begin a new session; returns its answer.

        Raises
        ------
        NoAnswerError
            Nothing that answers like a board.
        ProtocolError
            The board speaks another version.
        """
        self._session = None
        self._wire.reader.clear()
        before = (self._wire.reader.bytes_read, self._wire.reader.broken)
        for attempt in range(GREETINGS):
            # another number each time: an answer that comes late belongs to no later session
            session = self._random.randrange(1 << 16)
            # The first bytes spoil a frame of an earlier session that lacks nothing but its end.
            self._wire.send(b"\1\0" + frames.hello(session, attempt).encode())
            welcome = self._await_welcome(session, self._wire.timeout.of_try(attempt))
            if welcome is None:
                self.statistics.timeouts += 1
                continue
            if welcome.magic != frames.MAGIC or welcome.protocol != frames.PROTOCOL:
                raise ProtocolError(
                    f"The board on {self._wire.name} speaks version {welcome.protocol} of the"
                    f" link (magic 0x{welcome.magic:08X}), this driver version {frames.PROTOCOL}"
                    f" (magic 0x{frames.MAGIC:08X}); use the sc-hw that the board was built with."
                )
            if welcome.next_sequence:  # by chance the number of the session that was open
                continue
            self._session, self._sequence = session, 0
            self.window = min(self._asked_window or welcome.window, max(1, welcome.window))
            self._max_body = min(frames.MAX_BODY, welcome.max_body)
            return welcome
        raise NoAnswerError(self._silence(*before))

    def _await_welcome(self, session: int, seconds: float) -> frames.Welcome | None:
        """The answer to HELLO; None if none comes in time."""
        deadline = self._wire.time() + seconds
        while (remaining := deadline - self._wire.time()) > 0:
            for frame in self._wire.receive(remaining):
                if frame.kind == frames.HELLO | frames.ANSWER and frame.session == session:
                    try:
                        return frames.Welcome.unpack(frame.body)
                    except frames.FrameError:
                        continue
        return None

    def _silence(self, bytes_read: int, broken: int) -> str:
        """Why there was no answer to a greeting, by what came instead."""
        count = self._wire.reader.bytes_read - bytes_read
        broken = self._wire.reader.broken - broken
        if count == 0:
            what = (
                "not one byte came; is it the board's port, is the board configured, and are rx"
                " and tx the right way round?"
            )
        else:
            what = (
                f"{count} bytes came ({broken} broken frames); is the baud rate that of the design,"
                " and is it the right port?"
            )
        return f"No answer on {self._wire.name} to {GREETINGS} greetings: {what}"

    def close(self) -> None:
        """End the session and close the port; once more does no harm."""
        self._session = None
        self._wire.transport.close()

    # --- requests ---------------------------------------------------------------------------------

    def transact(self, requests: Sequence[Request]) -> list[Words]:
        """Do requests in order, as many frames in flight as the window allows.

        See `Accesses.transact`.
        """
        plans = packed(requests, self._max_body)
        answers = self._exchange([bytes(plan.body) for plan in plans])
        reads = sum(isinstance(request, Read) for request in requests)
        pieces: list[list[Words]] = [[] for _ in range(reads)]
        bus_error: BusError | None = None
        for plan, answer in zip(plans, answers, strict=True):
            expected = plan.answer_bytes + frames.STATUS_BYTES
            status = answer.body[-1] if answer.body else 0
            if answer.kind == frames.BAD_REQUEST or len(answer.body) != expected:
                self._session = None
                raise ProtocolError(
                    f"The board on {self._wire.name} does not understand request {status} of a"
                    f" frame ({len(answer.body)} bytes came, {expected} were expected); please"
                    " report it."
                )
            if status and bus_error is None:
                address = plan.addresses[min(status, len(plan.addresses)) - 1]
                bus_error = BusError(address)
            words = np.frombuffer(answer.body, "<u4", plan.answer_bytes // frames.WORD_BYTES)
            place = 0
            for number, count in plan.reads:
                pieces[number].append(words[place : place + count])
                place += count
        if bus_error is not None:
            raise bus_error
        return [
            np.concatenate(parts).astype(np.uint32) if parts else np.zeros(0, np.uint32)
            for parts in pieces
        ]

    def _exchange(self, bodies: Sequence[bytes]) -> list[Frame]:
        """Send frames of requests; the answer of each."""
        if self._session is None:
            raise SessionLostError(
                f"There is no session with the board on {self._wire.name}; greet it (hello)."
            )
        try:
            answers = list(
                Exchange(self._wire, self.window, self._session, self._sequence, bodies).run()
            )
        except BaseException:  # an interrupt, too, leaves frames in flight that nobody waits for
            self._session = None
            raise
        self._sequence = (self._sequence + len(bodies)) % frames.SEQUENCES
        self.statistics.frames += len(bodies)
        return answers
