"""Frames of requests on their way: sent again until each has its answer (go-back-N)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sc_driver import frames
from sc_driver.errors import NoAnswerError, SessionLostError
from sc_driver.frames import Frame
from sc_driver.transports import Transport

# USB adapters hold bytes back for up to 16 ms (FTDI's latency timer), and a scheduler may add some.
LEAST_TIMEOUT = 0.02
FIRST_TIMEOUT = 0.1
MOST_TIMEOUT = 1.0
# Tries of a frame. Timeouts double up to the longest, so that all of them are 7 to 10 seconds. A
# bus access that waits for a step of a large layer has ended long before; and noise that breaks
# four of ten tries stops one frame in 60,000.
TRIES = 12
# Tries of a greeting, less than three seconds: there may just be no board.
GREETINGS = 5


@dataclass
class Statistics:
    """What a link has done since it was made.

    Members
    -------
    frames : frames of requests that were answered.
    sent_again : frames that were sent once more.
    timeouts : waits that ended without an answer.
    bytes_sent, bytes_read : on the wire.
    broken : pieces of what came that were no frames.
    """

    frames: int = 0
    sent_again: int = 0
    timeouts: int = 0
    bytes_sent: int = 0
    bytes_read: int = 0
    broken: int = 0


class Timeout:
    """How long to wait for an answer, learned from those that came (RFC 6298).

    Members
    -------
    seconds : of the first try.
    """

    def __init__(self, bytes_per_second: float | None) -> None:
        # a longest request, and an answer in front of ours
        self._wire = 2 * (frames.MAX_FRAME + 2) / bytes_per_second if bytes_per_second else 0.0
        self._smoothed: float | None = None
        self._variation = 0.0

    @property
    def seconds(self) -> float:
        """Patience of a first try."""
        if self._smoothed is None:
            return FIRST_TIMEOUT + self._wire
        estimate = self._smoothed + 4 * self._variation
        return min(MOST_TIMEOUT, max(LEAST_TIMEOUT, estimate)) + self._wire

    def of_try(self, attempt: int) -> float:
        """Patience of the first try (0) and of those that follow, each twice as long."""
        return min(MOST_TIMEOUT + self._wire, self.seconds * 2.0**attempt)

    def learn(self, seconds: float) -> None:
        """Take in how long an answer took to a frame that was sent once."""
        if self._smoothed is None:
            self._smoothed, self._variation = seconds, seconds / 2
        else:
            self._variation += (abs(seconds - self._smoothed) - self._variation) / 4
            self._smoothed += (seconds - self._smoothed) / 8


class Wire:
    """A transport with a reader of frames behind it, which counts what passes.

    Members
    -------
    transport : what carries the bytes.
    statistics : what has passed.
    reader : of the frames that come.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.statistics = Statistics()
        self.reader = frames.FrameReader()
        self.timeout = Timeout(transport.bytes_per_second)

    @property
    def name(self) -> str:
        """Name of the port."""
        return self.transport.name

    def time(self) -> float:
        """Seconds since some moment."""
        return self.transport.time()

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.transport.write(data)
        self.statistics.bytes_sent += len(data)

    def receive(self, seconds: float) -> list[Frame]:
        """Frames that come; waits for the first byte at most so long."""
        arrivals = list(self.reader.frames(self.transport.read(seconds)))
        self.statistics.bytes_read = self.reader.bytes_read
        self.statistics.broken = self.reader.broken
        return arrivals


class Exchange:
    """Frames of requests on their way, and what has come back."""

    def __init__(
        self, wire: Wire, window: int, session: int, sequence: int, bodies: Sequence[bytes]
    ) -> None:
        self._wire = wire
        self._window = window
        self._session = session
        self._encoded = [
            Frame(session, (sequence + n) % frames.SEQUENCES, frames.REQUESTS, body).encode()
            for n, body in enumerate(bodies)
        ]
        self._first_sequence = sequence
        self._answers: dict[int, Frame] = {}
        self._sent_at: dict[int, float] = {}  # frames that were sent once
        self._base = 0  # all in front of it are answered
        self._next = 0  # first that was not yet sent
        self._latest = -1  # last one that is answered
        # all in front of it were sent again, because a later one was answered
        self._asked_again = 0

    def run(self) -> Iterator[Frame]:
        """Send all and wait for all; the answers in order."""
        wire, clock = self._wire, self._wire.time
        attempt = 0
        deadline = clock() + wire.timeout.of_try(0)
        while self._base < len(self._encoded):
            if self._fill_window():
                deadline = clock() + wire.timeout.of_try(attempt)
            remaining = deadline - clock()
            if remaining <= 0:
                attempt += 1
                wire.statistics.timeouts += 1
                if attempt == TRIES:
                    raise NoAnswerError(self._silence())
                self._send_again(range(self._base, self._next), flush=True)
                deadline = clock() + wire.timeout.of_try(attempt)
                continue
            before = len(self._answers)
            for frame in wire.receive(remaining):
                self._take(frame)
            self._ask_for_gap()
            if len(self._answers) != before:
                attempt, deadline = 0, clock() + wire.timeout.of_try(0)
        for n in range(len(self._encoded)):
            yield self._answers[n]

    def _fill_window(self) -> bool:
        """Send what the window allows; whether it was anything."""
        end = min(self._base + self._window, len(self._encoded))
        if end <= self._next:
            return False
        self._wire.send(b"".join(self._encoded[self._next : end]))
        now = self._wire.time()
        self._sent_at |= dict.fromkeys(range(self._next, end), now)
        self._next = end
        return True

    def _take(self, frame: Frame) -> None:
        """Keep an answer to a frame that is in flight; all others are old."""
        if frame.session != self._session:
            return
        if frame.kind == frames.NO_SESSION:
            raise SessionLostError(
                f"The board on {self._wire.name} has forgotten this session: it was"
                " reset, or another program has greeted it. What was in flight may have been done"
                " or not; greet it again (hello), and load what it needs."
            )
        n = self._base + ((frame.sequence - self._first_sequence - self._base) % frames.SEQUENCES)
        if frame.kind not in (frames.REQUESTS | frames.ANSWER, frames.BAD_REQUEST):
            return
        if n >= self._next or n in self._answers:
            return
        self._answers[n] = frame
        self._latest = max(self._latest, n)
        if n in self._sent_at:
            self._wire.timeout.learn(self._wire.time() - self._sent_at.pop(n))
        while self._base in self._answers:
            self._base += 1

    def _ask_for_gap(self) -> None:
        """Send frames again whose answers were lost: a later one has been answered."""
        start = max(self._base, self._asked_again)
        if self._latest > start:
            gap = [n for n in range(start, self._latest) if n not in self._answers]
            self._asked_again = self._latest
            self._send_again(gap)

    def _send_again(self, numbers: Sequence[int], flush: bool = False) -> None:
        """Send frames once more, with a zero in front that ends what noise has begun."""
        missing = [n for n in numbers if n not in self._answers]
        for n in missing:
            self._sent_at.pop(n, None)
        self._wire.send(b"\0" * flush + b"".join(self._encoded[n] for n in missing))
        self._wire.statistics.sent_again += len(missing)

    def _silence(self) -> str:
        return (
            f"The board on {self._wire.name} has stopped answering: frame"
            f" {self._base + 1} of {len(self._encoded)} was sent {TRIES} times. What was in flight"
            " may have been done or not; check power and cable, then greet it again (hello)."
        )
