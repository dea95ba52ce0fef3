"""The door that is the bus: wires."""

from __future__ import annotations

from typing import Any

from simulator import simulate

from sc_hw.host.doors.wishbone import DOOR
from sc_model.spec import HostSpec


def test_accesses_go_through_in_the_same_clock() -> None:
    door = DOOR.component(HostSpec(door="wishbone"), 12e6)

    async def bench(context: Any) -> None:
        for name, value in (("adr", 0x16), ("dat_w", 5), ("cyc", 1), ("stb", 1), ("we", 1)):
            context.set(getattr(door.wishbone, name), value)
            assert context.get(getattr(door.bus, name)) == value
        for name, value in (("dat_r", 7), ("ack", 1), ("err", 1)):
            context.set(getattr(door.bus, name), value)
            assert context.get(getattr(door.wishbone, name)) == value
        context.set(door.interrupt, 1)
        assert context.get(door.irq) == 1

    simulate(door, bench, clocked=False)
    assert set(DOOR.ports(door)) == {"wishbone", "irq"}
