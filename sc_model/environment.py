"""Command and environment of child processes: our interpreter, nothing from the user's folder.

A child imports what this process would import if the user had no folder and no variables of
Python: neither `numpy.py` in the working folder nor `PYTHONSTARTUP` reaches it. Variables that
steer make, compilers, Perl, Verilator or cocotb are left out as well: what is built must depend on
the design, not on what else is worked on in the same shell.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path

from sc_model.cache import others_can_write

# Variables of Python that change neither what is imported nor what it does.
_HARMLESS = frozenset(
    ("PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED", "PYTHONNOUSERSITE", "PYTHONPYCACHEPREFIX")
)
# Prefixes and names of the variables that steer a program which we run.
_PREFIXES = ("PYTHON", "COCOTB_", "GPI_", "PYGPI_", "VERILATOR_", "PERL5", "MAKEF", "YOSYS_")
_MAKE = "MFLAGS GNUMAKEFLAGS MAKELEVEL CPPFLAGS CFLAGS CXXFLAGS LDFLAGS LDLIBS TARGET_ARCH"
_VERILATED_MK = "OPT OPT_FAST OPT_SLOW OPT_GLOBAL USER_CPPFLAGS USER_LDFLAGS USER_LDLIBS"
_COCOTB = "MODULE TOPLEVEL TESTCASE WAVES GUI PLUSARGS RANDOM_SEED COVERAGE SIM EXTRA_ARGS SIM_ARGS"
# A program's texts in another language would not be understood.
_LANGUAGE = "LANGUAGE LC_MESSAGES"
_NAMES = frozenset(f"{_MAKE} {_VERILATED_MK} {_COCOTB} {_LANGUAGE}".split())
# Folders that the tools make in the user's cache: wheels of Yosys and nextpnr, Matplotlib, we.
_CACHES = ("wasmtime", "YoWASP", "matplotlib", "sc-hw")
# Paths of these characters pass unquoted through make, the shell and Verilator's own files. `:`
# separates the folders of PATH; the others are letters of make or of the shell.
_PLAIN = re.compile(r"[A-Za-z0-9_./+,@-]+")


def python_command(module: str, *arguments: str) -> tuple[str, ...]:
    """Command that runs a module in our own interpreter.

    `-P` keeps the working folder off the path of imports (PEP 686's `safe_path`).
    """
    return (sys.executable, "-P", "-m", module, *arguments)


def child_environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a child process.

    Parameters
    ----------
    variables : those of this process, by default; the ones that could do harm are left out.
    """
    environ = os.environ if variables is None else variables
    environment = {
        name: value
        for name, value in environ.items()
        if name in _HARMLESS or (name not in _NAMES and not name.startswith(_PREFIXES))
    }
    # a relative folder, as `.`, is another one in each working folder
    folders = environment.get("PATH", os.defpath).split(os.pathsep)
    environment["PATH"] = os.pathsep.join(folder for folder in folders if os.path.isabs(folder))
    # LC_ALL rules all of them, LC_MESSAGES among them
    if everything := environment.pop("LC_ALL", None):
        environment["LC_CTYPE"] = everything
    environment["LC_MESSAGES"] = "C"
    with suppress(OSError):  # without any temporary folder the child says so itself
        if "TMPDIR" in environment or not is_plain(Path(tempfile.gettempdir())):
            environment["TMPDIR"] = str(plain_temporary_folder())
    if folders := _folders_of_packages():
        environment["PYTHONPATH"] = os.pathsep.join(folders)
    if cache_problem(environ) is not None:
        # Wheels of tools keep what they compile there, and end where they can't.
        environment["XDG_CACHE_HOME"] = str(cache_for_now())
        environment.setdefault("HOME", environment["XDG_CACHE_HOME"])
    return environment


def cache_problem(variables: Mapping[str, str] | None = None) -> str | None:
    """Why the caches of tools can't be in the user's cache folder; None where they can.

    Parameters
    ----------
    variables : those of this process, by default.
    """
    environ = os.environ if variables is None else variables
    cache_home, home = environ.get("XDG_CACHE_HOME", ""), environ.get("HOME", "")
    if os.path.isabs(cache_home):
        folder = Path(cache_home)
    elif os.path.isabs(home := home or os.path.expanduser("~")):
        folder = Path(home) / ".cache"
    else:
        return "there is no home folder"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return f"{folder} can't be made: {error.strerror}"
    # a folder in it may be another user's, as after a command with sudo
    for used in (folder, *(folder / name for name in _CACHES)):
        if used.exists() and not os.access(used, os.R_OK | os.W_OK | os.X_OK):
            return f"{used} can't be written"
        # The wheels load compiled code from there: whoever can change it runs code as this user.
        # Ours is looked at where something is compiled (`sc_model.cache`).
        if (
            used.name != "sc-hw"
            and used.exists()
            and (reason := others_can_write(used, is_above=True)) is not None
        ):
            return reason
    return None


@cache
def cache_for_now() -> Path:
    """A cache folder for this process and its children, in a temporary folder.

    It is kept for the user's next processes: a tool compiles itself for seconds. Nobody else may
    write there, for programs in it are run; if somebody can, this process gets a folder of its own.

    Raises
    ------
    OSError : no temporary folder can be written.
    """
    folder = Path(tempfile.gettempdir()) / f"sc-hw-cache-{os.geteuid()}"
    with suppress(OSError):
        folder.mkdir(mode=0o700)
    with suppress(OSError):
        status = folder.lstat()
        ours = status.st_uid == os.geteuid() and not status.st_mode & 0o077
        if ours and stat.S_ISDIR(status.st_mode):
            return folder
    own = Path(tempfile.mkdtemp(prefix="sc-hw-cache-"))
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    return own


def _folders_of_packages() -> list[str]:
    """Folders outside of our installation that this process imports packages from.

    A repository, or a folder of `pip install --target`. A folder of PYTHONPATH that holds nothing
    installed, as the one where somebody works, is none of them.
    """
    ours = Path(__file__).resolve().parents[1]
    prefixes = tuple(Path(prefix).resolve() for prefix in (sys.prefix, sys.base_prefix))
    folders = []
    for entry in dict.fromkeys(sys.path):
        folder = Path(entry).resolve() if entry and Path(entry).is_dir() else None
        if folder is None or any(folder.is_relative_to(prefix) for prefix in prefixes):
            continue
        if folder == ours or any(folder.glob("*.dist-info")) or any(folder.glob("*.egg-info")):
            folders.append(str(folder))
    if not ours.is_relative_to(prefixes[0]) and str(ours) not in folders:
        folders.insert(0, str(ours))
    return [folder for folder in folders if os.pathsep not in folder]


def is_plain(path: Path) -> bool:
    """Whether a path has only characters that every tool takes unquoted."""
    return _PLAIN.fullmatch(str(path)) is not None


def plain_temporary_folder() -> Path:
    """The folder for temporary files, or another one if that has odd letters or runs nothing.

    Raises
    ------
    OSError : there is none that can be written.
    """
    for name in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"):
        folder = Path(name)
        if not (is_plain(folder) and folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
            continue
        if not os.statvfs(folder).f_flag & os.ST_NOEXEC:  # a build runs scripts of its own
            return folder
    raise OSError(
        "no temporary folder has a plain name (letters, digits, _ . + , @ -) and may hold"
        " programs: set TMPDIR to one that does."
    )


@contextmanager
def plain_name(folder: Path) -> Iterator[Path]:
    """Give the block a path to a folder that make, the shell and Verilator take unquoted.

    It is the folder's own absolute path, or a link to it where that has a space, a quote or
    another letter of those programs. The link is gone when the block ends.

    Raises
    ------
    OSError : no link can be made.
    """
    place = folder.resolve()
    if is_plain(place):
        yield place
        return
    with tempfile.TemporaryDirectory(prefix="sc-hw-", dir=plain_temporary_folder()) as holder:
        link = Path(holder) / "folder"
        link.symlink_to(place, target_is_directory=True)
        yield link


@cache
def lasting_program(folder: Path, program: str) -> tuple[Path, Path]:
    """A folder by a plain name, and a folder for PATH with a program of its `bin` in it.

    Both are there for as long as this process lives. The program is started by its plain path.
    """
    stack = ExitStack()
    atexit.register(stack.close)
    plain = stack.enter_context(plain_name(folder))
    holder = tempfile.TemporaryDirectory(prefix="sc-hw-", dir=plain_temporary_folder())
    path = Path(stack.enter_context(holder))
    script = path / program.removesuffix("_bin")
    script.write_text(f'#!/bin/sh\nexec {plain}/bin/{program} "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return plain, path


def load_library(path: Path) -> ctypes.CDLL:
    """Load a compiled library, whatever its path is: the loader replaces `$LIB` and the like in it.

    Raises
    ------
    OSError : it can't be loaded, as where a file system runs no programs.
    """
    with plain_name(path.parent) as folder:
        return ctypes.CDLL(str(folder / path.name))


def with_python(folder: Path, search: str) -> str:
    """A PATH on which `python` and `python3` are our interpreter.

    Makefiles of Verilator call Python by these names, and another version would load the libraries
    of ours. A link would not do: an interpreter finds its environment by its own path.

    Parameters
    ----------
    folder : for two scripts, made if missing.
    search : the PATH to put it in front of.
    """
    folder.mkdir(parents=True, exist_ok=True)
    quoted = sys.executable.replace("'", "'\\''")
    for name in ("python", "python3"):
        script = folder / name
        script.write_text(f"#!/bin/sh\nexec '{quoted}' -P \"$@\"\n", encoding="utf-8")
        script.chmod(0o755)
    return os.pathsep.join((str(folder), search))


def script_command(script: Path, *arguments: str) -> tuple[str, ...]:
    """Command that runs a console script of our environment.

    Its first line names an interpreter by a path that may be too long or have a space.
    """
    return (sys.executable, "-P", str(script), *arguments)
