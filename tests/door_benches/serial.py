"""The link's frames over models of serial lines that others wrote."""

from __future__ import annotations

import struct
from abc import abstractmethod

from door_benches.host import LaneHost
from sc_driver import frames

SESSION = 0x1234
WORD_BYTES = 4


class LinkHost(LaneHost):
    """A host that sends one frame at a time."""

    sequence = 0

    @abstractmethod
    async def exchange(self, frame: frames.Frame) -> frames.Frame:
        """Send a frame, and receive its answer."""

    async def greet(self) -> frames.Welcome:
        """Open the session."""
        return frames.Welcome.unpack((await self.exchange(frames.hello(SESSION))).body)

    async def request(self, body: bytes) -> bytes:
        """A frame of requests; its answer's words, as bytes."""
        frame = frames.Frame(SESSION, self.sequence, frames.REQUESTS, body)
        found = await self.exchange(frame)
        assert (found.session, found.sequence) == (SESSION, self.sequence)
        assert found.kind == frames.REQUESTS | frames.ANSWER
        assert found.body[-1] == 0, f"request {found.body[-1]} was refused"
        self.sequence = (self.sequence + 1) % frames.SEQUENCES
        return found.body[:-1]

    async def read(self, *names: str) -> list[int]:
        body = b"".join(frames.read_request(self.at[name] // 4, 1, 0) for name in names)
        data = await self.request(body)
        return list(struct.unpack(f"<{len(names)}I", data))

    async def write(self, *words: tuple[str, int]) -> None:
        body = b"".join(
            frames.write_request(self.at[name] // 4, word.to_bytes(WORD_BYTES, "little"), 0)
            for name, word in words
        )
        assert await self.request(body) == b""

    async def learn(self) -> dict[str, list[list[int]]]:
        """Greet, and do what every host of a lane does."""
        welcome = await self.greet()
        assert welcome.magic == frames.MAGIC
        return await super().learn()
