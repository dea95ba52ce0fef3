"""The door `spi_bus` under cocotbext-spi: packets made by hand, several in a burst."""

from __future__ import annotations

from typing import Any

import cocotb

from door_benches.host import LaneHost, answer, job
from door_benches.spi import Master, begin

PACKET_BYTES = 7
READ, WRITE = 0x8000, 0xC000
ENDED, REFUSED, PASSED_OVER = 4, 2, 1


def packet(header: int, word: int) -> bytes:
    """A packet, its CRC by long division."""
    data = header.to_bytes(2, "big") + word.to_bytes(4, "big")
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc << 1 ^ (0x107 if crc & 0x80 else 0)
    return data + bytes([crc])


class SpiBusHost(LaneHost):
    """A host that makes all accesses of a call in one burst; none of them waits for a step."""

    def __init__(self, top: Any, content: dict[str, Any]) -> None:
        super().__init__(content)
        self.master = Master(top, content["seed"])

    async def make(self, *accesses: tuple[int, int]) -> list[int]:
        """Headers and words; the words that come back."""
        sent = [packet(*access) for access in (*accesses, (0, 0))]
        came = await self.master.burst(b"".join(sent))
        rows = [came[n : n + PACKET_BYTES] for n in range(0, len(came), PACKET_BYTES)]
        for row in rows:
            header, word = int.from_bytes(row[:2], "big"), int.from_bytes(row[2:6], "big")
            assert row == packet(header, word)
            assert header == 0x5550 | ENDED
        return [int.from_bytes(row[2:6], "big") for row in rows[1:]]

    async def read(self, *names: str) -> list[int]:
        return await self.make(*((READ | self.at[name] // 4, 0) for name in names))

    async def write(self, *words: tuple[str, int]) -> None:
        await self.make(*((WRITE | self.at[name] // 4, word) for name, word in words))


@cocotb.test(timeout_time=200, timeout_unit="ms")
async def learns(top: Any) -> None:
    """All steps by packets."""
    host = SpiBusHost(top, job())
    await begin(top)
    answer(**await host.learn())
