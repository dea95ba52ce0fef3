"""The initiator of a system's bus: errors, bounds, and what it may leave to chance."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.build.elaborate import elaborate
from sc_hw.simulation.library import rtl_library
from sc_model.spec import Design
from sc_sim.bus.bus import BusError, SystemBus
from sc_sim.toolchain import SimulationError


def test_accesses_are_made_in_order_and_have_a_bound(builds: Path) -> None:
    # the same system as in the tests of a lane behind its registers
    design = Design(name="host_lane", block="lane").behind("wishbone")
    design = design.model_copy(
        update={"host": design.host and design.host.model_copy(update={"output_words": 8})}
    )
    folder = elaborate(design, builds).folder
    library = rtl_library(folder, bus=True)
    bus = SystemBus(folder, library, idle=0.5)
    bus["WINDOW_ADDRESS"] = 0x1234_5678
    assert bus["WINDOW_ADDRESS"] == 0x1234_5678
    assert bus.longest == 5  # a plain access
    assert bus.read("MAGIC", 3) == [0x53434857] * 3
    assert bus[0] == 0x53434857
    assert 5 < bus.longest <= 80  # constants and counters come out of a memory, byte by byte
    before = bus.clocks
    bus.wait(10)
    assert bus.clocks == before + 10
    with pytest.raises(BusError, match=r"^access \('STATUS', 1\) was refused$"):
        bus["STATUS"] = 1
    bus.reset()
    assert bus["ERRORS"] == 0
    hasty = SystemBus(folder, library, most_clocks=2)
    with pytest.raises(SimulationError) as caught:
        hasty.read("MAGIC")
    assert str(caught.value) == (
        "access 0 of 1, ('MAGIC', None), must end within 2 clocks; the bus still waits."
    )
