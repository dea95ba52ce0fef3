"""The order of a plastic layer's synapses in Amaranth's simulator; it is proved for every size."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from simulator import simulate

from sc_hw.plastic.sequencer import END, PAUSE, LayerSequencer


@pytest.mark.parametrize("stall", [0.0, 0.3, 0.9])
@pytest.mark.parametrize(("rows", "pause", "groups"), [(2, PAUSE, 2), (5, 3, 4), (7, 1, 3)])
def test_sweeps_go_through_all_synapses_in_order(
    rows: int, pause: int, groups: int, stall: float
) -> None:
    """Rows, words, groups and pauses of some sweeps, with a source that stalls in the first group
    and a host that closes the sequencer between sweeps.
    """
    dut = LayerSequencer(3, 2, 2, 5)
    rng = np.random.default_rng(rows)
    issued: list[tuple[int, int, int, int, int]] = []
    ends: list[int] = []
    starts: list[int] = []

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.last_row, rows - 1)
        ctx.set(dut.last_pause, pause - 1)
        ctx.set(dut.last_group, groups - 1)
        for clock in range(600):
            ctx.set(dut.i_valid, int(rng.random() >= stall))
            ctx.set(dut.open, int(rng.random() < 0.8))
            if ctx.get(dut.issue):
                first, last = ctx.get(dut.first), ctx.get(dut.last)
                issued.append((clock, ctx.get(dut.row), ctx.get(dut.address), first, last))
                assert not first or (ctx.get(dut.i_valid) and ctx.get(dut.i_ready))
            assert ctx.get(dut.issue) or not ctx.get(dut.start)
            if ctx.get(dut.start):
                starts.append(clock)
            if ctx.get(dut.end):
                ends.append(clock)
            await ctx.tick()

    simulate(dut, testbench)
    sweep = rows * groups
    assert len(issued) > 2 * sweep
    for number, (_, row, address, first, last) in enumerate(issued):
        word = number % sweep
        assert (row, address) == (word % rows, word)
        assert (first, last) == (word < rows, word >= sweep - rows)
    assert starts == [clock for number, (clock, *_) in enumerate(issued) if number % sweep == 0]
    last_rows = [clock for clock, row, *_ in issued if row == rows - 1]
    assert [end for end in ends if end - END in last_rows] == ends
    for (before, row, *_), (after, _, _, first, _) in itertools.pairwise(issued):
        if row == rows - 1:
            assert after - before >= pause + 1
        if not first:  # the groups behind the first one never wait
            assert after - before == (pause + 1 if row == rows - 1 else 1)
