"""Child processes: their output, their end in time, and that none outlives us."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from time import monotonic, sleep

import pytest
from support import ROOT

from sc_model import processes
from sc_model.processes import TaskPool, run_program

# A shell that leaves a process of its own behind, which writes nothing and ends in a minute.
WITH_CHILD = ("sh", "-c", "sleep 61 & echo $! > child; wait")
LIMIT_S = 20  # for what takes milliseconds


def until(condition: Callable[[], bool]) -> bool:
    """Whether a condition becomes true."""
    end = monotonic() + LIMIT_S
    while not condition():
        if monotonic() > end:
            return False
        sleep(0.02)
    return True


def child_of(folder: Path) -> int:
    assert until(lambda: (folder / "child").exists() and bool((folder / "child").read_text()))
    return int((folder / "child").read_text())


def runs(process: int) -> bool:
    try:
        return ") Z" not in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False


def test_output_of_any_bytes_is_text_and_an_exit_status_is_no_error() -> None:
    done = run_program(("sh", "-c", r"printf 'a\377b'; printf c >&2; cat; exit 3"))
    assert (done.returncode, done.stdout, done.stderr) == (3, "a\N{REPLACEMENT CHARACTER}b", "c")
    with pytest.raises(FileNotFoundError):
        run_program(("no-such-program",))


def test_a_program_that_is_out_of_time_is_ended_with_its_children(tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run_program(WITH_CHILD, cwd=tmp_path, timeout=0.3)
    child = child_of(tmp_path)
    assert until(lambda: not runs(child))


def test_an_interrupt_of_a_pool_ends_programs_and_drops_tasks(tmp_path: Path) -> None:
    begun: list[int] = []

    def task(number: int) -> None:
        begun.append(number)
        run_program(WITH_CHILD, cwd=tmp_path)

    def interrupted() -> None:
        with TaskPool(max_workers=1) as pool:
            for number in range(3):
                pool.submit(task, number)
            child_of(tmp_path)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert begun == [0]
    child = child_of(tmp_path)
    assert until(lambda: not runs(child))
    # after it programs run as before
    assert run_program(("echo", "again")).stdout == "again\n"


def test_an_error_in_a_pool_drops_tasks_and_lets_programs_end(tmp_path: Path) -> None:
    first = threading.Event()

    def task(number: int) -> str:
        first.set()
        return run_program(("sh", "-c", f"sleep 0.1; echo {number}")).stdout

    running: list[Future[str]] = []

    def failing() -> None:
        with TaskPool(max_workers=1) as pool:
            running.extend(pool.submit(task, number) for number in range(3))
            first.wait(LIMIT_S)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert running[0].result() == "0\n"
    assert running[2].cancelled()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="marks are read from /proc")
@pytest.mark.parametrize("marked", [False, True], ids=["run_program", "any child of a command"])
def test_no_program_outlives_us_when_we_are_killed(tmp_path: Path, marked: bool) -> None:
    """Also a program that a library has started, where the process is marked."""
    own = f"import subprocess; subprocess.run({WITH_CHILD!r})"
    code = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
from sc_model import processes
if {marked}:
    processes.mark_this_process(); {own}
else:
    processes.run_program({WITH_CHILD!r})
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path)
    child = child_of(tmp_path)
    assert runs(child)
    process.kill()
    process.wait()
    assert until(lambda: not runs(child))


def test_a_program_of_others_is_not_marked() -> None:
    """What a user's own script starts, beside our stages, is left alone."""
    run_program(("true",))
    assert processes.MARK not in os.environ
