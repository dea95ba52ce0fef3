"""Types of fields of plug-in files: what has one, and the line that says which has not."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from copy import copy
from dataclasses import MISSING, Field, fields
from typing import Any, Literal, get_args

import pytest

from sc_hw.boards.board import Board, ConnectorPin, Pin, Resource
from sc_hw.fabric.checked_fields import CheckedFields, _hints, has_type
from sc_hw.fabric.families import Family, load_family
from sc_hw.fabric.schedule import DelayModel
from sc_hw.fabric.targets.target import Cells, ClockLimit, Target
from sc_hw.tools import TOOLS
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
        (["maximum"], Literal["maximum"], False),
        (float("nan"), float, False),
        (float("inf"), float | None, False),
    ],
)
def test_types(value: Any, hint: Any, fits: bool) -> None:
    assert has_type(value, hint) is fits


CELLS = Cells({"SB_LUT4": 1}, {"SB_DFF*": 1}, {}, {}, "none", "none")
GOOD: dict[type[CheckedFields], dict[str, Any]] = {
    Pin: {"location": "35"},
    Resource: {"name": "uart"},
    ConnectorPin: {"connector": "io", "number": 0, "pin": "1"},
    Cells: {unit: {"A": 1} for unit in ("lut", "ff", "bram", "dsp")}
    | {"bram_unit": "", "dsp_unit": ""},
    ClockLimit: {"what": "clock tree", "mhz": 100, "source": "a sheet"},
    DelayModel: {"carry_bits": 9, "lut_levels": 2, "lut_inputs": 4, "multiplier_stages": 3},
    Family: {"name": "mine", "delay": load_family("generic").delay},
    Target: {
        "name": "mine",
        "title": "Mine",
        "family": "ice40_up",
        "synth": "synth_ice40",
        "cells": CELLS,
        "pnr": "nextpnr-ice40",
    },
    Board: {
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
    },
}


def fields_of(owner: Any) -> tuple[Field[Any], ...]:
    """The fields of a kind of file, each of which is a dataclass."""
    return fields(owner)


FIELDS = [(owner, field.name) for owner in GOOD for field in fields_of(owner)]
# A value of every kind that a file may give by mistake; a list where a tuple is asked for, too.
KINDS = ("text", 7, 1.5, None, True, [], ["a"], ("a",), (1,), {"a": "b"}, {1: 2}, object(), Pin)


@pytest.mark.parametrize("owner", GOOD)
def test_what_is_right_is_taken(owner: type[CheckedFields]) -> None:
    made = owner(**GOOD[owner])
    assert all(getattr(made, name) == value for name, value in GOOD[owner].items())


@pytest.mark.parametrize(("owner", "field"), FIELDS)
def test_every_field_says_its_name_where_the_type_is_wrong(
    owner: type[CheckedFields], field: str
) -> None:
    hint = _hints(owner)[field]
    refused = 0
    for value in KINDS:
        if has_type(value, hint):
            continue
        with pytest.raises(ConfigError) as error:
            owner(**{**GOOD[owner], field: value})
        text = str(error.value)
        assert text.startswith(f"{owner.__name__}.{field} must be ")
        assert "\n" not in text
        refused += 1
    assert refused >= len(KINDS) - 5


# A value of the right type that says nothing, by field, and what is said about it.
WRONG: dict[tuple[type[CheckedFields], str], tuple[Any, str]] = {
    (Cells, "lut"): ({"SB_LUT4": 0}, "Cells.lut of SB_LUT4 must be 0.01 to 1000, not 0."),
    (Cells, "ff"): ({"A": -1}, "Cells.ff of A must be 0.01 to 1000, not -1."),
    (Cells, "bram"): ({"A": 1e9}, "Cells.bram of A must be 0.01 to 1000, not 1e+09."),
    (Cells, "dsp"): ({"A": 0}, "Cells.dsp of A must be 0.01 to 1000, not 0."),
    (ClockLimit, "mhz"): (
        0,
        "ClockLimit.mhz of the clock tree must be 0.001 to 10000 MHz, not 0.",
    ),
    (ClockLimit, "kind"): (
        "maximun",
        "ClockLimit.kind must be one of maximum, typical, typical of a faster grade, not found,"
        " not 'maximun'; did you mean 'maximum'?",
    ),
    (DelayModel, "carry_bits"): (0, "DelayModel.carry_bits must be 1 to 1024, not 0."),
    (DelayModel, "lut_levels"): (-1, "DelayModel.lut_levels must be 1 to 1024, not -1."),
    (DelayModel, "lut_inputs"): (1, "DelayModel.lut_inputs must be 2 to 1024, not 1."),
    (DelayModel, "multiplier_stages"): (
        1,
        "DelayModel.multiplier_stages must be 2 to 1024, not 1.",
    ),
    (Family, "name"): ("a/b", "Family.name must be of letters, digits, '-', '_' and '.', begin"),
    (Family, "products"): (
        "blok",
        "Family.products must be one of block, adders, not 'blok'; did you mean 'block'?",
    ),
    (Family, "multiplier"): (
        (18, 0),
        "Family.multiplier of family 'mine' must be 2 to 1024 bits, not 0.",
    ),
    (Family, "layer_memory"): (
        "splitt",
        "Family.layer_memory must be one of joined, split, not 'splitt'; did you mean 'split'?",
    ),
    (Family, "large_memory"): (-1, "Family.large_memory of family 'mine' must be 0 to "),
    (Family, "multipliers"): (-1, "Family.multipliers of family 'mine' must be 0 to "),
    (Target, "name"): ("../mine", "Target.name must be of letters, digits, '-', '_' and '.'"),
    (Target, "synth"): (
        "snyth_ice40",
        "Target.synth of target 'mine' must be a command of Yosys as 'synth_ice40', not"
        " 'snyth_ice40'.",
    ),
    (Target, "pnr"): (
        "nextpnr-ice4",
        "Target.pnr must be one of nextpnr-ice40, nextpnr-ecp5, nextpnr-himbaechel-gowin,"
        " nextpnr-himbaechel-gatemate, not 'nextpnr-ice4'; did you mean 'nextpnr-ice40'?",
    ),
    (Target, "pins"): (-1, "Target.pins of target 'mine' must be 0 to 10000, not -1."),
    (Target, "pin_names"): (
        ("1", "2"),
        "Target.pin_names of target 'mine' must be 5 pins, with the name of nextpnr's option for"
        " them in pin_option, or none; there are 2, and pin_option is ''.",
    ),
    (Target, "pin_option"): ("cst", "Target.pin_names of target 'mine' must be 5 pins"),
    (Target, "capacity"): (
        {"luts": 10},
        "Target.capacity of target 'mine': a unit must be one of lut, ff, bram, dsp, spram, not"
        " 'luts'; did you mean 'lut'?",
    ),
    (Board, "name"): ("my board", "Board.name must be of letters, digits"),
    (Board, "clock_mhz"): (0, "Board.clock_mhz of 'mine' must be 1 to 1000 MHz, not 0."),
    (Board, "mhz"): (24e6, "Board.mhz of 'mine' must be 1 to 1000 MHz, not 2.4e+07."),
    (Board, "leds"): (
        {"hearbeat": Pin("1")},
        "Board.leds of 'mine': a role must be one of heartbeat, error, link, spike, not"
        " 'hearbeat'; did you mean 'heartbeat'?",
    ),
    (Board, "constants"): (
        {"select": (Pin("1"), 2)},
        "Board.constants of 'mine': select must be 0 to 1, not 2.",
    ),
    (Board, "platform"): ("amaranth_boards", "Board.platform of 'mine' must be module:class, not"),
    (Board, "rx"): (
        Resource("uart", signal="rx"),
        "Board.platform must name the board's platform in amaranth-boards, for rx of board"
        " 'mine' is a Resource; or give a Pin.",
    ),
}
# Where any value of the type is one, or where others say what is wrong with it: a target's family
# when targets are read, a board's target, flow, pins and example when the board is used
# (tests/sc_hw/bitstream/flows/test_flow.py), and nextpnr, the packer and the loader their own
# options.
FREE = {
    Pin: {"location", "attributes", "inverted"},
    Resource: {"name", "number", "signal"},
    ConnectorPin: {"connector", "number", "pin", "attributes", "inverted"},
    Cells: {"bram_unit", "dsp_unit"},
    ClockLimit: {"what", "source", "cells", "where"},
    DelayModel: {"memory_register"},
    Family: {"delay", "ram_register", "layer_delay"},
    Target: {
        *("title", "family", "cells", "without_pads", "pads", "pnr_args", "no_pnr", "no_fmax"),
        *("limits", "absent", "capacity_source"),
    },
    Board: {
        *("title", "target", "flow", "place", "clock", "tx", "clock_is_pll_pad", "pack_options"),
        *("loader", "design", "connection", "source"),
    },
}


def test_every_field_has_a_wrong_value_or_is_free() -> None:
    for owner in GOOD:
        wrong = {field for cls, field in WRONG if cls is owner}
        assert wrong | FREE.get(owner, set()) == {field.name for field in fields_of(owner)}
        assert not wrong & FREE.get(owner, set())


@pytest.mark.parametrize(("owner", "field"), WRONG)
def test_a_wrong_value_is_one_line(owner: type[CheckedFields], field: str) -> None:
    value, says = WRONG[owner, field]
    with pytest.raises(ConfigError) as error:
        owner(**{**GOOD[owner], field: value})
    assert str(error.value).startswith(says)
    assert "\n" not in str(error.value)


def test_a_limit_without_a_figure_is_not_found() -> None:
    good = GOOD[ClockLimit]
    assert ClockLimit(**{**good, "mhz": None, "kind": "not found"}).mhz is None
    for changes in ({"mhz": None}, {"kind": "not found"}):
        with pytest.raises(ConfigError, match=r"^ClockLimit\.kind of the clock tree must be"):
            ClockLimit(**{**good, **changes})


def test_a_target_without_place_and_route_says_why() -> None:
    with pytest.raises(ConfigError, match=r"^Target\.no_pnr of target 'mine' must say why"):
        Target(**{**GOOD[Target], "pnr": None})


def test_a_target_names_the_tools_that_there_are() -> None:
    literal, _ = get_args(_hints(Target)["pnr"])
    assert set(get_args(literal)) == {tool.name for tool in TOOLS if "nextpnr" in tool.name}


@pytest.mark.parametrize("owner", GOOD)
def test_a_misspelt_field_is_named(owner: type[CheckedFields]) -> None:
    for field in fields_of(owner):
        values = dict(GOOD[owner])
        values[f"{field.name}x"] = values.pop(field.name, 0)
        with pytest.raises(ConfigError, match=f"has no field '{field.name}x'; did you mean "):
            owner(**values)
    required = [f.name for f in fields_of(owner) if f.default is f.default_factory is MISSING]
    assert set(required) <= set(GOOD[owner])


def test_a_name_that_is_no_field_and_a_field_without_a_value() -> None:
    """A misspelt keyword has the nearest field beside it, not the words of Python."""
    wrong: dict[str, Any] = {"locatoin": "35"}
    with pytest.raises(ConfigError) as caught:
        Pin(**wrong)
    assert str(caught.value) == (
        "Pin has no field 'locatoin'; did you mean 'location'? Its fields are: location,"
        " attributes, inverted."
    )
    given: dict[str, Any] = {"number": 0}
    with pytest.raises(
        ConfigError, match=r"^ConnectorPin\.pin must be given; it has no default\.$"
    ):
        ConnectorPin("io", **given)


def test_a_subclass_with_arguments_of_its_own_and_a_copy() -> None:
    class Mine(Pin):
        def __init__(self, row: int) -> None:
            super().__init__(f"A{row}")

    assert Mine(row=3).location == "A3"
    assert copy(Pin("A3")) == Pin("A3")
    assert pickle.loads(pickle.dumps(Pin("A3"))) == Pin("A3")
