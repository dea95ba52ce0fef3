"""Door `spi_bus`: its ports, and that it has no keys."""

from __future__ import annotations

import pytest

from sc_hw.host.doors import load_door
from sc_hw.host.doors.spi_bus import SpiBusDoor
from sc_model.spec import ConfigError
from sc_model.spec.host import HostSpec


def test_ports_and_keys() -> None:
    assert load_door("spi_bus") is SpiBusDoor
    component = SpiBusDoor.component(HostSpec(door="spi_bus"), 12e6)
    assert list(SpiBusDoor.ports(component)) == ["sck", "cs_n", "mosi", "miso", "miso_enable"]
    with pytest.raises(ConfigError, match="no key 'window' with door 'spi_bus'"):
        SpiBusDoor.component(HostSpec.model_validate({"door": "spi_bus", "window": 4}), 12e6)
