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


class Master:
    """A controller of cocotbext-spi, with pauses between its bursts."""

    def __init__(self, top: Any, seed: int) -> None:
        self.rng = random.Random(seed)
        bus = SpiBus(top, sclk_name="sck", cs_name="cs_n")
        frequency = 1e9 / (CLOCK_NS * CLOCKS_A_BIT)
        # `cs_n` is high for longer than the target needs to see it
        config = SpiConfig(sclk_freq=frequency, frame_spacing_ns=10 * CLOCK_NS)
        self.master = SpiMaster(bus, config)

    async def burst(self, data: bytes) -> bytes:
        """Bytes while `cs_n` is low; those that came back."""
        await self.master.write(data, burst=True)
        found = bytes(await self.master.read(len(data)))
        await Timer(self.rng.randint(1, MOST_PAUSE_NS), "ns")
        return found


class SpiHost(LinkHost):
    """A host that drives the door by cocotbext-spi."""

    def __init__(self, top: Any, content: dict[str, Any]) -> None:
        super().__init__(content)
        self.master = Master(top, content["seed"])
        self.reader = frames.FrameReader()

    async def exchange(self, frame: frames.Frame) -> frames.Frame:
        data = frame.encode()
        while True:
            count = self.master.rng.randint(1, MOST_BYTES)
            # behind the frame 0x00, which is none, to fetch the answer
            sent, data = data[:count] or bytes(count), data[count:]
            for found in self.reader.frames(await self.master.burst(sent)):
                assert self.reader.broken == 0
                return found


async def begin(top: Any) -> None:
    """The clock, and a reset."""
    cocotb.start_soon(Clock(top.clk, CLOCK_NS, "ns").start())
    top.rst.value = 1
    for _ in range(3):
        await RisingEdge(top.clk)
    top.rst.value = 0
    await Timer(10 * CLOCK_NS, "ns")


@cocotb.test(timeout_time=200, timeout_unit="ms")
async def learns(top: Any) -> None:
    """All steps by frames of bytes."""
    host = SpiHost(top, job())
    await begin(top)
    answer(**await host.learn())
