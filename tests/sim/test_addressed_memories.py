"""Lanes of words are loaded and read by space, with and without idle clocks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from recurrent_networks import design

from sc_hw.build.elaborate import elaborate
from sc_hw.simulation.library import rtl_library
from sc_sim.addressed_memories import AddressedMemories
from sc_sim.driver.one_clock import Rtl


def test_what_is_loaded_is_read(builds: Path) -> None:
    build = elaborate(design(), builds)
    memories = AddressedMemories(Rtl(build.folder, rtl_library(build.folder)))
    rng = np.random.default_rng(1)
    word, lane = (array.ravel() for array in np.indices((26, 4)))
    cells = {"weight": rng.integers(-127, 128, 104), "eligibility": rng.integers(0, 256, 104)}
    zero = np.zeros(1, np.int64)
    for stall in (0.2, 0.0):
        memories.stall = stall
        memories.load("synapse", word, lane, cells)
        found = memories.read("synapse", word[::-1], lane[::-1])
        for name, values in cells.items():
            assert (found[name][::-1] == values).all()
        control = memories.read("control", zero, zero)
        assert int(control["hidden_shift"][0]) == 11
        cells["weight"] = -cells["weight"]
