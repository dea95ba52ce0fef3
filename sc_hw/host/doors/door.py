"""What every door is: a component that turns what comes from outside into accesses of the bus."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Member, Out

from sc_hw.host import wishbone
from sc_hw.host.register_map import ADDRESS_BITS
from sc_hw.host.registers import WORD_BITS
from sc_model.spec import ConfigError, ConfigTypeError, Frozen
from sc_model.spec.errors import did_you_mean, in_tables
from sc_model.spec.host import HostSpec

# Members of a door's component that lead to the registers and to the rest of a system; all others
# are ports of the system.
OUTPUT_WORD = data.StructLayout({"word": WORD_BITS, "last": 1})
INSIDE = {
    "bus": Out(wishbone.Signature(ADDRESS_BITS)),
    "steps": Out(stream.Signature(WORD_BITS)),
    "outputs": In(stream.Signature(OUTPUT_WORD)),
    "interrupt": In(1),
    # of a door with packets: how many words one has, a constant; one of another length came
    "packet_words": In(WORD_BITS),
    "packet_error": Out(1),
}
# An output that a door may have beside: something good came in lately. It is a port and a light.
LINK = "link"


class NoOptions(Frozen):
    """The options of a door that has none."""


class Door(ABC):
    """A door of a system.

    Members
    -------
    name : the key `door` of a design's table `[host]`.
    options : class of the keys of `[host]` that belong to this door alone.
    """

    name: ClassVar[str]
    options: ClassVar[type[Frozen]] = NoOptions

    @classmethod
    @abstractmethod
    def component(cls, spec: HostSpec, clock_hz: float) -> wiring.Component:
        """The door's component.

        It has the member `bus` of `INSIDE`, may have the others, and its own external ports.

        Parameters
        ----------
        spec : the design's host; `cls.options_of(spec)` are this door's own keys.
        clock_hz : frequency of the system's clock, in hertz.
        """

    @classmethod
    def options_of(cls, spec: HostSpec) -> Any:
        """The door's own keys of a host, checked; ConfigError for one that it has not."""
        keys = cls.options.model_fields
        for key in spec.options:
            if key not in keys:
                own = ", ".join(name for name in HostSpec.model_fields if name != "door")
                raise ConfigError(
                    f"[host] has no key '{key}' with door '{cls.name}'"
                    f"{did_you_mean(key, [*keys, *HostSpec.model_fields]) or '.'} Its keys are:"
                    f" {', '.join(['door', own, *keys])}."
                )
        try:
            return cls.options(**spec.options)
        except (ConfigError, ConfigTypeError) as error:
            raise in_tables(error, {cls.options.__name__: "[host]"}) from None

    @classmethod
    def ports(cls, component: wiring.Component) -> dict[str, Member]:
        """The members of the door's component that are ports of the system."""
        members: dict[str, Member] = dict(component.signature.members)
        return {name: member for name, member in members.items() if name not in INSIDE}

    @classmethod
    def parameters(cls, spec: HostSpec, clock_hz: float) -> dict[str, Any]:
        """What the manifest says about the door: its options by default."""
        values: dict[str, Any] = cls.options_of(spec).model_dump(mode="json")
        return values
