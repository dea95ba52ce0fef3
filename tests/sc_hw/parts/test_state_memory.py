"""The write register that an update and the host's load share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module, Signal
from simulator import simulate

from sc_hw.fabric.primitives import BlockRAM
from sc_hw.parts.state_memory import WRITE, Write, connect, gated_write_register, write_register


def memory(register: Any) -> tuple[Module, dict[str, Signal], BlockRAM]:
    """A memory of 8 bytes whose write port both users share, through that kind of register."""
    m = Module()
    pins = {
        f"{user}_{name}": Signal(width, name=f"{user}_{name}")
        for user in ("update", "load")
        for name, width in (("enable", 1), ("address", 3), ("data", 8))
    }
    m.submodules.ram = ram = BlockRAM(8, 8)
    update, load = (
        Write(*(pins[f"{user}_{name}"] for name in ("enable", "address", "data")))
        for user in ("update", "load")
    )
    connect(m, ram, register(m, update=update, load=load))
    return m, pins, ram


@pytest.mark.parametrize(
    ("register", "winner"), [(write_register, "load"), (gated_write_register, "update")]
)
def test_both_users_write_the_same_memory(register: Any, winner: str) -> None:
    """Random writes of either, both or none a clock; one user wins where both write."""
    m, pins, ram = memory(register)
    rng = np.random.default_rng(4)
    words: dict[int, int] = {}

    async def testbench(ctx: Any) -> None:
        for _ in range(200):
            for pin in pins.values():
                ctx.set(pin, int(rng.integers(1 << len(pin))))
            for user in sorted(("update", "load"), key=winner.__eq__):  # the winner last
                if ctx.get(pins[f"{user}_enable"]):
                    address = ctx.get(pins[f"{user}_address"])
                    data = ctx.get(pins[f"{user}_data"])
            if ctx.get(pins["update_enable"]) or ctx.get(pins["load_enable"]):
                words[address] = data
            await ctx.tick()
        for pin in pins.values():
            ctx.set(pin, 0)
        await ctx.tick()
        for address, data in words.items():
            ctx.set(ram.r_addr, address)
            await ctx.tick().repeat(2)
            assert ctx.get(ram.r_data) == data

    simulate(m, testbench)
    assert len(words) == 8


@pytest.mark.parametrize("register", [write_register, gated_write_register])
def test_a_word_can_be_read_after_its_write(register: Any) -> None:
    """`WRITE` clocks after the enable its address may be given: the memory needs 2 more."""
    m, pins, ram = memory(register)

    async def testbench(ctx: Any) -> None:
        for value in (17, 130):
            ctx.set(pins["update_enable"], 1)
            ctx.set(pins["update_address"], 5)
            ctx.set(pins["update_data"], value)
            await ctx.tick()
            ctx.set(pins["update_enable"], 0)
            await ctx.tick().repeat(WRITE - 1)
            ctx.set(ram.r_addr, 5)
            await ctx.tick().repeat(2)
            assert ctx.get(ram.r_data) == value

    simulate(m, testbench)


def test_reset_clears_the_enable_alone() -> None:
    m = Module()
    any_write = Write(Signal(), Signal(3), Signal(8))
    write = write_register(m, update=any_write, load=Write(Signal(), Signal(3), Signal(8)))
    assert not write.enable.reset_less
    assert write.address.reset_less
    assert write.data.reset_less


def test_a_memory_that_the_host_alone_writes() -> None:
    m = Module()
    write = gated_write_register(m, load=Write(Signal(), Signal(3), Signal(8)), name="own")
    names = [part.name for part in (write.enable, write.address, write.data)]
    assert names == ["own_en", "own_address", "own_data"]
    assert all(part.reset_less for part in (write.enable, write.address, write.data))
