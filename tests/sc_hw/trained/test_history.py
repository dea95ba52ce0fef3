"""The history of a trained layer's columns in Amaranth's simulator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import ResetInserter, Signal
from simulator import simulate

from sc_hw.trained.history import History
from sc_hw.trained.lane import MEMORY
from sc_model.spec import DenseSpec, IntFormat

COLUMNS = 4


def history_of(max_delay: int, bits: int) -> History:
    return History(
        DenseSpec(name="layer", inputs=COLUMNS, neurons=2, max_delay=max_delay), IntFormat(bits)
    )


async def load(ctx: Any, dut: History, column: int, word: int) -> None:
    ctx.set(dut.host_column, column)
    ctx.set(dut.load_data, word)
    ctx.set(dut.load, 1)
    await ctx.tick()
    ctx.set(dut.load, 0)
    ctx.set(dut.host_column, 0)


async def read(ctx: Any, dut: History, column: int) -> int:
    ctx.set(dut.host_column, column)
    await ctx.tick().repeat(MEMORY)
    ctx.set(dut.host_column, 0)
    return int(ctx.get(dut.word))


async def sweep(ctx: Any, dut: History, values: list[int], *, fresh: bool, keep: bool) -> list[int]:
    """Read every column, one a clock; returns `past` of each, MEMORY clocks after its turn."""
    past = []
    for clock in range(COLUMNS + MEMORY):
        in_sweep = clock < COLUMNS
        ctx.set(dut.column, clock if in_sweep else 0)
        ctx.set(dut.keep, in_sweep and keep)
        ctx.set(dut.fresh, fresh and in_sweep)
        if clock >= MEMORY:
            ctx.set(dut.present, values[clock - MEMORY])
            past.append(int(ctx.get(dut.past)))
        await ctx.tick()
    await ctx.tick().repeat(2)  # the write register, and the memory's own write
    return past


@pytest.mark.parametrize(("max_delay", "bits"), [(1, 1), (3, 2), (7, 1)])
def test_columns_age_by_one_tick(max_delay: int, bits: int) -> None:
    """Two groups a tick: both see the same past, and only the last one ages it."""
    dut = history_of(max_delay, bits)
    rng = np.random.default_rng(1)

    async def testbench(ctx: Any) -> None:
        stored = [int(rng.integers(1 << dut.layout.size)) for _ in range(COLUMNS)]
        for column, word in enumerate(stored):
            await load(ctx, dut, column, word)
        for tick in range(2 * max_delay + 2):
            values = [int(value) for value in rng.integers(0, 1 << bits, COLUMNS)]
            fresh = tick == 0  # whatever was stored before, the first tick reads 0
            expected = [0] * COLUMNS if fresh else stored
            for keep in (False, True):
                assert await sweep(ctx, dut, values, fresh=fresh, keep=keep) == expected, tick
            mask = (1 << dut.layout.size) - 1
            stored = [
                (word << bits | value) & mask for word, value in zip(expected, values, strict=True)
            ]
        assert [await read(ctx, dut, column) for column in range(COLUMNS)] == stored

    simulate(dut, testbench)


def test_the_host_reads_stored_words_while_fresh() -> None:
    dut = history_of(3, 2)

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.fresh, 1)
        for column in range(COLUMNS):
            await load(ctx, dut, column, 9 + 11 * column)
        await ctx.tick().repeat(2)
        words = [await read(ctx, dut, column) for column in range(COLUMNS)]
        assert words == [9, 20, 31, 42]

    simulate(dut, testbench)


def test_a_load_right_after_a_reset_is_carried_out() -> None:
    """A column that was read in the clock of the reset must not be written over the load."""
    dut, reset = history_of(3, 2), Signal()

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.keep, 1)
        ctx.set(dut.column, 1)
        ctx.set(dut.present, 3)
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        ctx.set(dut.keep, 0)
        ctx.set(dut.column, 0)
        await ctx.tick()
        await load(ctx, dut, 2, 37)  # in the clock in which the late write would come
        await ctx.tick().repeat(2)
        assert await read(ctx, dut, 2) == 37
        assert await read(ctx, dut, 1) == 0

    simulate(ResetInserter(reset)(dut), testbench)
