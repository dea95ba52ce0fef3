"""C++ to a library in this process: compiled once for a text, kept under its hash."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from sc_model.cache import CacheError, code_folder, others_can_write
from sc_model.environment import child_environment, load_library
from sc_model.processes import run_program
from sc_model.texts import OneLineError

# Overflow wraps: sums are exact modulo 2^bits (see `vectors`).
FLAGS = (
    "-std=gnu++17",
    "-O3",
    "-fwrapv",
    "-fno-strict-aliasing",
    "-fPIC",
    "-shared",
    "-Wall",
    "-Wno-unused",
    "-Wno-psabi",
)


class NativeError(OneLineError, RuntimeError):
    """A kernel can't be compiled or loaded here."""


@cache
def _compiler(cxx: str | None, path: str) -> tuple[tuple[str, ...], str]:
    """(command, what it says it is) of the C++ compiler.

    CXX may hold options, or a launcher in front of the compiler, as `ccache g++`.
    """
    for name in (cxx,) if cxx else ("g++", "c++", "clang++"):
        try:
            program, *options = shlex.split(name)
        except ValueError:  # an open quote, or nothing but spaces
            continue
        command = shutil.which(program, path=path)
        if command is None:
            continue
        try:
            process = run_program([command, *options, "--version"])
            process.check_returncode()
        except (OSError, subprocess.CalledProcessError) as error:
            raise NativeError(f"C++ compiler {command} does not run: {error}") from None
        return (command, *options), process.stdout.splitlines()[0] if process.stdout else name
    candidates = f"'{cxx}' (from the variable CXX)" if cxx else "g++, c++ or clang++"
    raise NativeError(
        f"native kernels need a C++ compiler, {candidates}, on PATH and there is none: apt-get"
        " install g++, or use the models of sc_model.golden, which need none and compute the same."
    )


def _machine() -> str:
    """What `-march=native` depends on."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return "\n".join(
        sorted({line for line in lines if line.startswith(("flags", "Features", "model name"))})
    )


def _whole(library: Path) -> bool:
    """Whether a kept file is what was written, by us: a library that broke off would kill the
    process that loads it, and one of others could do anything.
    """
    try:
        content = library.read_bytes()
    except OSError:
        return False
    if others_can_write(library) is not None:
        return False
    size = hashlib.sha256().digest_size
    return content[-size:] == hashlib.sha256(content[:-size]).digest()


def compiled(source: str, *, flags: tuple[str, ...] = ("-march=native",)) -> ctypes.CDLL:
    """The library made from a text.

    It is compiled under a temporary name and moved, so that two processes that want the same do not
    disturb each other; a kept file that is broken is made again. Raises NativeError for a missing
    compiler, one that refuses the text, and a folder that can't be written.
    """
    command, version = _compiler(os.environ.get("CXX") or None, child_environment()["PATH"])
    key = hashlib.sha256(
        "\0".join((source, version, *FLAGS, *flags, _machine())).encode()
    ).hexdigest()[:24]
    try:
        library = code_folder("native") / f"{key}.so"
    except CacheError as error:
        raise NativeError(f"native kernels are kept in the {error}.") from None
    if _whole(library):
        return _load_kernel(library)
    try:
        with tempfile.TemporaryDirectory(dir=library.parent) as folder:
            text, binary = Path(folder) / "kernel.cc", Path(folder) / "kernel.so"
            text.write_text(source, encoding="utf-8")
            process = run_program([*command, *FLAGS, *flags, "-o", str(binary), str(text)])
            if process.returncode:
                message = next(
                    (line for line in process.stderr.splitlines() if "error" in line),
                    process.stderr.strip()[-300:],
                )
                raise NativeError(f"C++ compiler {command[0]} refuses a kernel: {message}")
            content = binary.read_bytes()
            binary.write_bytes(
                content + hashlib.sha256(content).digest()
            )  # behind the end that a loader reads to
            binary.chmod(0o700)
            binary.replace(library)
    except OSError as error:
        raise NativeError(
            f"native kernels are kept in {library.parent}, which can't be written:"
            f" {error.strerror}."
        ) from None
    return _load_kernel(library)


def _load_kernel(library: Path) -> ctypes.CDLL:
    try:
        return load_library(library)
    except OSError as error:  # as where a file system runs no programs
        raise NativeError(
            f"native kernel {library} can't be loaded: {error}; set XDG_CACHE_HOME to a folder that"
            " may hold programs."
        ) from None
