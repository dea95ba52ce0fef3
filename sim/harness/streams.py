"""Drivers of streams with random idle clocks: a word once offered stays until it is taken."""

from __future__ import annotations

import random
from collections import deque

from sc_sim.design import Dut


class Source:
    """Offers queued words on an input stream.

    Parameters
    ----------
    dut : the design.
    name : of the stream.
    stall : probability of an idle clock before a word.
    rng : source of the idle clocks and of what the idle payload holds.

    Members
    -------
    queue : payloads as drive words, shifted to their place.
    offered : whether the first of them is on the pins.
    """

    def __init__(self, dut: Dut, name: str, stall: float, rng: random.Random) -> None:
        self.name, self.stall, self._rng = name, stall, rng
        self._valid = dut.drive.slots[f"{name}__valid"].mask
        self._ready = dut.sense.slots[f"{name}__ready"].mask
        payload = dut.drive.slots[f"{name}__payload"]
        # what lies on the payload while nothing is offered must not matter
        self._junk = [rng.getrandbits(payload.form.width) << payload.offset for _ in range(16)]
        self.queue: deque[int] = deque()
        self.offered = False

    def offer(self) -> int:
        """Drive bits of this clock."""
        if not self.offered and self.queue and (not self.stall or self._rng.random() >= self.stall):
            self.offered = True
        if self.offered:
            return self._valid | self.queue[0]
        return self._junk[self._rng.getrandbits(4)] if self.queue else 0

    def blocked(self, out: int) -> bool:
        """Whether a word is offered and not taken at this edge."""
        return self.offered and not out & self._ready

    def taken(self, out: int) -> int | None:
        """The word that was transferred at this edge, if any."""
        if not self.offered or not out & self._ready:
            return None
        self.offered = False
        return self.queue.popleft()

    def drop(self) -> None:
        """Forget all words."""
        self.queue.clear()
        self.offered = False


class Sink:
    """Takes words from an output stream, ready at random.

    Parameters
    ----------
    dut : the design.
    name : of the stream.
    stall : probability of a clock in which it is not ready.
    rng : source of that.
    """

    def __init__(self, dut: Dut, name: str, stall: float, rng: random.Random) -> None:
        self.stall, self._rng = stall, rng
        self._ready = dut.drive.slots[f"{name}__ready"].mask
        self._valid = dut.sense.slots[f"{name}__valid"].mask
        self._payload = dut.sense.slots[f"{name}__payload"]
        self._is_ready = False

    def offer(self) -> int:
        """Drive bits of this clock."""
        self._is_ready = not self.stall or self._rng.random() >= self.stall
        return self._ready if self._is_ready else 0

    def blocked(self, out: int) -> bool:
        """Whether a word waits and is not taken at this edge."""
        return bool(out & self._valid) and not self._is_ready

    def taken(self, out: int) -> int | None:
        """The sampled word if its payload was transferred at this edge."""
        return out if self._is_ready and out & self._valid else None
