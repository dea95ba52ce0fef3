"""The table `[host]`: its keys, and those of its door."""

from __future__ import annotations

from typing import Any

import pytest

from sc_model.spec import ConfigError, ConfigTypeError, Design, HostSpec, parse_design

LANE = {"name": "a", "block": "lane"}


def test_keys_of_the_door_are_kept() -> None:
    design = parse_design({"design": LANE, "host": {"door": "uart", "baud": 9600}})
    assert design.host is not None
    assert design.host.options == {"baud": 9600}
    assert design.model_dump(mode="json")["host"]["baud"] == 9600
    assert Design.model_validate(design.model_dump()) == design
    assert HostSpec().door == "uart"


@pytest.mark.parametrize(
    ("host", "kind", "text"),
    [
        (5, ConfigTypeError, "[host] must be a table, not 5 (int)."),
        ({"door": 3}, ConfigTypeError, "[host] door must be a string, not 3 (int)."),
        ({"clock_mhz": 0.0}, ConfigError, "[host] clock_mhz must be >= 0.001, not 0.0."),
        (
            {"pins": [1, 2]},
            ConfigError,
            "[host] key 'pins' must be a number, a string, true or false, not [1, 2] (list).",
        ),
        (
            {f"key_{n}": n for n in range(17)},
            ConfigError,
            "[host] must have 16 keys of its door at most, not 17.",
        ),
    ],
)
def test_a_wrong_table_is_one_line(host: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as caught:
        parse_design({"design": LANE, "host": host})
    assert str(caught.value) == text
