"""Counting in waves: bits, clocks, memory ports; what is one net under two names."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.activity import changed_bits, count, page

HEAD = [
    "$scope module bench $end",
    "$var wire 1 ! clk $end",
    "$scope module dut $end",
    '$var wire 1 " clk $end',
    "$var wire 4 a sum [3:0] $end",
    "$scope module part $end",
    "$var wire 4 b i_sum [3:0] $end",
    "$var wire 1 c other $end",
    "$scope module memory $end",
    "$var wire 1 d write__en $end",
    "$var wire 3 e read__addr [2:0] $end",
    *(["$upscope $end"] * 4),
    "$enddefinitions $end",
]
CHANGES = """#0
0!
0"
b0000 a
b0000 b
0c
0d
b000 e
#1
1!
1"
b0011 a
b0011 b
1d
b001 e
#2
0!
0"
#3
1!
1"
1c
0d
b010 e
"""


@pytest.mark.parametrize(
    ("before", "after", "bits"), [("0", "1", 1), ("101", "10", 3), ("1", "1", 0)]
)
def test_bits_that_differ(before: str, after: str, bits: int) -> None:
    assert changed_bits(before, after) == bits


def test_counts(tmp_path: Path) -> None:
    file = tmp_path / "waves.vcd"
    file.write_text("\n".join(HEAD) + "\n" + CHANGES)
    found = count(file, "clk")
    assert (found.clocks, found.memories, found.writes, found.reads) == (2, 1, 1, 1)
    # sum and i_sum are one net: 2 bits; other 1, write__en 2, read__addr 1 + 2
    assert (found.nets, found.toggles) == (4, 2 + 1 + 2 + 3)


def test_no_energy_is_shown_without_a_source() -> None:
    zero = dict.fromkeys(
        (
            *("steps", "synapse_updates", "clocks", "nets", "net_bits", "toggles"),
            *("toggles_a_step", "toggles_an_update", "memory_writes", "memory_reads"),
            *("accesses_an_update", "differences"),
        ),
        0,
    )
    text = page({**zero, "design": "d", "recording": "r", "energy_reason": "nobody says"})
    assert "**Energy: not given.** iCE40 UltraPlus and ECP5: nobody says." in text
