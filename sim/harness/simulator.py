"""The simulator of a build: Verilator, cocotb and the wrapper, built once for a text.

It is in `BUILD_FOLDER/sim/verilated-<key>`; the key is a hash of the Verilog, the wrapper, the tool
versions, the options and the path of Python (the simulator loads that Python's libraries), so that
an unchanged design is never built twice and a changed one never meets an old simulator. A lock file
keeps two processes from building the same folder at once.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sc_model.environment import plain_name
from sc_model.files import write_text
from sc_sim.design import RuleDut
from sc_sim.harness.wrapper import TOP, wrapper
from sc_sim.toolchain import (
    SimulationError,
    digest,
    locked,
    plain_build,
    private_place,
    users_options,
)

# -O1 compiles in half the time of Verilator's own -Os and runs as fast; -O0 at half the speed.
# WIDTH and the like are the business of `lint`, which is strict. One C++ file, however large: for
# several of them the wheel's makefile asks the compiler for precompiled headers in a way that no
# compiler knows.
CFLAGS = "-O1"
BUILD_ARGS = ("-Wno-fatal", "-Wno-WIDTH", "--output-split", "0")
# cocotb asks for all signals to stay visible, which makes a layer three times as large. The wrapper
# names those that the bench accesses; only waves need the others.
HIDDEN_SIGNALS = ("--no-public-flat-rw",)
# What cocotb's runner raises when a tool fails or is not there
FAILURES = (RuntimeError, SystemExit, OSError, subprocess.CalledProcessError)
SHOWN_LINES = 3  # lines of a log in an error: the first tells the cause, the error names the file
KEY_DIGITS = 12  # hex digits of a key: 48 bits tell all builds of a folder apart


def call_silently(call: Callable[..., Any], **arguments: Any) -> None:
    """Call a cocotb runner: it prints its commands, and standard output is the caller's."""
    with contextlib.redirect_stdout(io.StringIO()):
        call(**arguments)


def runner() -> Any:
    """cocotb's runner for Verilator."""
    from cocotb_tools.runner import get_runner

    return get_runner("verilator")


@contextlib.contextmanager
def plain_cocotb() -> Iterator[None]:
    """Let the block know cocotb's own folders by names that make and the compiler take unquoted.

    The libraries are looked for in these folders again when a simulator runs.
    """
    from cocotb_tools import config

    own = config.share_dir, config.libs_dir
    with plain_name(own[0]) as share, plain_name(own[1]) as libs:
        if libs != own[1].resolve():
            libraries = (str(libs), os.environ.get("LD_LIBRARY_PATH", ""))
            os.environ["LD_LIBRARY_PATH"] = os.pathsep.join(filter(None, libraries))
        config.share_dir, config.libs_dir = share, libs
        try:
            yield
        finally:
            config.share_dir, config.libs_dir = own


def error_lines(log: Path) -> str:
    """The first lines of a log that speak of an error, or else its last ones, in one line.

    Verilator's closing line "Exiting due to ..." says nothing but that there were errors.
    """
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else []
    errors = [
        line.strip() for line in lines if "error" in line.lower() and "Exiting due to" not in line
    ]
    return " | ".join((errors or lines[-SHOWN_LINES:])[:SHOWN_LINES])


def build_simulator(dut: RuleDut, versions: dict[str, str], waves: bool) -> Path:
    """The folder of the simulator, which is built unless it is there.

    Parameters
    ----------
    dut : the design under test.
    versions : versions of Verilator and cocotb, by name.
    waves : whether the simulator can write waves.

    Raises SimulationError, with lines of the log, where the build fails.
    """
    verilog, bench = dut.verilog.read_text(encoding="utf-8"), wrapper(dut)
    root = dut.folder.resolve() / "sim"
    flags = " ".join((CFLAGS, *users_options()))
    arguments = ["-CFLAGS", flags, *BUILD_ARGS, *(() if waves else HIDDEN_SIGNALS)]
    tools = json.dumps(versions, sort_keys=True)
    key = digest(verilog, bench, tools, *arguments, f"waves={waves}", sys.executable)[:KEY_DIGITS]
    with locked(root / ".lock"):
        folder = private_place(root, f"verilated-{key}")
        # written last: a folder without it holds a build that was killed
        complete = folder / "complete"
        if complete.exists():
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        # the simulator is built from copies: what it simulates can't change under it
        write_text(folder / "top.v", verilog)
        write_text(folder / "bench.v", bench)
        log = folder / "build.log"
        try:
            with plain_build(folder, versions["verilator"]) as (plain, environ), plain_cocotb():
                # The makefiles that the runner starts inherit this environment.
                os.environ.update(environ)
                call_silently(
                    runner().build,
                    sources=[plain / "top.v", plain / "bench.v"],
                    hdl_toplevel=TOP,
                    build_dir=plain,
                    build_args=arguments,
                    waves=waves,
                    log_file=log,
                )
        except FAILURES as error:
            raise SimulationError(
                f"verilator failed: {error_lines(log) or error}; all of it: {log}"
            ) from None
        write_text(complete, "")
    return folder
