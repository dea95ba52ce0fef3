"""Compiles a build's `system.v` together with an initiator of its Wishbone bus (`bus.cc`)."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from sc_sim.design import BuildFolderError, read_manifest
from sc_sim.driver.compilation import DRIVER, compile_library
from sc_sim.driver.library import POSITION_INDEPENDENT, SEVERAL_CLOCKS, VERILATOR

DOOR = "wishbone"  # the door of the designs whose bus `bus.cc` can drive


def build_bus(folder: Path) -> Path:
    """The shared library of a build folder; it is compiled unless it is there already.

    Parameters
    ----------
    folder : a build whose design has the door `wishbone`.

    Raises
    ------
    BuildFolderError
        The folder is no build, or its design has no door `wishbone`.
    SimulationError
        A tool is missing or fails.
    """
    host = read_manifest(folder).get("host", {})
    if host.get("door") != DOOR:
        raise BuildFolderError(
            f"build folder {folder} must hold a design with door {DOOR}, not"
            f" {host.get('door', 'one without a host')}; sc-hw elaborate DESIGN --door {DOOR}."
        )
    sources = {
        "top.v": (folder / host["verilog"]).read_text(encoding="utf-8"),
        DRIVER: resources.files(__package__).joinpath("bus.cc").read_text(encoding="utf-8"),
        "random.h": resources.files("sc_sim.driver").joinpath("random.h").read_text(),
    }
    flags = [*SEVERAL_CLOCKS, POSITION_INDEPENDENT]
    return compile_library(folder, host["top"], sources, VERILATOR, flags)
