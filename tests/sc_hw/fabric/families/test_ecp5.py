"""ECP5's block RAMs are as many as the data sheet's shapes allow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.sim import Simulator

from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import load_family
from sc_hw.fabric.primitives import BlockRAM, LaneRAM


@pytest.mark.parametrize(
    ("depth", "width", "blocks"),
    [(2, 1, 1), (1024, 18, 1), (1024, 19, 2), (1025, 9, 1), (16384, 2, 2), (65536, 3, 12)],
)
def test_ecp5_blocks_are_counted_as_the_data_sheet_has_them(
    depth: int, width: int, blocks: int
) -> None:
    text = to_verilog(BlockRAM(depth, width), "ram", load_family("ecp5"))
    assert text.count("DP16KD") == blocks


@pytest.mark.parametrize(
    ("depth", "width", "lanes", "blocks", "distributed"),
    [
        (1568, 8, 64, 48, True),  # 784 columns, 128 neurons: the last 32 words are not a row
        (1601, 8, 4, 4, False),
        (512, 12, 5, 3, False),
        (128, 8, 10, 3, False),
        (64, 8, 8, 0, False),  # inferred
    ],
)
def test_words_of_lanes_are_rows_of_wide_blocks(
    depth: int, width: int, lanes: int, blocks: int, distributed: bool
) -> None:
    text = to_verilog(LaneRAM(depth, width, lanes), "ram", load_family("ecp5"))
    assert text.count("PDPW16KD #") == blocks
    assert ('ram_style = "distributed"' in text) == distributed


@pytest.mark.parametrize(("depth", "few", "blocks"), [(64, True, 0), (65, True, 1), (64, False, 1)])
def test_few_words_are_distributed_where_they_may_be(depth: int, few: bool, blocks: int) -> None:
    text = to_verilog(BlockRAM(depth, 12, few=few), "ram", load_family("ecp5"))
    assert text.count("DP16KD") == blocks
    assert ('ram_style = "distributed"' in text) == (blocks == 0)


@pytest.mark.parametrize("output_register", [False, True])
def test_few_words_are_read_when_those_of_a_block_are(output_register: bool) -> None:
    """Words are read in any order, but in the clock of their own write."""
    family, rng = load_family("ecp5"), np.random.default_rng(3)
    twin = BlockRAM(11, 7, output_register=output_register)
    ram = BlockRAM(11, 7, output_register=output_register, few=True)
    m = Module()
    m.submodules.twin, m.submodules.ram = twin, family.get_block_ram(ram)
    read: list[int] = []

    async def testbench(ctx: Any) -> None:
        for clock in range(200):
            written, wanted = (int(each) for each in rng.choice(11, 2, replace=False))
            value, enable = int(rng.integers(1, 128)), int(clock < 11 or rng.random() < 0.5)
            for part in (twin, ram):
                ctx.set(part.w_en, enable)
                ctx.set(part.w_addr, clock if clock < 11 else written)
                ctx.set(part.w_data, value)
                ctx.set(part.r_addr, wanted if clock >= 11 else (clock + 5) % 11)
            await ctx.tick()
            assert ctx.get(ram.r_data) == ctx.get(twin.r_data), clock
            read.append(ctx.get(ram.r_data))

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    assert len(set(read)) > 20
