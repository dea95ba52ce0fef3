"""What nextpnr's reports and logs say: whether a clock is met, and whether there was room."""

from __future__ import annotations

from typing import Any

import pytest

from sc_hw.bitstream.flows import load_flow
from sc_hw.bitstream.placement import cell_totals, timing
from sc_hw.bitstream.pll import Pll
from sc_hw.errors import ToolError

PLL = Pll("SB_PLL40_CORE", 12, 48, 48.0)


def report(**clocks: tuple[float, float]) -> dict[str, Any]:
    return {
        "fmax": {
            net: {"achieved": achieved, "constraint": goal}
            for net, (achieved, goal) in clocks.items()
        }
    }


@pytest.mark.parametrize(
    ("clocks", "expected"),
    [
        ({"clk": (60.0, 48.001)}, (60.0, True)),
        ({"clk": (48.001, 48.001)}, (48.0, True)),
        ({"clk": (47.9, 48.001)}, (47.9, False)),
        ({"clk": (60.0, 48.001), "pin": (11.0, 12.0)}, (60.0, False)),
    ],
)
def test_every_clock_must_be_met(
    clocks: dict[str, tuple[float, float]], expected: tuple[float, bool]
) -> None:
    assert timing(report(**clocks), PLL, load_flow("ice40")) == expected


def test_a_report_without_the_systems_clock_is_an_error() -> None:
    with pytest.raises(ToolError, match=r"no clock with the goal 48 MHz, but pin: 12\.00 MHz"):
        timing(report(pin=(90.0, 12.0)), PLL, load_flow("ice40"))
    with pytest.raises(ToolError, match="but none"):
        timing(report(), PLL, load_flow("ecp5"))


def test_totals_of_a_log() -> None:
    log = (
        "Info:     Total LUT4s:      4153/24288    17%\n"
        "Info: \t              DP16KD:      18/     56    32%\n"
        "Info: \t              ALU54B:       0/     14     0%\n"
        "Info: \t            IOLOGIC: 12/     10   120%\n"
    )
    assert cell_totals(log) == {
        "Total LUT4s": (4153, 24288),
        "DP16KD": (18, 56),
        "IOLOGIC": (12, 10),
    }
    with pytest.raises(ToolError, match="no table of cells"):
        cell_totals("Info: packing")
