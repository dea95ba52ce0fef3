"""What every configuration inherits, on one that an author of a plug-in might write."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import Field, ValidationError

from sc_model.spec import ConfigError, ConfigTypeError
from sc_model.spec.frozen import Frozen


class Plug(Frozen):
    """A plug-in's settings: fields without bounds, and one that is bounded from above alone."""

    shift: int = 0
    gain: float = 0.0
    large: int = Field(default=0, le=1 << 40)
    on: bool = False


OWN = "; a class with larger numbers gives the field a bound of its own."


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"shift": 65_536}, f"Plug.shift must be <= 65535, not 65536{OWN}"),
        ({"shift": -65_536}, f"Plug.shift must be >= -65535, not -65536{OWN}"),
        ({"gain": 65_535.5}, f"Plug.gain must be <= 65535, not 65535.5{OWN}"),
        ({"gain": math.nan}, "Plug.gain must be finite, not nan."),
        ({"gain": -math.inf}, "Plug.gain must be finite, not -inf."),
        # a bound on one side leaves the other to the base
        ({"large": -65_536}, f"Plug.large must be >= -65535, not -65536{OWN}"),
        ({"large": (1 << 40) + 1}, f"Plug.large must be <= {1 << 40}, not {(1 << 40) + 1}."),
    ],
    ids=str,
)
def test_number_without_a_bound_of_its_own(values: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Plug(**values)
    assert str(caught.value) == text


def test_ends_are_allowed() -> None:
    plug = Plug(shift=-65_535, gain=65_535.0, large=1 << 40, on=True)
    assert (plug.shift, plug.gain, plug.large, plug.on) == (-65_535, 65_535.0, 1 << 40, True)


def test_nothing_is_converted_and_nothing_changes() -> None:
    for values in ({"shift": "1"}, {"shift": True}, {"on": 1}, {"shift": 1.0}):
        with pytest.raises(ConfigTypeError):
            Plug(**values)
    with pytest.raises(ConfigError, match="shfit"):
        Plug(shfit=1)
    with pytest.raises(ValidationError, match="frozen"):
        Plug().shift = 2  # type: ignore[misc]
