"""ECP5's block RAMs are as many as the data sheet's shapes allow."""

from __future__ import annotations

import pytest

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
