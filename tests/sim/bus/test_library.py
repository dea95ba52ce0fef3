"""The library of a system: of designs with the door `wishbone` alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.build.elaborate import elaborate
from sc_model.spec import Design
from sc_sim.bus.library import build_bus
from sc_sim.design import BuildFolderError


@pytest.mark.parametrize("door", [None, "uart"])
def test_a_build_without_that_door_is_refused(door: str | None, builds: Path) -> None:
    design = Design(name="bus", block="lane")
    folder = elaborate(design.behind(door) if door else design, builds).folder
    with pytest.raises(BuildFolderError) as caught:
        build_bus(folder)
    assert str(caught.value) == (
        f"build folder {folder} must hold a design with door wishbone, not"
        f" {door or 'one without a host'}; sc-hw elaborate DESIGN --door wishbone."
    )
