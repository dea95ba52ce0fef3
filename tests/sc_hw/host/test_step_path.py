"""The way of a step through queues and block: waiting, halting, counting, and the window."""

from __future__ import annotations

import random
from typing import Any

import pytest
from amaranth.hdl import Module, Signal
from echo_block import DATA_BITS, SLOW, EchoBlock
from simulator import simulate

from sc_hw.host.step_path import StepPath


class Counted:
    """A path, and counts of its strobes."""

    def __init__(self) -> None:
        self.path, self.module = StepPath(EchoBlock(None), 4, 4), Module()
        self.module.submodules.path = self.path
        self.taken, self.done, self.spikes = Signal(8), Signal(8), Signal(8)
        strobes = (self.path.begins, self.path.finished, self.path.spike)
        for number, strobe in zip((self.taken, self.done, self.spikes), strobes, strict=True):
            self.module.d.sync += number.eq(number + strobe)


async def access(context: Any, path: StepPath, kind: str, address: int, word: int = 0) -> int:
    """Make an access of the window; the answer. No step begins while it waits."""
    context.set(path.address, address)
    context.set(path.data, word)
    request = getattr(path, kind)
    context.set(request, 1)
    for _ in range(60):
        if context.get(path.done):
            assert not context.get(path.failed)
            assert context.get(path.resting)
            answer = int(context.get(path.answer))
            await context.tick()
            context.set(request, 0)
            await context.tick()
            return answer
        await context.tick()
    raise AssertionError(f"{kind} of {address} must end")


@pytest.mark.parametrize("seed", [1, 2])
def test_steps_come_back_in_order_with_windows_in_between(seed: int) -> None:
    counted, rng = Counted(), random.Random(seed)
    path = counted.path
    words = [rng.getrandbits(32) for _ in range(25)]
    memory: dict[int, int] = {}
    got: list[int] = []

    async def bench(context: Any) -> None:
        sent = 0
        for clock in range(5000):
            valid = sent < len(words) and rng.random() < 0.3
            context.set(path.steps.valid, valid)
            context.set(path.steps.payload, words[sent] if valid else 0)
            sent += valid and context.get(path.steps.ready)
            ready = rng.random() < 0.1
            context.set(path.outputs.ready, ready)
            if ready and context.get(path.outputs.valid):
                got.append(int(context.get(path.outputs.payload)))
                assert context.get(path.last) == (len(got) % 2 == 0)
            await context.tick()
            if clock % 37 == 0:
                context.set(path.steps.valid, 0)
                context.set(path.outputs.ready, 0)
                address = rng.randrange(16)
                if address in memory and rng.random() < 0.5:
                    assert await access(context, path, "read", address) == memory[address]
                else:
                    memory[address] = rng.getrandbits(DATA_BITS)
                    await access(context, path, "load", address, memory[address])
            if len(got) == 2 * len(words):
                break
        context.set(path.outputs.ready, 0)
        await context.tick().repeat(3)
        assert context.get(path.idle)
        counts = [context.get(n) for n in (counted.taken, counted.done, counted.spikes)]
        assert counts == [len(words)] * 3
        assert context.get(path.settled)

    simulate(counted.module, bench)
    assert got == [value for number, word in enumerate(words, 1) for value in (number, word)]
    assert len(memory) > 5


def test_halt_and_the_window_keep_steps_back() -> None:
    counted = Counted()
    path = counted.path

    async def bench(context: Any) -> None:
        context.set(path.halt, 1)
        context.set(path.steps.valid, 1)
        await context.tick().repeat(2)
        context.set(path.steps.valid, 0)
        await context.tick().repeat(10)
        assert context.get(counted.taken) == 0
        assert context.get(path.idle)  # what waits for the end of the halt is not under way
        context.set(path.halt, 0)
        await context.tick().repeat(4)
        assert context.get(counted.taken) == 1
        assert not context.get(path.resting)
        context.set(path.load, 1)
        clocks = 0
        while not context.get(path.done):
            await context.tick()
            clocks += 1
            assert context.get(counted.taken) == 1
            assert clocks < 2 * SLOW + 10
        assert clocks > SLOW // 2
        assert context.get(counted.done) == 1
        await context.tick()
        context.set(path.load, 0)
        await context.tick().repeat(3)
        assert context.get(counted.taken) == 2

    simulate(counted.module, bench)
