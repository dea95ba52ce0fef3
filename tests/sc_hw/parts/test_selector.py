"""The pipelined multiplexer in Amaranth's simulator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from simulator import simulate

from sc_hw.parts.selector import Selector


@pytest.mark.parametrize(("width", "count"), [(1, 2), (3, 8), (1, 9), (2, 64)])
def test_selector(width: int, count: int) -> None:
    """Every value by its index, a new one each clock."""
    dut = Selector(width, count)
    rng = np.random.default_rng(1)
    rows, indices = (
        rng.integers(0, 1 << width, (count + 20, count)),
        [*range(count), *rng.integers(0, count, 20)],
    )

    async def testbench(ctx: Any) -> None:
        for clock in range(len(rows) + dut.latency):
            if clock < len(rows):
                ctx.set(dut.i_values, [int(value) for value in rows[clock]])
                ctx.set(dut.i_index, int(indices[clock]))
            if clock >= dut.latency:
                before = clock - dut.latency
                assert ctx.get(dut.o_value) == rows[before, indices[before]]
            await ctx.tick()

    simulate(dut, testbench)


@pytest.mark.parametrize(("count", "latency"), [(2, 1), (8, 1), (9, 2), (64, 2), (65, 3)])
def test_latency_is_a_clock_for_three_bits_of_the_index(count: int, latency: int) -> None:
    assert Selector(4, count).latency == latency


@pytest.mark.parametrize(("width", "count"), [(0, 4), (3, 1)])
def test_selector_of_nothing(width: int, count: int) -> None:
    with pytest.raises(ValueError, match="Selector") as caught:
        Selector(width, count)
    assert str(caught.value) == (
        f"Selector needs count >= 2 and width >= 1, not {count} values of {width} bits"
    )
