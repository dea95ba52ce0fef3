"""Verilator's surroundings: the lock between processes, and the kept objects of its runtime."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import ROOT

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


def test_a_digest_tells_texts_apart_by_their_borders() -> None:
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("a") == digest("a")
