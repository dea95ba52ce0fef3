"""Memory of two single-port banks in Amaranth's simulator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from simulator import simulate

from sc_hw.plastic.even_odd import EvenOddRAM


@pytest.mark.parametrize("depth", [2, 7, 16])
def test_reads_and_writes_of_different_parity_do_not_disturb_each_other(depth: int) -> None:
    """A random read a clock, and a write to the other parity in two of three."""
    dut = EvenOddRAM(depth, 12)
    rng = np.random.default_rng(depth)
    words: dict[int, int] = {}
    reads = 0

    async def testbench(ctx: Any) -> None:
        nonlocal reads
        for _ in range(400):
            read, data = int(rng.integers(depth)), int(rng.integers(1 << 12))
            write = int(rng.integers(depth))
            enable = int(rng.random() < 0.67 and write % 2 != read % 2)
            ctx.set(dut.r_addr, read)
            ctx.set(dut.w_en, enable)
            ctx.set(dut.w_addr, write)
            ctx.set(dut.w_data, data)
            expected = words.get(read)
            await ctx.tick()
            if enable:
                words[write] = data
            if expected is not None:
                assert ctx.get(dut.r_data) == expected
                reads += 1

    simulate(dut, testbench)
    assert reads > 300
    assert sorted(words) == list(range(depth))
