"""The scanner in Amaranth's simulator: every active column once, whatever the back-pressure."""

from __future__ import annotations

import random
from typing import Any

import pytest
from trained_layers import simulate, until

from sc_hw.events.scanner import CHUNK, Scanner


@pytest.mark.parametrize(
    ("columns", "width", "stall"),
    [(1, 1, 0.0), (5, 3, 0.3), (16, 1, 0.9), (17, 2, 0.0), (50, 1, 0.3)],
)
def test_each_active_column_is_an_event_in_order(columns: int, width: int, stall: float) -> None:
    dut, rng = Scanner(columns, width), random.Random(columns)

    async def testbench(ctx: Any) -> None:
        for density in (0.0, 0.1, 1.0, 0.5):
            values = [rng.randrange(1 << width) * (rng.random() < density) for _ in range(columns)]
            ctx.set(dut.values, values)
            ctx.set(dut.load, 1)
            await ctx.tick()
            ctx.set(dut.load, 0)
            found, ended, clocks = [], False, 0
            while not ended:
                ready = rng.random() >= stall
                ctx.set(dut.o_event.ready, ready)
                if ready:
                    clocks += await until(ctx, dut.o_event.valid, "an event") + 1
                    event = ctx.get(dut.o_event.payload)
                    ended = bool(event.end)
                    if not ended:
                        found.append((event.column, event.value))
                await ctx.tick()
            active = [(column, value) for column, value in enumerate(values) if value]
            assert found == active
            if not stall:  # a clock for each event and for each chunk, and one for the first event
                assert clocks == len(active) + dut.chunks + 1
            ctx.set(dut.o_event.ready, 0)
            for _ in range(3):  # nothing behind the token
                assert not ctx.get(dut.o_event.valid)
                await ctx.tick()

    simulate(testbench, dut)
    assert dut.chunks == -(-columns // min(CHUNK, dut.chunk))


@pytest.mark.parametrize(("columns", "constant"), [(300, False), (304, False), (305, True)])
def test_chunks_may_come_one_by_one_and_late(columns: int, constant: bool) -> None:
    dut, rng = Scanner(columns, 1, sliced=True, constant=constant), random.Random(columns)

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.o_event.ready, 1)
        for density in (0.0, 0.1, 1.0):
            # What lies behind the last column, and in the constant one, must not matter.
            values = [int(rng.random() < density) for _ in range(dut.chunks * CHUNK)]
            found, number, ended = [], 0, False
            while not ended:
                wanted = ctx.get(dut.wants) if number else 1
                offered = number < dut.chunks and rng.random() < 0.7
                ctx.set(dut.values, values[number * CHUNK :][:CHUNK] if offered else [1] * CHUNK)
                ctx.set(dut.load, offered and not number)
                ctx.set(dut.more, offered and number > 0)
                number += bool(offered and wanted)
                if ctx.get(dut.o_event.valid):
                    event = ctx.get(dut.o_event.payload)
                    ended = bool(event.end)
                    found += [] if ended else [event.column]
                await ctx.tick()
            active = [column for column, value in enumerate(values[:columns]) if value]
            assert found == sorted({*active, *([columns - 1] if constant else [])})
            assert number == dut.chunks

    simulate(testbench, dut)
