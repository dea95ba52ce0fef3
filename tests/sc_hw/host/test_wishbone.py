"""The bus's signature."""

from __future__ import annotations

from amaranth.lib.wiring import In

from sc_hw.host import wishbone


def test_a_bus_is_known_by_its_address_bits() -> None:
    bus = wishbone.Signature(6)
    assert bus == wishbone.Signature(6)
    assert bus != wishbone.Signature(7)
    assert repr(bus) == "wishbone.Signature(6)"
    target = {name for name, member in bus.members.items() if member.flow is In}
    assert target == {"dat_r", "ack", "err"}
