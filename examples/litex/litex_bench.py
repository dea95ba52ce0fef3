"""A host at the SoC's serial line, in the simulator (cocotb, cocotbext-uart).

It speaks the protocol of LiteX's UARTBone, as `litex_server --uart` does: a command, a count of
words, a word address and the words, high byte first.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import Timer
from cocotbext.uart import UartSink, UartSource

JOB = "SC_LITEX_JOB"  # environment variable: the job's file
WRITE_SAME, READ_SAME = 3, 4  # commands: a burst to one address (a FIFO)
WORD_BYTES = 4


class Bridge:
    """The SoC's bus through its serial line."""

    def __init__(self, top: Any, baud: int) -> None:
        self.source, self.sink = UartSource(top.serial_rx, baud), UartSink(top.serial_tx, baud)

    async def write(self, address: int, *words: int) -> None:
        """Write words to one address, in bytes."""
        data = b"".join(word.to_bytes(WORD_BYTES, "big") for word in words)
        await self._send(WRITE_SAME, len(words), address, data)
        await self.source.wait()

    async def read(self, address: int, count: int = 1) -> list[int]:
        """Read words from one address, in bytes."""
        await self._send(READ_SAME, count, address)
        data = b""
        while len(data) < count * WORD_BYTES:
            data += bytes(await self.sink.read())
        return [
            int.from_bytes(data[k : k + WORD_BYTES], "big") for k in range(0, len(data), WORD_BYTES)
        ]

    async def _send(self, command: int, count: int, address: int, data: bytes = b"") -> None:
        head = bytes((command, count)) + (address // WORD_BYTES).to_bytes(WORD_BYTES, "big")
        await self.source.write(head + data)


@cocotb.test(timeout_time=50, timeout_unit="ms")
async def learns(top: Any) -> None:
    """Read the identity, load a weight, take the steps, and fetch an output packet for each."""
    job = json.loads(Path(os.environ[JOB]).read_text(encoding="utf-8"))
    cocotb.start_soon(Clock(top.sys_clk, job["clock_ns"], "ns").start())
    top.serial_rx.value = 1
    await Timer(100 * job["clock_ns"], "ns")
    bridge = Bridge(top, job["baud"])
    at = {name: job["base"] + offset for name, offset in job["registers"].items()}
    identity = [(await bridge.read(at[name]))[0] for name in ("MAGIC", "PROTOCOL", "BUILD_ID_LOW")]
    await bridge.write(at["WINDOW_DATA"], *job["window"])
    await bridge.write(at["INTERRUPT_ENABLE"], 1)  # there are outputs
    packets, interrupts = [], []
    for word in job["steps"]:
        await bridge.write(at["STEP_DATA"], word)
        await Timer(100 * job["clock_ns"], "ns")  # the last byte's stop bit, and the step
        interrupts.append(int(top.irq.value))
        packets.append(await bridge.read(at["OUTPUT_DATA"], job["output_words"]))
    answer = {"identity": identity, "packets": packets, "interrupts": interrupts}
    Path(job["answer"]).write_text(json.dumps(answer), encoding="utf-8")
