"""Whole and good frames come out of the receiver, with any stalls; whole ones are dropped."""

from __future__ import annotations

import random
from typing import Any

import pytest
from simulator import simulate

from sc_driver.frames import Frame
from sc_hw.host.link.receiver import FrameReceiver


class Reader:
    """Takes bytes out of a receiver, and says when a frame has ended."""

    def __init__(self, receiver: FrameReceiver) -> None:
        self.receiver, self.bytes, self.left = receiver, bytearray(), 0

    def take(self, ctx: Any, ready: bool) -> bool:
        """Take a byte in this clock, if there is one; whether there was."""
        got = bool(ready and ctx.get(self.receiver.o.valid))
        if got:
            byte = ctx.get(self.receiver.o.payload)
            self.left = self.left - 1 if self.left else byte
            self.bytes.append(byte)
        ctx.set(self.receiver.o.ready, ready)
        ctx.set(self.receiver.done, got and not self.left)
        return got


def received(
    data: list[tuple[bytes, bool]], stall: float, *, frames_held: int = 4, take: bool = True
) -> bytes:
    """What comes out for some bytes, each group with or without a `broken` behind its first."""
    receiver = FrameReceiver(frames_held)
    reader = Reader(receiver)
    draw = random.Random(int(stall * 10))
    stream = [(byte, broken and n == 0) for group, broken in data for n, byte in enumerate(group)]

    async def bench(ctx: Any) -> None:
        quiet = 0
        place = 0
        while quiet < 60:
            offer = place < len(stream) and draw.random() >= stall
            ready = take and draw.random() >= stall
            ctx.set(receiver.i.valid, offer)
            ctx.set(receiver.i.payload, stream[place][0] if offer else 0)
            got = reader.take(ctx, ready)
            accepted = offer and ctx.get(receiver.i.ready)
            ctx.set(receiver.broken, accepted and stream[place][1])
            place += bool(accepted)
            quiet = 0 if got or place < len(stream) else quiet + 1
            await ctx.tick()

    simulate(receiver, bench)
    return bytes(reader.bytes)


@pytest.mark.parametrize("stall", [0.0, 0.3, 0.9])
def test_frames_come_out_whole(stall: float) -> None:
    one, two = Frame(1, 2, 3, b"\0\0ab\0"), Frame(0, 0, 0, b"")
    data = [
        (one.encode(), False),
        (b"\0\0" + two.encode(), False),
        (one.encode()[:-3] + b"\0", False),
        (two.encode(), True),
        (one.encode(), False),
    ]
    assert received(data, stall) == one.pack() + two.pack() + one.pack()


def test_a_frame_without_a_place_is_dropped() -> None:
    """Two places hold two frames, however short; what comes behind them is not half a frame."""
    frames = [Frame(7, n, 1, bytes([n]) * 60) for n in range(4)]
    receiver = FrameReceiver(2)
    reader = Reader(receiver)

    async def bench(ctx: Any) -> None:
        async def send(data: bytes) -> None:
            ctx.set(receiver.i.valid, 1)
            for byte in data:
                ctx.set(receiver.i.payload, byte)
                for _ in range(20):
                    ready = ctx.get(receiver.i.ready)
                    await ctx.tick()
                    if ready:
                        break
            ctx.set(receiver.i.valid, 0)

        async def drain() -> None:
            for _ in range(400):
                reader.take(ctx, True)
                await ctx.tick()
            reader.take(ctx, False)

        third = frames[2].encode()
        await send(frames[0].encode() + frames[1].encode() + third[:30])
        await drain()  # a place becomes free in the midst of the third
        await send(third[30:] + frames[3].encode())
        await drain()

    simulate(receiver, bench)
    wanted = [frames[0], frames[1], frames[3]]
    assert bytes(reader.bytes) == b"".join(frame.pack() for frame in wanted)
