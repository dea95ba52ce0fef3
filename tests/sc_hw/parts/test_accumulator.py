"""The running sum in Amaranth's simulator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from simulator import simulate

from sc_hw.parts.accumulator import Accumulator


@pytest.mark.parametrize(
    ("term", "total", "carry"), [(1, 1, 1), (5, 9, 4), (26, 36, 16), (12, 13, 5)]
)
def test_accumulator(term: int, total: int, carry: int) -> None:
    """A term every clock, new sums at random clocks."""
    dut = Accumulator(term, total, carry)
    rng = np.random.default_rng(1)
    terms = [int(value) for value in rng.integers(-(1 << (term - 1)), 1 << (term - 1), 300)]
    firsts = [index == 0 or bool(flag) for index, flag in enumerate(rng.random(300) < 0.1)]
    sums: list[int] = []
    for value, first in zip(terms, firsts, strict=True):
        now = value + (0 if first else sums[-1])
        sums.append((now + (1 << (total - 1))) % (1 << total) - (1 << (total - 1)))

    async def testbench(ctx: Any) -> None:
        for clock in range(300):
            ctx.set(dut.i_term, terms[clock])
            ctx.set(dut.i_first, firsts[clock])
            if clock >= dut.latency:
                assert ctx.get(dut.o_sum) == sums[clock - dut.latency]
            await ctx.tick()

    simulate(dut, testbench)


@pytest.mark.parametrize(("total", "carry", "latency"), [(9, 9, 1), (9, 8, 2), (9, 4, 3)])
def test_latency_is_a_clock_a_segment(total: int, carry: int, latency: int) -> None:
    assert Accumulator(4, total, carry).latency == latency


@pytest.mark.parametrize(("term", "total", "carry"), [(0, 4, 4), (5, 4, 4), (4, 8, 0)])
def test_widths_out_of_range(term: int, total: int, carry: int) -> None:
    with pytest.raises(ValueError, match="Accumulator") as caught:
        Accumulator(term, total, carry)
    assert str(caught.value) == (
        "Accumulator needs 1 <= term_width <= sum_width and carry_bits >= 1, not"
        f" {term}, {total}, {carry}"
    )
