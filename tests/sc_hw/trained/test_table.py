"""Tables of constants in Amaranth's simulator."""

from __future__ import annotations

from typing import Any

import pytest
from trained_layers import simulate

from sc_hw.trained.table import TableMemory
from sc_model.layer_kinds import Table
from sc_model.spec import IntFormat


@pytest.mark.parametrize("count", [1, 2, 3, 8, 11])
def test_every_row(count: int) -> None:
    """Numbers of rows that are powers of two and that are not; signed columns."""
    rows = [{"step": 3 * row - 9, "size": row % 4} for row in range(count)]
    dut = TableMemory(Table({"step": IntFormat(6, signed=True), "size": IntFormat(2)}, rows))

    async def testbench(ctx: Any) -> None:
        for code, row in enumerate(rows):
            ctx.set(dut.code, code)
            await ctx.tick()
            columns = ctx.get(dut.columns)
            assert {"step": columns.step, "size": columns.size} == row

    simulate(testbench, dut)
