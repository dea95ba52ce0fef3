"""Door `spi`: its keys."""

from __future__ import annotations

import pytest

from sc_hw.host.doors import load_door
from sc_hw.host.doors.spi import SpiDoor, SpiLink
from sc_model.spec import ConfigError
from sc_model.spec.host import HostSpec


def test_keys() -> None:
    assert load_door("spi") is SpiDoor
    host = HostSpec.model_validate({"door": "spi", "window": 2})
    link = SpiDoor.component(host, 12e6)
    assert isinstance(link, SpiLink)
    assert link.window == 2
    assert list(SpiDoor.ports(link)) == ["sck", "cs_n", "mosi", "miso", "miso_enable", "link"]
    with pytest.raises(ConfigError, match=r"^host\.window must be one of 1, 2, 4, 8, 16, not 5\.$"):
        SpiDoor.component(HostSpec.model_validate({"window": 5}), 12e6)
