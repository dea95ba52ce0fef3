"""Modules in forks: what they print and how they end, and that none outlives whoever asked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
from support import ROOT

from sc_model import forks, processes
from sc_model.forks import run_module

PROGRAM = """
import os, sys, time, pathlib
what, *rest = sys.argv[1:]
print("out", __name__, rest, os.getcwd(), os.environ.get("SC_HW_TEST_WORD"))
print("err", file=sys.stderr)
if what == "raise":
    raise ValueError("so it is")
if what == "exit":
    sys.exit(7)
if what == "crash":
    os.kill(os.getpid(), 11)
if what == "sleep":
    pathlib.Path(rest[0]).write_text(str(os.getpid()))
    time.sleep(600)
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module in a folder of packages; the servers that tests start are ended."""
    (tmp_path / "fork_program.py").write_text(PROGRAM)
    (tmp_path / "fork_program-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(forks._servers)
    yield "fork_program"
    for key in set(forks._servers) - before:
        forks._servers.pop(key).close()


def test_outputs_status_folder_and_environment(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SC_HW_TEST_WORD", "now")
    done = run_module(program, ["return", "a b"], ["json"])
    assert done.returncode == 0
    assert done.stdout == f"out __main__ ['a b'] {tmp_path} now\n"
    assert done.stderr == "err\n"
    monkeypatch.setenv("SC_HW_TEST_WORD", "then")
    assert "then" in run_module(program, ["return"], ["json"]).stdout


@pytest.mark.parametrize(
    ("what", "status", "last"),
    [("raise", 1, "ValueError: so it is"), ("exit", 7, "err"), ("crash", -11, "")],
)
def test_ends(program: str, what: str, status: int, last: str) -> None:
    done = run_module(program, [what], ["json"])
    assert done.returncode == status
    assert last in done.stderr.splitlines()[-1:] or not last


def test_a_module_that_is_not_there(program: str) -> None:
    done = run_module("no_such_module_at_all", [], ["json"])
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("ModuleNotFoundError")


def test_other_folders_of_packages_get_another_server(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_module(program, ["return"], ["json"])
    other = tmp_path / "other"
    (other / "fork_late-1.0.dist-info").mkdir(parents=True)
    (other / "fork_late.py").write_text("print('late')")
    monkeypatch.syspath_prepend(str(other))
    assert run_module("fork_late", [], ["json"]).stdout == "late\n"


def test_where_the_server_was_killed_the_call_ends_and_the_next_one_works(
    program: str, tmp_path: Path
) -> None:
    file = tmp_path / "pid"
    found: list[int] = []
    thread = threading.Thread(
        target=lambda: found.append(run_module(program, ["sleep", str(file)], ["json"]).returncode)
    )
    thread.start()
    _wait_for(file)
    server = next(s for k, s in forks._servers.items() if not s.ended and "json" in k)
    server._process.kill()
    thread.join(20)
    assert found == [-signal.SIGKILL]
    assert run_module(program, ["exit"], ["json"]).returncode == 7
    os.kill(int(file.read_text()), signal.SIGKILL)


def test_without_pidfd_an_interpreter_is_started(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "pidfd_open")
    before = dict(forks._servers)
    assert run_module(program, ["exit"], ["json"]).returncode == 7
    assert forks._servers == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupt_or_kill_of_who_asks_ends_everything(
    program: str, tmp_path: Path, number: signal.Signals
) -> None:
    file = tmp_path / "pid"
    code = (
        f"import signal, sys; sys.path[:0] = [{str(ROOT)!r}, {str(tmp_path)!r}]\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from sc_model.forks import run_module\n"
        f"run_module({program!r}, ['sleep', {str(file)!r}], ['json'])\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stderr=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if name != processes.MARK},
    )
    _wait_for(file)
    child = int(file.read_text())
    server = int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1])
    process.send_signal(number)
    process.wait(20)
    end = monotonic() + 20
    while any(_alive(each) for each in (child, server)) and monotonic() < end:
        sleep(0.02)
    assert not _alive(child)
    assert not _alive(server)


def _wait_for(file: Path) -> None:
    end = monotonic() + 20
    while not (file.exists() and file.read_text()) and monotonic() < end:
        sleep(0.02)


def _alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
