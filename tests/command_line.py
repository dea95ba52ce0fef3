"""The command `sc-hw` as a program, and its one-line errors."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

from sc_model.environment import python_command
from sc_model.forks import run_module

# Most of the time of a short command goes into these imports, so commands are forks of a process
# that has made them. Only `test_the_program_starts` starts an interpreter.
IMPORTS = (
    "sc_hw.cli",
    "sc_hw.build.elaborate",
    "sc_hw.build.blocks",
    "sc_hw.price.estimate",
    "sc_hw.proof.prove",
    "sc_hw.simulation.cosim",
    "sc_hw.commands.new",
)


def sc_hw(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with further variables of the environment."""
    env = {**os.environ, "NO_COLOR": "1", "TERM": "dumb", **environment}
    with contextlib.chdir(folder):
        return run_module("sc_hw.cli.__main__", arguments, IMPORTS, env)


def sc_hw_in_new_interpreter(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The same in an interpreter of its own, as a user starts it."""
    command = python_command("sc_hw.cli", *arguments)
    env = {**os.environ, "NO_COLOR": "1", "TERM": "dumb"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=env)


def error_of(process: subprocess.CompletedProcess[str]) -> str:
    """The one line of an error; a traceback or a second line fails here."""
    assert process.returncode in (1, 2, 3), process
    lines = [line for line in process.stderr.splitlines() if not line.startswith("... ")]
    assert len(lines) == 1, process.stderr
    return lines[0]
