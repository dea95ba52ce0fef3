"""Whole and good frames come out of the receiver, with any stalls; a full ring drops whole ones."""

from __future__ import annotations

import random
from typing import Any

import pytest
from simulator import simulate

from sc_driver.frames import Frame
from sc_hw.host.link.receiver import FrameReceiver


def received(
    data: list[tuple[bytes, bool]], stall: float, *, frames_held: int = 1, take: bool = True
) -> bytes:
    """What comes out for some bytes, each group with or without a `broken` behind its first."""
    receiver = FrameReceiver(frames_held)
    out = bytearray()
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
            ctx.set(receiver.o.ready, ready)
            accepted = offer and ctx.get(receiver.i.ready)
            ctx.set(receiver.broken, accepted and stream[place][1])
            got = ready and ctx.get(receiver.o.valid)
            if got:
                out.append(ctx.get(receiver.o.payload))
            place += bool(accepted)
            quiet = 0 if got or place < len(stream) else quiet + 1
            await ctx.tick()

    simulate(receiver, bench)
    return bytes(out)


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


def test_a_full_ring_drops_what_has_no_room() -> None:
    """256 bytes hold one of the longest frames, or some short ones, and nothing half."""
    frames = [Frame(7, n, 1, bytes([n]) * 60) for n in range(4)]
    receiver = FrameReceiver(1)
    out = bytearray()

    async def bench(ctx: Any) -> None:
        ctx.set(receiver.i.valid, 1)
        for byte in b"".join(frame.encode() for frame in frames):
            ctx.set(receiver.i.payload, byte)
            for _ in range(20):
                ready = ctx.get(receiver.i.ready)
                await ctx.tick()
                if ready:
                    break
        ctx.set(receiver.i.valid, 0)
        ctx.set(receiver.o.ready, 1)
        for _ in range(600):
            if ctx.get(receiver.o.valid):
                out.append(ctx.get(receiver.o.payload))
            await ctx.tick()

    simulate(receiver, bench)
    assert bytes(out) == b"".join(frame.pack() for frame in frames[:3])
