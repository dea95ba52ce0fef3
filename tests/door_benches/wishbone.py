"""The door `wishbone` under cocotbext-wishbone's initiator, with random pauses."""

from __future__ import annotations

import random
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge
from cocotbext.wishbone import driver
from cocotbext.wishbone.driver import WBOp, WBRes, WishboneMaster

from door_benches.host import LayerHost, answer, job


def deposit(signal: Any, value: int) -> None:
    """Write as all other writes: in Icarus an immediate one before time 0 leaves a port at z, and
    what reads it sees no later write.
    """
    signal.value = value


driver.set_immediate = deposit

NAMES = ("cyc", "stb", "we", "adr", "ack")
ACKNOWLEDGED, REFUSED = 1, 2  # WBRes.ack
MOST_PAUSE = 3
MOST_CLOCKS = 2000  # of an access: a window waits for the step under way


class WishboneHost(LayerHost):
    """A host that drives the door by cocotbext-wishbone."""

    def __init__(self, top: Any, content: dict[str, Any]) -> None:
        super().__init__(content)
        self.rng = random.Random(content["seed"])
        signals = {name: name for name in NAMES} | {"datwr": "dat_w", "datrd": "dat_r"}
        # the ports are `wishbone__adr` and so on
        self.bus = WishboneMaster(
            top, "wishbone_", top.clk, timeout=MOST_CLOCKS, signals_dict=signals
        )

    async def make(self, *accesses: tuple[int, int | None]) -> list[WBRes]:
        """Accesses at word addresses, a number to write or None, in one cycle of the bus."""
        operations = [
            WBOp(at, word, idle=self.rng.randint(0, MOST_PAUSE), acktimeout=MOST_CLOCKS)
            for at, word in accesses
        ]
        results: list[WBRes] = await self.bus.send_cycle(operations)
        assert len(results) == len(operations)
        return results

    async def read(self, *names: str) -> list[int]:
        results = await self.make(*((self.at[name] // 4, None) for name in names))
        assert [result.ack for result in results] == [ACKNOWLEDGED] * len(names)
        return [int(result.datrd) for result in results]

    async def write(self, *words: tuple[str, int]) -> None:
        results = await self.make(*((self.at[name] // 4, word) for name, word in words))
        assert [result.ack for result in results] == [ACKNOWLEDGED] * len(words)


@cocotb.test()
async def learns(top: Any) -> None:
    """All steps by the registers."""
    content = job()
    cocotb.start_soon(Clock(top.clk, 10, "ns").start())
    top.rst.value = 1
    host = WishboneHost(top, content)
    for _ in range(3):
        await RisingEdge(top.clk)
    top.rst.value = 0
    identity = await host.read("MAGIC", "PROTOCOL", "BUILD_ID_LOW", "BUILD_ID_HIGH")
    beyond = max(host.at.values()) // 4 + 1
    magic, step_data = (host.at[name] // 4 for name in ("MAGIC", "STEP_DATA"))
    refused = await host.make((beyond, None), (beyond, 0), (magic, 0), (step_data, None))
    errors = await host.read("ERRORS")
    await host.write(("ERRORS", errors[0]))
    await host.load()
    outputs = []
    for number in range(len(host.steps)):
        await host.take(number)
        outputs.append(await host.output())
    errors += await host.read("ERRORS")
    answer(
        identity=identity,
        refused=[result.ack for result in refused],
        errors=errors,
        outputs=outputs,
        state=await host.state(),
    )
