"""The door `axi` under cocotbext-axi's manager, source and sink, with random stalls everywhere."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge
from cocotbext.axi import (
    AxiLiteBus,
    AxiLiteMaster,
    AxiResp,
    AxiStreamBus,
    AxiStreamFrame,
    AxiStreamSink,
    AxiStreamSource,
)

from door_benches.host import LayerHost, answer, job

BYTES = 4


class AxiHost(LayerHost):
    """A host that drives the door by cocotbext-axi.

    Members
    -------
    share : of the clocks in which a channel pauses.
    """

    def __init__(self, top: Any, content: dict[str, Any]) -> None:
        super().__init__(content)
        self.share = 0.0
        self.rng = random.Random(content["seed"])
        self.bus = AxiLiteMaster(AxiLiteBus.from_prefix(top, "s_axi"), top.clk, top.rst)
        self.source = AxiStreamSource(AxiStreamBus.from_prefix(top, "s_axis"), top.clk, top.rst)
        self.sink = AxiStreamSink(AxiStreamBus.from_prefix(top, "m_axis"), top.clk, top.rst)
        write, read = self.bus.write_if, self.bus.read_if
        channels = (write.aw_channel, write.w_channel, write.b_channel)
        channels += (read.ar_channel, read.r_channel, self.source, self.sink)
        for channel in channels:
            channel.set_pause_generator(self.pauses())

    def pauses(self) -> Iterator[bool]:
        """Whether a channel pauses in a clock."""
        while True:
            yield self.rng.random() < self.share

    async def read(self, *names: str) -> list[int]:
        """All at once: the manager has several accesses on their way."""
        asked = [self.bus.init_read(self.at[name], BYTES) for name in names]
        words = []
        for event in asked:
            await event.wait()
            assert event.data.resp == AxiResp.OKAY
            words.append(int.from_bytes(event.data.data, "little"))
        return words

    async def write(self, *words: tuple[str, int]) -> None:
        """All at once."""
        asked = [
            self.bus.init_write(self.at[name], word.to_bytes(BYTES, "little"))
            for name, word in words
        ]
        for event in asked:
            await event.wait()
            assert event.data.resp == AxiResp.OKAY

    async def send(self, words: list[int]) -> None:
        """A packet of the stream."""
        data = b"".join(word.to_bytes(BYTES, "little") for word in words)
        await self.source.send(AxiStreamFrame(data))

    async def receive(self) -> list[int]:
        """The next packet of the stream."""
        data = bytes((await self.sink.recv()).tdata)
        return [int.from_bytes(data[k : k + BYTES], "little") for k in range(0, len(data), BYTES)]


async def refusals(host: AxiHost) -> list[int]:
    """Answers to what must be refused: addresses without a register, parts of words."""
    beyond = max(host.at.values()) + 4
    found = [int((await host.bus.read(beyond, BYTES)).resp)]
    found.append(int((await host.bus.write(beyond, bytes(BYTES))).resp))
    found.append(int((await host.bus.write(host.at["MAGIC"], bytes(BYTES))).resp))
    found.append(int((await host.bus.read(host.at["STEP_DATA"], BYTES)).resp))
    found.append(int((await host.bus.write(host.at["CONTROL"], b"\x02")).resp))
    return found


@cocotb.test()
async def learns(top: Any) -> None:
    """Half of the steps by the registers, half by the streams, while other reads go on."""
    content = job()
    cocotb.start_soon(Clock(top.clk, 10, "ns").start())
    top.rst.value = 1
    host = AxiHost(top, content)
    for _ in range(3):
        await RisingEdge(top.clk)
    top.rst.value = 0

    def share_of(number: int) -> float:
        """In each half all shares come, one behind the other."""
        shares: list[float] = content["stalls"]
        return shares[number * 2 * len(shares) // len(host.steps) % len(shares)]

    host.share = share_of(len(host.steps) // 4)
    identity = await host.read("MAGIC", "PROTOCOL", "BUILD_ID_LOW", "BUILD_ID_HIGH")
    refused = await refusals(host)
    errors = await host.read("ERRORS")
    await host.write(("ERRORS", errors[0]), ("CONTROL", 0))
    await host.load()

    half = len(host.steps) // 2
    outputs = []
    for number in range(half):
        host.share = share_of(number)
        await host.take(number)
        outputs.append(await host.output())
    await host.write(("CONTROL", 8))  # outputs by the stream

    async def send_all() -> None:
        """The packets of the other half, each when the one before has gone."""
        for number in range(half, len(host.steps)):
            host.share = share_of(number)
            words = host.words_of(number)
            if number == content["short"]:
                words = words[:-1]
            if number == content["long"]:
                words = [*words, 0xFFFFFFFF, 0xFFFFFFFF]
            await host.send(words)
            await host.source.wait()

    sending = cocotb.start_soon(send_all())
    looks = 0
    while len(outputs) < len(host.steps):
        if not host.sink.empty():
            outputs.append(await host.receive())
        assert (await host.read("MAGIC"))[0] == identity[0]
        looks += 1
    await sending
    errors += await host.read("ERRORS")
    counters = await host.read("STEPS_TAKEN", "STEPS_DONE")
    answer(
        identity=identity,
        refused=refused,
        errors=errors,
        counters=counters,
        outputs=outputs,
        looks=looks,
        state=await host.state(),
    )
