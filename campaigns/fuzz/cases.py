"""What the fuzzers share: cases in workers of their own, with limits of time and memory.

A case is made from its number alone, so that it can be made again. A worker takes one after the
other; one that takes too long is ended together with its worker. A case may be *accepted*,
*refused* (an error that a user may get, in one line), or it is a fault: *traceback* (any other
error), *hang* (over a limit of time), *memory* (over that of memory) or *died* (the process).
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import Any

SECONDS = 20.0  # of a processor
# Times as long by the clock: the machine may have other work, a case may wait for ever.
PATIENCE = 60
MEMORY = 2 << 30  # bytes
FAULTS = ("traceback", "hang", "memory", "died")

Run = Callable[[int], Any]  # what a case does; returns nothing that is used


@dataclass(frozen=True)
class Outcome:
    """What became of a case.

    Members
    -------
    number : of the case.
    verdict : `accepted`, `refused`, or one of `FAULTS`.
    text : the error's text, or the innermost lines of its traceback.
    seconds : of a processor.
    """

    number: int
    verdict: str
    text: str = ""
    seconds: float = 0.0


def outcome_of(number: int, run: Run, errors: tuple[type[BaseException], ...]) -> Outcome:
    """Run a case in this process; `errors` are those that a user may get."""
    start = time.process_time()
    verdict, text = "accepted", ""
    try:
        run(number)
    except MemoryError:
        verdict, text = "memory", _innermost(traceback.format_exc())
    except errors as error:
        verdict, text = "refused", str(error)
        if not text.strip() or "\n" in text or not text.isprintable():
            verdict, text = "traceback", f"{type(error).__name__} is not one line: {text!r}"
    except Exception:  # every other error is a finding of the campaign
        verdict, text = "traceback", _innermost(traceback.format_exc())
    return Outcome(number, verdict, text, time.process_time() - start)


def _innermost(text: str, lines: int = 7) -> str:
    """The last lines of a traceback: the place, and the error."""
    return "\n".join(text.strip().splitlines()[-lines:])


def _work(pipe: Connection, run: Run, errors: tuple[type[BaseException], ...], memory: int) -> None:
    """Run the cases whose numbers come through a pipe, and send back what became of them."""
    # private memory that can be written: a reservation of addresses (WebAssembly) does not count
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    while (number := pipe.recv()) is not None:
        pipe.send(outcome_of(number, run, errors))


class Worker:
    """A process that runs cases one after the other, and is replaced when it is ended.

    Parameters
    ----------
    run, errors : see `fuzz`.
    seconds, memory : limits of a case.
    """

    def __init__(
        self, run: Run, errors: tuple[type[BaseException], ...], seconds: float, memory: int
    ) -> None:
        self._run, self._errors = run, errors
        self._seconds, self._memory = seconds, memory
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("fork")
        self._pipe, other = context.Pipe()
        self._process = context.Process(
            target=_work, args=(other, self._run, self._errors, self._memory), daemon=True
        )
        self._process.start()
        other.close()

    def outcome(self, number: int) -> Outcome:
        """Run a case; the worker is another process afterwards, where the case did not end."""
        self._pipe.send(number)
        start, work_before = time.monotonic(), self._work_seconds()
        try:
            while not self._pipe.poll(0.5):
                waited = time.monotonic() - start
                if (
                    self._work_seconds() - work_before > self._seconds
                    or waited > PATIENCE * self._seconds
                ):
                    break
            else:
                outcome: Outcome = self._pipe.recv()
                return outcome
            seconds = self._work_seconds() - work_before
            verdict = Outcome(number, "hang", f"{seconds:.0f} s of work in {waited:.0f} s", seconds)
        except EOFError:
            self._process.join()
            verdict = Outcome(number, "died", f"exit code {self._process.exitcode}")
        self.end()
        self._start()
        return verdict

    def _work_seconds(self) -> float:
        """Seconds of a processor that the process and the children that it waited for have had."""
        stat = Path(f"/proc/{self._process.pid}/stat").read_text()
        # behind the name, which may hold spaces: fields 14 to 17 of proc(5)
        ticks = sum(map(int, stat.rpartition(")")[2].split()[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


def fuzz(
    run: Run,
    errors: tuple[type[BaseException], ...],
    numbers: range,
    *,
    seconds: float = SECONDS,
    memory: int = MEMORY,
    jobs: int = 1,
) -> Iterator[Outcome]:
    """Run cases in workers, each one after the other.

    Parameters
    ----------
    run : runs the case of a number. What it prints is not looked at.
    errors : classes of errors that a user may get.
    numbers : of the cases.
    seconds, memory : limits of a case, seconds of a processor and bytes.

    jobs : workers at a time.

    Yields
    ------
    what became of each case, in the order of `numbers`.
    """
    workers = [Worker(run, errors, seconds, memory) for _ in range(jobs)]
    free: SimpleQueue[Worker] = SimpleQueue()
    for worker in workers:
        free.put(worker)

    def outcome(number: int) -> Outcome:
        worker = free.get()
        try:
            return worker.outcome(number)
        finally:
            free.put(worker)

    pool = ThreadPoolExecutor(jobs)
    try:
        yield from pool.map(outcome, numbers)
    finally:
        pool.shutdown(cancel_futures=True)
        for worker in workers:
            worker.end()


def faults(outcomes: list[Outcome]) -> list[Outcome]:
    """Outcomes that must not be."""
    return [outcome for outcome in outcomes if outcome.verdict in FAULTS]


def table(outcomes: list[Outcome]) -> list[str]:
    """How many cases ended in which way, as rows of a Markdown table, and every fault below."""
    counts = Counter(outcome.verdict for outcome in outcomes)
    rows = ["| outcome | cases |", "|---|--:|"]
    rows += [f"| {verdict} | {counts[verdict]:,} |" for verdict in ("accepted", "refused", *FAULTS)]
    slowest = max(outcomes, key=lambda outcome: outcome.seconds)
    rows += ["", f"The slowest case, {slowest.number}, took {slowest.seconds:.1f} s."]
    for outcome in faults(outcomes):
        rows += ["", f"Case {outcome.number}, {outcome.verdict}:", "", "````text"]
        rows += [outcome.text, "````"]
    return rows
