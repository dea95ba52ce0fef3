"""The gateware's numbers are the driver's and the register map's; its CRC is zlib's."""

from __future__ import annotations

import zlib
from typing import Any

from simulator import simulate

from sc_driver import frames as driver
from sc_hw.host import register_map
from sc_hw.host.link import frames


def test_numbers_of_both_sides() -> None:
    for name in ("MAGIC", "PROTOCOL", "HELLO", "REQUESTS", "NO_SESSION", "BAD_REQUEST"):
        assert getattr(frames, name) == getattr(driver, name), name
    assert frames.MOST_BODY == driver.MAX_BODY
    assert frames.MOST_BYTES == driver.MAX_FRAME
    assert frames.WELCOME == driver.HELLO | driver.ANSWER
    assert frames.ANSWERS == driver.REQUESTS | driver.ANSWER
    assert frames.MAGIC == register_map.MAGIC


def test_crc_of_bits() -> None:
    crc = frames.crc32()
    data = b"123456789"

    async def bench(ctx: Any) -> None:
        ctx.set(crc.start, 1)
        await ctx.tick()
        ctx.set(crc.start, 0)
        ctx.set(crc.valid, 1)
        for byte in data + zlib.crc32(data).to_bytes(4, "little"):
            for bit in range(8):
                ctx.set(crc.data, byte >> bit & 1)
                await ctx.tick()
        assert ctx.get(crc.match_detected)

    simulate(crc, bench)
