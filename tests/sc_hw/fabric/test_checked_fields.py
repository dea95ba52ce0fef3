"""Types of fields of plug-in files: what has one, and the line that says which has not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pytest

from sc_hw.boards.board import Board, Pin, Resource
from sc_hw.fabric.checked_fields import has_type
from sc_hw.fabric.targets.target import Cells
from sc_model.spec import ConfigError


@pytest.mark.parametrize(
    ("value", "hint", "fits"),
    [
        (1, float, True),
        (True, float, False),
        ("1", int, False),
        (None, str | None, True),
        (("a", "b"), tuple[str, ...], True),
        ("ab", tuple[str, ...], False),
        (("a", 1), tuple[str, int], True),
        (("a",), tuple[str, int], False),
        ({"a": 1}, Mapping[str, float], True),
        ({"a": "1"}, Mapping[str, float], False),
        ("maximum", Literal["maximum"], True),
        ("least", Literal["maximum"], False),
    ],
)
def test_types(value: Any, hint: Any, fits: bool) -> None:
    assert has_type(value, hint) is fits


GOOD: dict[str, Any] = {
    "name": "mine",
    "title": "Mine",
    "target": "ice40-up5k",
    "flow": "ice40",
    "place": ("--up5k",),
    "clock": Pin("35"),
    "clock_mhz": 12,
    "mhz": 24.0,
    "rx": Pin("6"),
    "tx": Pin("9"),
    "leds": {"heartbeat": Pin("11", inverted=True)},
}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"clock": "J3"}, "Board.clock must be Pin or Resource or ConnectorPin, not 'J3' (str)."),
        ({"clock_mhz": "12"}, "Board.clock_mhz must be float, not '12' (str)."),
        ({"name": 3}, "Board.name must be str, not 3 (int)."),
        (
            {"rx": Resource("uart", signal="rx")},
            "Board.platform must name the board's platform in amaranth-boards, for rx of board"
            " 'mine' is a Resource; or give a Pin.",
        ),
    ],
)
def test_a_board_says_which_field_is_wrong(changes: dict[str, Any], says: str) -> None:
    assert Board(**GOOD).mhz == 24
    with pytest.raises(ConfigError) as error:
        Board(**{**GOOD, **changes})
    assert str(error.value) == says


def test_cells_are_counted_by_their_types() -> None:
    with pytest.raises(
        ConfigError, match=r"^Cells\.lut must be Mapping\[str, float\], not 'SB_LUT4"
    ):
        Cells("SB_LUT4", {}, {}, {}, "", "")  # type: ignore[arg-type]
