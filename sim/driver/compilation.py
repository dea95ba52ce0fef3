"""Verilog and a driver in C++, compiled to a shared library; built once for a text.

The library is `BUILD_FOLDER/sim/library-<key>/rtl.so`; the key is a hash of the sources, the tools,
the options and the machine's instruction sets. Processes that want the same library at once wait
for the first of them.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from sc_model.cache import others_can_write
from sc_model.files import write_text
from sc_model.processes import run_program
from sc_sim.toolchain import (
    SimulationError,
    digest,
    locked,
    plain_build,
    private_place,
    tool_versions,
    users_options,
)

VERILATED = "verilated"  # folder of what Verilator and make write
# The driver's name in that folder: Verilator's makefiles know C++ files by `.cpp`.
DRIVER = "driver.cpp"
STANDARD = "-std=gnu++17"  # of the driver; compilers before GCC 11 take an older one by themselves


def instruction_sets() -> str:
    """What distinguishes this machine's processor for a compiler; empty where Linux has no list."""
    list_of_processors = Path("/proc/cpuinfo")
    if not list_of_processors.is_file():
        return ""
    lines = list_of_processors.read_text(encoding="utf-8").splitlines()
    # "flags" on x86, "Features" on ARM
    return "".join(sorted({line for line in lines if line.startswith(("flags", "Features"))}))


def compile_library(
    folder: Path, top: str, sources: Mapping[str, str], options: Sequence[str], flags: Sequence[str]
) -> Path:
    """The library of some sources, built unless it is there.

    Parameters
    ----------
    folder : build folder.
    top : module.
    sources : texts by file name: `top.v`, `driver.cpp` and what the latter includes.
    options : of Verilator.
    flags : of the compiler.

    Raises
    ------
    SimulationError
        A tool is missing or fails.
    """
    versions = tool_versions()
    flags = [*flags, *users_options()]
    parts = (*sources.values(), *versions.values(), *options, *flags, instruction_sets())
    root = folder.resolve() / "sim"
    with locked(root / ".lock"):
        place = private_place(root, f"library-{digest(*parts)[:12]}")
        library = place / "rtl.so"
        if (
            (place / "complete").is_file()
            and library.is_file()
            and others_can_write(library) is None
        ):
            return library
        shutil.rmtree(place, ignore_errors=True)  # a build that was killed
        place.mkdir(mode=0o700, parents=True)
        for name, text in sources.items():
            write_text(place / name, text)
        _build(place, top, options, flags, versions["verilator"])
        library.chmod(0o700)
        write_text(place / "complete", "")
    return library


def _build(
    place: Path, top: str, options: Sequence[str], flags: Sequence[str], version: str
) -> None:
    """Run Verilator, make and the compiler in a folder of their own."""
    with plain_build(place, version) as (plain, environ):
        compiled = " ".join((STANDARD, *flags))
        verilate = ["verilator", *options, "-CFLAGS", compiled, "--Mdir", VERILATED]
        log = place / "build.log"
        _run([*verilate, "--top-module", top, "--build", "top.v", DRIVER], plain, environ, log)
        # Verilator builds archives, with position-independent code for the library. What the driver
        # is called by is in none of them, so its object is named.
        archives = [
            str(file.relative_to(plain))
            for name in ("driver.o", "Vdut*.a", "libVdut*.a", "libverilated.a")
            for file in sorted(plain.glob(f"{VERILATED}/{name}"))
        ]
        # the compiler that `doctor` asks for, whatever CXX says: so do Verilator's makefiles
        link = ["g++", *flags, "-shared", "-o", f"{VERILATED}/rtl.so"]
        _run([*link, *archives, "-lpthread"], plain, environ, log)
    (place / VERILATED / "rtl.so").replace(place / "rtl.so")


def _run(command: Sequence[str], place: Path, environ: Mapping[str, str], log: Path) -> None:
    """Run a tool; SimulationError quotes its first errors and names the log with all of them."""
    try:
        process = run_program(command, cwd=place, env=environ)
    except FileNotFoundError:
        raise SimulationError(
            f"{command[0]} is not on PATH: apt-get install g++ make perl."
        ) from None
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{' '.join(command)}\n{process.stdout}{process.stderr}\n")
    if process.returncode:
        # "Error" or "error", by tool
        lines = [
            line.strip()
            for line in (process.stderr + process.stdout).splitlines()
            if "rror" in line
        ][:2]
        raise SimulationError(
            f"{command[0]} failed: {' | '.join(lines) or process.returncode}; all of it: {log}"
        )
