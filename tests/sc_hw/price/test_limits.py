"""Limits of the silicon: which hold for a design, which binds, and what is quoted."""

from __future__ import annotations

from typing import Any

import pytest

from sc_hw.fabric.targets import ClockLimit, load_target, target_names
from sc_hw.price.limits import device_limit, quote

TREE = ClockLimit("clock tree", 300, "sheet A")
MEMORY = ClockLimit("block RAM", 200, "sheet B", "typical", cells=("RAM*",))
PLAIN = ClockLimit("multiplier", 50, "sheet C", cells=("MUL",), where=(("PIPE", 0),))
PIPED = ClockLimit(
    "multiplier", None, "sheet C has none", "not found", cells=("MUL",), where=(("PIPE", 1),)
)
LIMITS = (TREE, MEMORY, PLAIN, PIPED)


def netlist(*cells: tuple[str, dict[str, str]]) -> dict[str, Any]:
    """As Yosys writes it: a box without cells and a top with these."""
    named = {
        f"u{index}": {"type": kind, "parameters": parameters}
        for index, (kind, parameters) in enumerate(cells)
    }
    return {"modules": {"box": {"cells": {}}, "top": {"cells": named}}}


@pytest.mark.parametrize(
    ("cells", "mhz", "what", "reason"),
    [
        ([], 300, "clock tree", None),
        ([("LUT", {})], 300, "clock tree", None),
        ([("RAM18", {"MODE": "TDP"})], 200, "block RAM", None),
        ([("RAM18", {}), ("MUL", {"PIPE": "0"})], 50, "multiplier", None),
        ([("MUL", {})], 50, "multiplier", None),
        (
            [("MUL", {"PIPE": "0" * 31 + "1"})],
            300,
            "clock tree",
            "no figure for the multiplier: sheet C has none",
        ),
        (
            [("MUL", {"PIPE": "1"}), ("MUL", {"PIPE": "0"})],
            50,
            "multiplier",
            "no figure for the multiplier: sheet C has none",
        ),
    ],
)
def test_the_lowest_limit_among_what_the_design_uses(
    cells: Any, mhz: float, what: str, reason: str | None
) -> None:
    found = device_limit(LIMITS, netlist(*cells))
    assert (found["device_limit_mhz"], found["device_limit"]["what"], found["limit_reason"]) == (
        mhz,
        what,
        reason,
    )
    assert found["limits"][0] == {
        "what": "clock tree",
        "mhz": 300.0,
        "kind": "maximum",
        "source": "sheet A",
    }


def test_without_a_figure_there_is_a_reason() -> None:
    unknown = device_limit((ClockLimit("clock tree", None, "not read", "not found"),), netlist())
    assert (unknown["device_limit_mhz"], unknown["device_limit"]) == (None, None)
    assert unknown["limit_reason"] == "no figure for the clock tree: not read"
    assert device_limit((), netlist())["limit_reason"] == "no figures are recorded for this target"


def test_the_lower_is_quoted() -> None:
    limit = device_limit(LIMITS, netlist(("RAM18", {})))
    assert quote(150.5, None, limit) == {
        "quoted_mhz": 150.5,
        "quoted_from": "nextpnr",
        "quoted_reason": None,
    }
    assert quote(250.5, None, limit) == {
        "quoted_mhz": 200.0,
        "quoted_from": "block RAM",
        "quoted_reason": None,
    }
    assert quote(None, "no tool", limit) == {
        "quoted_mhz": None,
        "quoted_from": None,
        "quoted_reason": "no tool",
    }
    unknown = device_limit((), netlist())
    assert quote(250.5, None, unknown) == {
        "quoted_mhz": 250.5,
        "quoted_from": "nextpnr",
        "quoted_reason": None,
    }


@pytest.mark.parametrize("name", target_names())
def test_every_target_has_limits_or_says_why_not(name: str) -> None:
    target = load_target(name)
    assert target.limits[0].what == "clock tree"
    assert target.limits[0].cells == ()
    for limit in target.limits:
        assert limit.source
        assert (limit.mhz is None) == (limit.kind == "not found")
        assert limit.mhz is None or limit.mhz > 0
        assert limit.what == "clock tree" or limit.cells
    covered = {pattern for limit in target.limits for pattern in limit.cells}
    counted = {*target.cells.bram, *target.cells.dsp}
    assert set(target.absent) <= counted
    assert counted - set(target.absent) <= covered


def test_ecp5_figures_belong_to_their_speed_grade() -> None:
    names = ("ecp5-25f-6", "ecp5-85f-6", "ecp5-25f-8", "ecp5-85f-8")
    trees = {name: load_target(name).limits[0].mhz for name in names}
    assert trees == {"ecp5-25f-6": 257, "ecp5-85f-6": 257, "ecp5-25f-8": 370, "ecp5-85f-8": 370}
    for name in trees:
        kinds = {limit.kind for limit in load_target(name).limits[1:]}
        assert kinds == {"typical" if name.endswith("-8") else "typical of a faster grade"}
