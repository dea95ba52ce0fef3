"""The machine around us, as `doctor` finds it: interpreter, folders, names and variables.

What is found here seldom keeps anything from working; it explains what a user wonders about.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sc_hw.files import DEFAULT_ROOT
from sc_hw.tools.search import version_on_path
from sc_model.environment import cache_problem, child_environment, is_plain

# Names that a user gives to a file, and that our programs import.
_IMPORTED = ("sim", "amaranth", "bitwuzla", "cocotb", "matplotlib", "numpy", "pydantic", "pyosys")
# Variables that reach every program and may change what it does.
_PRELOADED = ("LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "DYLD_INSERT_LIBRARIES")


@dataclass(frozen=True)
class Finding:
    """One thing about the machine.

    Members
    -------
    name : what was looked at.
    found : what it is.
    note : what follows from it, or what to do; None where all is as usual.
    fatal : whether nothing works before that is done.
    """

    name: str
    found: str
    note: str | None = None
    fatal: bool = False


def machine() -> list[Finding]:
    """All findings, in the order of the checks."""
    return [
        _interpreter(),
        _hidden_names(),
        _variables(),
        _build_folder(),
        _temporary_folder(),
        _cache(),
        *_odd_names(),
        _icarus(),
    ]


def _interpreter() -> Finding:
    description = f"Python {sys.version.split()[0]} at {sys.executable}"
    paths = (shutil.which(name) for name in ("python3", "python"))
    others = [path for path in paths if path and not Path(path).samefile(sys.executable)]
    if not others:
        return Finding("interpreter", description)
    return Finding(
        "interpreter", description, f"{others[0]} on PATH is another one and is not used"
    )


def _hidden_names() -> Finding:
    """Files in the working folder that have the name of a module which we import."""
    try:
        here = sorted(os.listdir())
    except OSError as error:
        return Finding("working folder", "can't be listed", error.strerror)
    names = {*_IMPORTED, *sys.stdlib_module_names}
    hiding = [
        name
        for name in here
        if name.removesuffix(".py") in names
        and (name.endswith(".py") or Path(name, "__init__.py").is_file())
    ]
    if not hiding:
        return Finding("working folder", "no file in it has the name of a module")
    return Finding(
        "working folder",
        f"it has {', '.join(hiding)}",
        "harmless: programs that we start import nothing from it",
    )


def _variables() -> Finding:
    environment = child_environment()
    # CFLAGS and the like are everyday; those of Python and make explain odd imports and builds
    names = [name for name in sorted(os.environ) if name not in environment]
    preloaded = [name for name in _PRELOADED if os.environ.get(name)]
    description = f"left out for our programs: {', '.join(names)}" if names else "none is left out"
    if not preloaded:
        return Finding("variables", description)
    note = f"{', '.join(preloaded)} reach all programs: unset them if one of those fails"
    return Finding("variables", description, note)


def _build_folder() -> Finding:
    folder = DEFAULT_ROOT if DEFAULT_ROOT.exists() else Path()
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return Finding("build folder", f"{DEFAULT_ROOT} can be written here")
    note = "change to another folder, or give one with --build"
    return Finding("build folder", f"{DEFAULT_ROOT} can't be written here", note)


def _temporary_folder() -> Finding:
    try:
        folder = Path(tempfile.gettempdir())
    except OSError:
        note = "set TMPDIR to a folder that can be"
        return Finding("temporary folder", "none can be written", note, fatal=True)
    tmpdir = os.environ.get("TMPDIR")
    if tmpdir and Path(tmpdir).absolute() != folder.absolute():
        return Finding("temporary folder", str(folder), f"TMPDIR={tmpdir} can't be written")
    return Finding("temporary folder", str(folder))


def _cache() -> Finding:
    problem = cache_problem()
    if problem is not None:
        note = "set XDG_CACHE_HOME to a folder that can be; until then a temporary one is used"
        return Finding("cache folder", problem, note)
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    ours = base / "sc-hw"
    folder = ours if ours.exists() else base
    status = folder.stat()
    if status.st_uid != os.geteuid() and os.geteuid() != 0:
        return Finding("cache folder", str(folder), f"it belongs to user {status.st_uid}")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        note = f"others can write there, and programs in it are run: chmod go-w {folder}"
        return Finding("cache folder", str(folder), note)
    return Finding("cache folder", str(folder))


def _odd_names() -> Iterator[Finding]:
    """Folders with letters that make or a shell know."""
    places = {"working folder": os.curdir, "installation": sys.prefix}
    odd = [name for name, path in places.items() if not is_plain(Path(path).absolute())]
    if odd:
        note = "harmless: simulators are built in a temporary folder"
        yield Finding("names of folders", f"{' and '.join(odd)}: letters that make knows", note)


def _icarus() -> Finding:
    program = version_on_path("iverilog", "-V")
    if program is None:
        note = "optional, for testbenches of your own: apt-get install iverilog"
        return Finding("Icarus", "none", note)
    path, version = program
    return Finding("Icarus", f"{version or 'unknown version'} at {path}")
