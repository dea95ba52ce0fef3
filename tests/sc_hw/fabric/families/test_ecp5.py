"""ECP5's block RAMs are as many as the data sheet's shapes allow."""

from __future__ import annotations

import pytest

from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import load_family
from sc_hw.fabric.primitives import BlockRAM


@pytest.mark.parametrize(
    ("depth", "width", "blocks"),
    [(2, 1, 1), (1024, 18, 1), (1024, 19, 2), (1025, 9, 1), (16384, 2, 2), (65536, 3, 12)],
)
def test_ecp5_blocks_are_counted_as_the_data_sheet_has_them(
    depth: int, width: int, blocks: int
) -> None:
    text = to_verilog(BlockRAM(depth, width), "ram", load_family("ecp5"))
    assert text.count("DP16KD") == blocks
