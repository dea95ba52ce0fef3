"""Verilog and a driver in C++ to a shared library: built once for a text, taken from the build
folder from then on.

The library lies in `BUILD_FOLDER/sim/library-<key>/rtl.so`; the key is a hash of the sources, the
tools and the options.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from sim.files import write_text
from sim.harness import SimulationError, digest, locked, object_cache, tool_versions


def mangled(name: str) -> str:
    """A port's name in verilated C++."""
    return name.replace("__", "___05F")


def compiled(
    folder: Path, top: str, sources: Mapping[str, str], options: Sequence[str], flags: Sequence[str]
) -> Path:
    """The library of some sources, built unless it is there.

    Parameters
    ----------
    folder : build folder.
    top : module.
    sources : texts by file name: `top.v`, `driver.cc` and what the latter includes.
    options : of Verilator.
    flags : of the compiler.

    Raises SimulationError where a tool is missing or fails.
    """
    versions = tool_versions()
    cpu = Path("/proc/cpuinfo")
    machine = cpu.read_text(encoding="utf-8") if cpu.is_file() else ""
    able = "".join(
        sorted({line for line in machine.splitlines() if line.startswith(("flags", "Features"))})
    )
    key = digest(*sources.values(), *versions.values(), *options, *flags, able)[:12]
    root = folder.resolve() / "sim"
    place = root / f"library-{key}"
    library = place / "rtl.so"
    with locked(root / ".lock"):
        if (place / "complete").is_file() and library.is_file():
            return library
        shutil.rmtree(place, ignore_errors=True)  # a build that was killed
        place.mkdir(parents=True)
        for name, text in sources.items():
            write_text(place / name, text)
        _build(place, top, options, flags, versions["verilator"])
        write_text(place / "complete", "")
    return library


def _build(
    place: Path, top: str, options: Sequence[str], flags: Sequence[str], version: str
) -> None:
    """Verilator, make and the compiler, in a folder of their own."""
    environ = {**os.environ, **object_cache(version)}
    include = _include(environ)
    # an archive's objects with position-independent code, and the driver with them
    _run(
        [
            "verilator",
            *options,
            "-CFLAGS",
            " ".join(flags),
            "--Mdir",
            "made",
            "--top-module",
            top,
            "--build",
            "top.v",
        ],
        place,
        environ,
    )
    archives = [
        str(file)
        for name in ("Vdut*.a", "libVdut*.a", "libverilated.a")
        for file in sorted(place.glob(f"made/{name}"))
    ]
    command = [
        os.environ.get("CXX", "g++"),
        "-std=gnu++17",
        *flags,
        "-shared",
        "-o",
        "made/rtl.so",
        "driver.cc",
    ]
    command += ["-Imade", f"-I{include}", f"-I{include}/vltstd", *archives, "-lpthread"]
    _run(command, place, environ)
    (place / "made" / "rtl.so").replace(place / "rtl.so")


def _include(environ: Mapping[str, str]) -> str:
    """Verilator's headers."""
    command = ["verilator", "--getenv", "VERILATOR_ROOT"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environ, stdin=subprocess.DEVNULL
    )
    root = environ.get("VERILATOR_ROOT") or done.stdout.strip()
    return str(Path(root) / "include")


def _run(command: Sequence[str], place: Path, environ: Mapping[str, str]) -> None:
    log = place / "build.log"
    try:
        done = subprocess.run(
            command,
            cwd=place,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        raise SimulationError(
            f"{command[0]} is not on PATH: apt-get install g++ make perl."
        ) from None
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{' '.join(command)}\n{done.stdout}{done.stderr}\n")
    if done.returncode:
        lines = [
            line.strip() for line in (done.stderr + done.stdout).splitlines() if "rror" in line
        ][:2]
        raise SimulationError(
            f"{command[0]} failed: {' | '.join(lines) or done.returncode}; all of it: {log}"
        )
