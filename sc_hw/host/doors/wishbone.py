# amaranth: UnusedElaboratable=no
"""Door `wishbone`: the bus itself, for whoever has a Wishbone in the same clock."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.host import wishbone
from sc_hw.host.doors.door import INSIDE, Door
from sc_hw.host.register_map import ADDRESS_BITS
from sc_model.spec.host import HostSpec


class WishboneWires(wiring.Component):
    """Wires from the system's ports to its registers.

    Members
    -------
    wishbone : the bus as a target sees it, `adr` in words.
    irq : the interrupt.
    bus, interrupt : see `sc_hw.host.doors.door.INSIDE`.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "wishbone": In(wishbone.Signature(ADDRESS_BITS)),
                "irq": Out(1),
                "bus": INSIDE["bus"],
                "interrupt": INSIDE["interrupt"],
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        wiring.connect(m, wiring.flipped(self.wishbone), wiring.flipped(self.bus))
        m.d.comb += self.irq.eq(self.interrupt)
        return m


class WishboneDoor(Door):
    """The door that is the bus."""

    name = "wishbone"

    @classmethod
    def component(cls, spec: HostSpec, clock_hz: float) -> WishboneWires:
        """Wires; the clock's frequency does not matter."""
        cls.options_of(spec)
        return WishboneWires()


DOOR = WishboneDoor
