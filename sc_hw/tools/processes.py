"""Run a tool: all that it prints goes to a log, and an error quotes the lines that say why."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from sc_hw.errors import ToolError
from sc_hw.files import raise_if_disk_is_full, write_text
from sc_hw.tools.search import find
from sc_model.processes import run_program

QUOTED_LINES = 3  # of a tool's errors in our own
# a word by itself: a design may have a signal `o_error`
_ERROR = re.compile(r"\berrors?\b", re.IGNORECASE)


def run(
    command: Sequence[str],
    *,
    log: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    what: str = "",
) -> str:
    """Run a program and return all that it prints.

    Parameters
    ----------
    command : program and arguments.
    log : file that keeps what it prints.
    cwd, env : working folder and environment; by default those of this process.
    what : the program's name in an error.

    Raises ToolError with the program's own error lines if it fails, OutputError if that is because
    the disk is full.
    """
    process = run_program(command, cwd=cwd, env=env)
    text = process.stdout + process.stderr
    write_text(log, text)
    if process.returncode != 0:
        raise_if_disk_is_full(log.parent, text)
        lines = text.splitlines()
        errors = [line for line in lines if _ERROR.search(line)] or lines[-QUOTED_LINES:]
        raise ToolError(
            f"{what or Path(command[0]).name} failed (exit {process.returncode}):"
            f" {' | '.join(errors[:QUOTED_LINES])}; all of it: {log}"
        )
    return text


def _relative(script: str, folder: Path) -> str:
    """The script with paths relative to the folder that it runs in.

    Yosys takes no path with a space or another letter of its own; what is above the folder may have
    any name then. Paths below other folders stay as they are.
    """
    place = folder.resolve()
    for height, above in enumerate((place, *place.parents[:-1])):
        # at the beginning of a word: not in the middle of another path
        absolute = rf"(?<![^\s\"]){re.escape(str(above))}/"
        script = re.sub(absolute, "../" * height or "./", script)
    return script


def run_yosys(script: str, *, folder: Path, name: str) -> str:
    """Run a Yosys script in a folder; `<name>.ys` and `<name>.log` stay there.

    The script may name files below the folder's own parents by their absolute paths.

    Yosys runs in a process of its own: an error inside pyosys ends its process.
    """
    yosys = find("yosys")
    file = write_text(folder / f"{name}.ys", _relative(script, folder))
    # the pyosys wheel has no program; our module takes the script's name alone
    is_module = "sc_hw.tools.run_pyosys" in yosys.command
    arguments = (file.name,) if is_module else ("-s", file.name)
    return run(
        (*yosys.command, *arguments),
        log=folder / f"{name}.log",
        cwd=folder,
        env=yosys.environ(),
        what="yosys",
    )
