"""The adder with a cut carry chain in Amaranth's simulator."""

from __future__ import annotations

import random
from typing import Any

import pytest
from trained_layers import simulate

from sc_hw.parts.adder import PipelinedAdder


@pytest.mark.parametrize(("width", "term", "carry", "latency"), [(9, 4, 4, 3), (6, 6, 8, 1)])
def test_sum_comes_a_clock_a_segment_later(width: int, term: int, carry: int, latency: int) -> None:
    dut, rng = PipelinedAdder(width, term, carry), random.Random(1)
    assert dut.latency == latency
    pairs = [
        (
            rng.randrange(-(1 << width - 1), 1 << width - 1),
            rng.randrange(-(1 << term - 1), 1 << term - 1),
        )
        for _ in range(40)
    ]

    async def testbench(ctx: Any) -> None:
        for clock in range(len(pairs) + latency):
            if clock < len(pairs):
                ctx.set(dut.i_base, pairs[clock][0])
                ctx.set(dut.i_term, pairs[clock][1])
            if clock >= latency:
                total = sum(pairs[clock - latency]) % (1 << width)
                assert ctx.get(dut.o_sum) % (1 << width) == total
            await ctx.tick()

    simulate(testbench, dut)


def test_widths_are_checked() -> None:
    with pytest.raises(ValueError, match=r"^Pipelined adder needs 1 <= term_width <= width and"):
        PipelinedAdder(3, 4, 8)
