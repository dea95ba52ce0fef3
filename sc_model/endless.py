"""A limit of processor time for code of others: a loop without an end becomes an error.

Code that is run while a design is read (a rule file, its `update` under trace, a plug-in's import)
needs milliseconds. A loop that computes nothing leaves no operation to count, so time is all that
tells it from a slow one. It is the processor's time of this process, which other work on the
machine does not use up.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

# Tracing and checking a shipped rule takes some hundredths of a second. The import of a plug-in may
# bring large libraries with it.
CODE_SECONDS = 5.0
IMPORT_SECONDS = 30.0


class EndlessLoop(BaseException):  # no `except Exception` of the code itself shall end it
    """Code of others that has run for too long; its traceback has the line."""


@contextmanager
def limited(seconds: float | None = None) -> Iterator[None]:
    """Raise EndlessLoop in a block that uses more processor time than it may.

    There is no limit outside the main thread, where Python can't interrupt a block; on systems
    without timers of processor time (Windows); in a call of C, until it returns; and where such a
    timer runs already, as in a block within a block.

    Parameters
    ----------
    seconds : of processor time; `CODE_SECONDS` by default.
    """
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
        or signal.getitimer(signal.ITIMER_VIRTUAL)[0]
    ):
        yield
        return
    limit = CODE_SECONDS if seconds is None else seconds

    def interrupt(_: int, frame: FrameType | None) -> NoReturn:
        raise EndlessLoop(
            f"this runs for more than {limit:g} s of processor time: there may be a loop without an"
            " end"
        )

    before = signal.signal(signal.SIGVTALRM, interrupt)
    try:
        # again and again: a bare `except` in the loop would catch the first
        signal.setitimer(signal.ITIMER_VIRTUAL, limit, limit)
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
