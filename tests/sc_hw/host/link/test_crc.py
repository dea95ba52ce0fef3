"""The CRC of bits is zlib's, and it comes out as it is sent."""

from __future__ import annotations

import zlib
from typing import Any

from simulator import simulate

from sc_hw.host.link.crc import BITS, SerialCrc


def test_crc_of_bits_is_that_of_zlib() -> None:
    crc = SerialCrc()
    found = []

    async def bench(ctx: Any) -> None:
        for data in (b"123456789", b"", b"\0\xff"):
            ctx.set(crc.start, 1)
            ctx.set(crc.valid, 1)  # `start` goes before it
            await ctx.tick()
            ctx.set(crc.start, 0)
            for byte in data:
                for bit in range(8):
                    ctx.set(crc.data, byte >> bit & 1)
                    await ctx.tick()
            ctx.set(crc.out, 1)
            value = 0
            for bit in range(BITS):
                value |= ctx.get(crc.bit) << bit
                await ctx.tick()
            ctx.set(crc.out, 0)
            found.append((value, zlib.crc32(data)))

    simulate(crc, bench)
    assert [ours for ours, _ in found] == [zlibs for _, zlibs in found]
