"""The door `spi` under cocotbext-spi, with pauses between bursts of bytes."""

from __future__ import annotations

import random
from typing import Any

import cocotb
import cocotb.clock
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, Timer
from cocotb.types import Logic

from door_benches.host import answer, job
from door_benches.serial import LinkHost
from sc_driver import frames


class BaseClock:
    """What cocotbext-spi 0.5 needs of cocotb 1: cocotb 2 has no longer this class."""

    def __init__(self, signal: Any) -> None:
        self.signal = signal


# ... and the value of a bit has no `integer`
cocotb.clock.BaseClock = BaseClock
Logic.integer = property(int)

from cocotbext.spi import SpiBus, SpiConfig, SpiMaster  # noqa: E402

CLOCK_NS = 100
CLOCKS_A_BIT = 8
MOST_PAUSE_NS = 3000
MOST_BYTES = 8  # of a burst


class SpiHost(LinkHost):
    """A host that drives the door by cocotbext-spi."""

    def __init__(self, top: Any, content: dict[str, Any]) -> None:
        super().__init__(content)
        self.rng = random.Random(content["seed"])
        bus = SpiBus(top, sclk_name="sck", cs_name="cs_n")
        frequency = 1e9 / (CLOCK_NS * CLOCKS_A_BIT)
        # `cs_n` is high for longer than the target needs to see it
        config = SpiConfig(sclk_freq=frequency, frame_spacing_ns=10 * CLOCK_NS)
        self.master = SpiMaster(bus, config)
        self.reader = frames.FrameReader()

    async def burst(self, data: bytes) -> bytes:
        """Bytes while `cs_n` is low; those that came back."""
        await self.master.write(data, burst=True)
        found = bytes(await self.master.read(len(data)))
        await Timer(self.rng.randint(1, MOST_PAUSE_NS), "ns")
        return found

    async def exchange(self, frame: frames.Frame) -> frames.Frame:
        data = frame.encode()
        while True:
            count = self.rng.randint(1, MOST_BYTES)
            # behind the frame 0x00, which is none, to fetch the answer
            sent, data = data[:count] or bytes(count), data[count:]
            for found in self.reader.frames(await self.burst(sent)):
                assert self.reader.broken == 0
                return found


@cocotb.test(timeout_time=200, timeout_unit="ms")
async def learns(top: Any) -> None:
    """All steps by frames of bytes."""
    cocotb.start_soon(Clock(top.clk, CLOCK_NS, "ns").start())
    top.rst.value = 1
    host = SpiHost(top, job())
    for _ in range(3):
        await RisingEdge(top.clk)
    top.rst.value = 0
    await Timer(10 * CLOCK_NS, "ns")
    answer(**await host.learn())
