"""The door `axi`: its ports and options. `tests/sc_hw/proof/blocks/test_axi.py` proves it."""

from __future__ import annotations

import pytest

from sc_hw.host.doors import load_door
from sc_model.spec import ConfigError
from sc_model.spec.host import HostSpec

CLOCK_HZ = 12e6


def port_names(**options: object) -> set[str]:
    door = load_door("axi")
    return set(door.ports(door.component(HostSpec(door="axi", **options), CLOCK_HZ)))


def test_ports_have_the_names_that_tools_find_interfaces_by() -> None:
    lite = {
        f"s_axi_{channel}{name}"
        for channel in ("aw", "w", "b", "ar", "r")
        for name in ("valid", "ready")
    }
    streams = {
        f"{side}_axis_t{name}" for side in "sm" for name in ("data", "last", "valid", "ready")
    }
    names = port_names()
    assert lite | streams | {"irq"} <= names
    assert names - port_names(streams=False) == streams


def test_address_bits_are_those_of_an_interconnect() -> None:
    door = load_door("axi")
    for bits in (12, 18):
        component = door.component(HostSpec(door="axi", address_bits=bits), CLOCK_HZ)
        assert len(component.s_axi_awaddr) == len(component.s_axi_araddr) == bits
    with pytest.raises(ConfigError, match="address_bits"):
        door.component(HostSpec(door="axi", address_bits=11), CLOCK_HZ)


def test_a_key_of_another_door_is_refused() -> None:
    door = load_door("axi")
    with pytest.raises(ConfigError) as caught:
        door.component(HostSpec(door="axi", baud=9600), CLOCK_HZ)
    assert str(caught.value) == (
        "[host] has no key 'baud' with door 'axi'. Its keys are: door, clock_mhz, step_words,"
        " output_words, address_bits, streams."
    )
