"""Child processes that never outlive us: run programs, and stop all of them at once.

Every child gets a mark in its environment, and so do its own children. `stop_programs` ends all
processes with our mark: `make` below a simulator, a compiler below `make`. Should this process be
killed, a small process beside it, the reaper, sees its end and does the same. Marks are looked up
in `/proc`; where there is none, only our own children are ended, and nothing after a kill.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import TracebackType

from sc_model.environment import child_environment

MARK = "SC_HW_RUN"  # name of the variable that marks our processes
_PROCESSES = Path("/proc")
# A process can make another between two looks at the list; each look finds one generation more.
_LOOKS = 20

_stopping = threading.Event()
_running: set[subprocess.Popen[str]] = set()
_making_a_mark = threading.Lock()

# The reaper: it waits for the end of its standard input, which is held open by us alone.
_REAPER = """
import os, signal, sys
sys.stdin.buffer.read()
mark = f"{sys.argv[1]}={sys.argv[2]}".encode()
for _ in range(20):
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    if mark in file.read().split(b"\\0"):
                        found.append(int(name))
            except OSError:
                pass
    for process in found:
        try:
            os.kill(process, signal.SIGKILL)
        except OSError:
            pass
    if not found:
        break
"""


def run_program(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end without input, and keep what it prints.

    Bytes that are no UTF-8 become replacement characters, so that no output of a tool is an error
    of ours.

    Parameters
    ----------
    command : program and arguments.
    cwd : working folder; by default that of this process.
    env : environment; by default that of `sc_model.environment.child_environment`.
    timeout : seconds, or None.

    Raises
    ------
    OSError : the program can't be started.
    subprocess.TimeoutExpired : it has not ended in time; it and its children are gone.
    KeyboardInterrupt : the programs of this process are being stopped.
    """
    if _stopping.is_set():
        raise KeyboardInterrupt
    environ = marked_environment(child_environment() if env is None else env)
    with subprocess.Popen(
        list(command),
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as process:
        _running.add(process)
        try:
            out, err = process.communicate(timeout=timeout)
        except BaseException:  # also an interrupt: whatever it is, the program must not go on
            _kill_with_children(process.pid)
            process.kill()
            raise
        finally:
            _running.discard(process)
    if _stopping.is_set():
        raise KeyboardInterrupt
    return subprocess.CompletedProcess(list(command), process.returncode, out, err)


class TaskPool(ThreadPoolExecutor):
    """Threads that each wait for a program; an error or an interrupt ends the tasks at once.

    Tasks that have not begun are dropped. At an interrupt the programs of the others are stopped.
    """

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.shutdown(wait=True)
            return
        self.shutdown(wait=False, cancel_futures=True)
        was_stopping = _stopping.is_set()
        if issubclass(kind, KeyboardInterrupt):
            stop_programs()
        self.shutdown(wait=True)
        if not was_stopping:
            _stopping.clear()


def stop_programs() -> None:
    """End all programs that run, with their children; `run_program` starts no more of them."""
    _stopping.set()
    for process in list(_running):
        with suppress(OSError):
            process.kill()
    if MARK in os.environ or _only_mark.cache_info().currsize:
        _kill_marked(_mark())


def marked_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child, with the mark by which `stop_programs` finds it."""
    return {**environ, MARK: _mark()}


def stopping() -> bool:
    """Whether the programs of this process are being stopped."""
    return _stopping.is_set()


def mark_this_process() -> None:
    """Mark all children of this process, whoever starts them.

    For a command, whose process is ours alone. In a program of others only the programs that we run
    are marked: what it starts itself is no business of ours.
    """
    os.environ[MARK] = _mark()


def _mark() -> str:
    """The mark of this process's children; the first call starts the reaper.

    A process that bears a mark is a child of one of ours, and hands it on.
    """
    with _making_a_mark:
        return _only_mark()


@cache
def _only_mark() -> str:
    inherited = os.environ.get(MARK)
    if inherited:
        return inherited
    mark = f"{os.getpid()}-{os.urandom(8).hex()}"
    if (_PROCESSES / "self" / "environ").exists():
        _start_reaper(mark)
    return mark


def _start_reaper(mark: str) -> None:
    """Start the reaper of a mark. It is left to itself: it ends after us."""
    # Python's pipes are closed in programs that are started, so this process alone holds its end.
    reading, _ = os.pipe()
    try:
        # posix_spawn, since an object of `subprocess` would have to be waited for. In a session of
        # its own, so that an interrupt from the keyboard does not end it, too.
        os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", "-c", _REAPER, MARK, mark],
            {name: value for name, value in os.environ.items() if name != MARK},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, reading, 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
            setsid=True,
        )
    finally:
        os.close(reading)


def _kill_marked(mark: str) -> None:
    """End every process with a mark but this one."""
    entry = f"{MARK}={mark}".encode()
    for _ in range(_LOOKS):
        processes = [
            process
            for process in _process_ids()
            if process != os.getpid() and entry in _content(process, "environ").split(b"\0")
        ]
        for process in processes:
            _kill(process)
        if not processes:
            return


def _kill_with_children(root: int) -> None:
    """End a process and everything below it."""
    for _ in range(_LOOKS):
        parents = {}
        for process in _process_ids():
            # the program's name, in brackets, may hold anything; state and parent come after it
            fields = _content(process, "stat").rpartition(b")")[2].split()
            if len(fields) > 1 and fields[0] != b"Z":
                parents[process] = int(fields[1])
        below = {root} & set(parents)
        while grown := {child for child, parent in parents.items() if parent in below} - below:
            below |= grown
        for process in below:
            _kill(process)
        if not below:
            return


def _process_ids() -> list[int]:
    try:
        return [int(name) for name in os.listdir(_PROCESSES) if name.isdigit()]
    except OSError:
        return []


def _content(process: int, file: str) -> bytes:
    """A file of a process in /proc; empty where the process is gone, or another user's."""
    try:
        return (_PROCESSES / str(process) / file).read_bytes()
    except OSError:
        return b""


def _kill(process: int) -> None:
    with suppress(OSError):
        os.kill(process, signal.SIGKILL)
