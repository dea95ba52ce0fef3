"""A board in Python behind a pseudo-terminal."""

from __future__ import annotations

import os
import select
import threading
import tty
from collections.abc import Callable

READ_BYTES = 4096
LOOK_SECONDS = 0.02


class PortResponder:
    """A terminal that a function answers on, until its cable is pulled.

    Members
    -------
    name : of the port.
    """

    def __init__(self, answer: Callable[[bytes], bytes], pulled_after: int = 1 << 40) -> None:
        """`pulled_after`: bytes that come before the cable is pulled."""
        self._answer, self._left = answer, pulled_after
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        self.name = os.ttyname(self._theirs)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while self._left > 0 and not self._ends.is_set():
            if select.select([self._ours], [], [], LOOK_SECONDS)[0]:
                data = os.read(self._ours, READ_BYTES)
                self._left -= len(data)
                if self._left > 0:
                    os.write(self._ours, self._answer(data))
        os.close(self._theirs)
        os.close(self._ours)

    def __enter__(self) -> PortResponder:
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()
