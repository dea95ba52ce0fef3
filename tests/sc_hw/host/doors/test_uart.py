"""Door `uart`: its keys, and what it refuses."""

from __future__ import annotations

import pytest

from sc_hw.host.doors import load_door
from sc_hw.host.doors.uart import UartDoor, UartLink
from sc_model.spec import ConfigError
from sc_model.spec.host import HostSpec


def test_keys() -> None:
    assert load_door("uart") is UartDoor
    default = UartDoor.component(HostSpec(), 12e6)
    assert isinstance(default, UartLink)
    assert (default.rate.baud, default.window) == (1_000_000, 4)
    other = UartDoor.component(HostSpec.model_validate({"baud": 3_000_000, "window": 8}), 48e6)
    assert isinstance(other, UartLink)
    assert (other.rate.baud, other.window) == (3_000_000, 8)
    assert list(UartDoor.ports(default)) == ["rx", "tx", "link"]
    assert UartDoor.parameters(HostSpec(), 12e6) == {"baud": 1_000_000, "window": 4}


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (
            {"baud": 3_100_000},
            r"^host\.baud: Baud rate must be from 11 to 3000000 with a clock of 12 MHz, not 31000",
        ),
        ({"baud": 0}, r"baud"),
        ({"window": 3}, r"^host\.window must be one of 1, 2, 4, 8, 16, not 3\.$"),
        ({"window": 32}, r"window"),
        ({"boud": 9600}, r"^\[host\] has no key 'boud' with door 'uart'.*baud"),
    ],
)
def test_bad_keys(keys: dict[str, int], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        UartDoor.component(HostSpec.model_validate(keys), 12e6)
