"""Verilator's surroundings: the lock between processes, and the kept objects of its runtime."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import ROOT

import sc_sim.toolchain
from sc_sim.toolchain import digest, locked, object_cache

HOLDER = """
import sys, time
from pathlib import Path
from sc_sim.toolchain import locked
with locked(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(60)
"""


def test_a_lock_is_free_again_when_its_process_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "new" / ".lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(file)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    waiter = None
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        waiter = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(file)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        time.sleep(1.0)
        assert waiter.poll() is None  # it waits
        holder.send_signal(signal.SIGKILL)
        assert waiter.stdout is not None
        assert waiter.stdout.readline() == "locked\n"
    finally:
        for process in (holder, waiter):
            if process is not None:
                process.kill()
                process.communicate()
    with locked(file):  # both are gone
        pass


def test_kept_objects_are_in_the_users_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("OBJCACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    environment = object_cache("5.048", tmp_path)
    assert environment["SC_HW_OBJECT_CACHE"] == str(tmp_path / "sc-hw" / "verilated")
    assert environment["SC_HW_OBJECT_KEY"] == "5.048"
    script = Path(environment["OBJCACHE"].removeprefix("sh "))
    assert script.is_file()


def test_without_a_cache_folder_objects_are_compiled_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("OBJCACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "sc-hw").write_text("a file where a folder should be", encoding="utf-8")
    assert object_cache("5.048", tmp_path) == {}


def test_a_launcher_of_the_users_own_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OBJCACHE", "ccache")
    assert object_cache("5.048", tmp_path) == {}


# Stands in for GCC: says its name, notes its call and writes its output.
COMPILER = """#!/bin/sh
[ "$2" ] || {{ echo "{name}"; exit 0; }}
echo "$@" >>calls
while [ $# -gt 1 ]; do [ "$1" = -o ] && echo made >"$2"; shift; done
"""
GCC = "c++ 12, Free Software Foundation"
MAIN = ("cocotb/verilator/verilator.cpp", "verilator.o")
DESIGN = ("Vtop__ALL.cpp", "Vtop__ALL.o")


def launched(folder: Path, source: str, made: str, name: str = GCC) -> list[str]:
    """The compiler's calls when a file of a build in a folder is compiled."""
    compiler, calls = folder / "c++", folder / "calls"
    compiler.write_text(COMPILER.format(name=name), encoding="utf-8")
    compiler.chmod(0o700)
    calls.write_text("", encoding="utf-8")
    (folder / source).parent.mkdir(parents=True, exist_ok=True)
    (folder / source).write_text("", encoding="utf-8")
    script = Path(sc_sim.toolchain.__file__).with_name("objcache.sh")
    environ = {"PATH": os.environ["PATH"], "SC_HW_OBJECT_CACHE": str(folder / "cache")}
    command = ["sh", str(script), "./c++", "-O1", "-c", "-o", made, source]
    subprocess.run(command, cwd=folder, env=environ, check=True)
    assert (folder / made).read_text(encoding="utf-8") == "made\n"
    return calls.read_text(encoding="utf-8").splitlines()


def test_the_main_program_is_kept_by_the_header_of_the_ports(tmp_path: Path) -> None:
    (tmp_path / "Vtop.h").write_text("one", encoding="utf-8")
    assert [len(launched(tmp_path, *MAIN)) for _ in range(2)] == [2, 0]  # with the header, once
    (tmp_path / "Vtop.h").write_text("other", encoding="utf-8")
    assert len(launched(tmp_path, *MAIN)) == 1


def test_a_design_is_always_compiled_with_a_header_that_is_kept(tmp_path: Path) -> None:
    header, first = launched(tmp_path, *DESIGN)
    assert header.startswith("-O1 -x c++-header -o ")
    path = header.split()[-1]
    assert first == f"-include {path} -O1 -c -o {DESIGN[1]} {DESIGN[0]}"
    assert launched(tmp_path, *DESIGN) == [first]
    # another compiler gets the command as it is
    assert launched(tmp_path, *DESIGN, name="clang") == [f"-O1 -c -o {DESIGN[1]} {DESIGN[0]}"]


def test_a_digest_tells_texts_apart_by_their_borders() -> None:
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("a") == digest("a")
