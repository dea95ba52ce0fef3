"""What all doors have: options that are checked, ports that are theirs."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.lib import wiring
from amaranth.lib.wiring import Out
from pydantic import Field

from sc_hw.host.doors.door import INSIDE, Door
from sc_model.spec import ConfigError, Frozen, HostSpec


class Options(Frozen):
    speed: int = Field(default=1, ge=1, le=9)


class Hatch(Door):
    name = "hatch"
    options = Options

    @classmethod
    def component(cls, spec: HostSpec, clock_hz: float) -> Any:
        cls.options_of(spec)
        return wiring.PureInterface(
            wiring.Signature({"bus": INSIDE["bus"], "pin": Out(1), "link": Out(1)})
        )


def test_a_door_knows_its_own_keys() -> None:
    spec = HostSpec(door="hatch", speed=3)
    assert Hatch.options_of(spec) == Options(speed=3)
    assert Hatch.parameters(spec, 12e6) == {"speed": 3}
    with pytest.raises(ConfigError) as caught:
        Hatch.options_of(HostSpec(door="hatch", sped=3))
    assert str(caught.value) == (
        "[host] has no key 'sped' with door 'hatch'; did you mean 'speed'? Its keys are: door,"
        " clock_mhz, step_words, output_words, speed."
    )
    with pytest.raises(ConfigError, match=r"^\[host\] speed must be <= 9, not 10\.$"):
        Hatch.options_of(HostSpec(door="hatch", speed=10))


def test_all_but_the_inside_are_ports() -> None:
    assert set(Hatch.ports(Hatch.component(HostSpec(door="hatch"), 12e6))) == {"pin", "link"}
