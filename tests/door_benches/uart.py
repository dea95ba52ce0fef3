"""The door `uart` under cocotbext-uart, with pauses between bytes."""

from __future__ import annotations

import random
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, Timer
from cocotbext.uart import UartSink, UartSource

from door_benches.host import answer, job
from door_benches.serial import LinkHost
from sc_driver import frames

CLOCK_NS = 100
PAUSE_SHARE, MOST_PAUSE_NS = 0.2, 5000


class UartHost(LinkHost):
    """A host that drives the door by cocotbext-uart."""

    def __init__(self, top: Any, content: dict[str, Any]) -> None:
        super().__init__(content)
        baud = self.host["parameters"]["baud"]
        self.rng = random.Random(content["seed"])
        self.source, self.sink = UartSource(top.rx, baud=baud), UartSink(top.tx, baud=baud)
        self.reader = frames.FrameReader()

    async def exchange(self, frame: frames.Frame) -> frames.Frame:
        for byte in frame.encode():
            await self.source.write([byte])
            await self.source.wait()
            if self.rng.random() < PAUSE_SHARE:
                await Timer(self.rng.randint(1, MOST_PAUSE_NS), "ns")
        while True:
            for found in self.reader.frames(bytes(await self.sink.read())):
                assert self.reader.broken == 0
                return found


@cocotb.test(timeout_time=50, timeout_unit="ms")
async def learns(top: Any) -> None:
    """All steps by frames of bytes."""
    cocotb.start_soon(Clock(top.clk, CLOCK_NS, "ns").start())
    top.rst.value = 1
    host = UartHost(top, job())
    for _ in range(3):
        await RisingEdge(top.clk)
    top.rst.value = 0
    await Timer(10 * CLOCK_NS, "ns")
    answer(**await host.learn())
