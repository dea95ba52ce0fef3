"""Ctrl-C: one line, every program that we started ended, and this process within two seconds.

Nothing heavy is imported here: an interrupt may come while the command's own modules are imported.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time

from sc_hw.errors import EXIT_INTERRUPTED
from sc_model.files import remove_temporaries
from sc_model.processes import stop_programs

# The command has so long to clean up after an interrupt; then it is ended as it is.
PATIENCE_S = 1.0

_said = threading.Lock()  # held once the line is written


class Interrupts:
    """Watches for an interrupt while a command runs.

    Python raises KeyboardInterrupt in the main thread, but only between two of its own
    instructions. The main thread may be in a compiled kernel or wait for threads, and an import may
    swallow the exception. So a thread watches, too: it ends the programs that we started, and after
    `PATIENCE_S` this process.

    Parameters
    ----------
    line : what is printed before the process is ended.

    Members
    -------
    happened : whether there was an interrupt.
    """

    def __init__(self, line: str) -> None:
        self.happened, self._line = False, line
        self._handler = signal.getsignal(signal.SIGINT)
        if self._handler is signal.SIG_IGN:  # started in the background by a shell: not for us
            return
        signal.signal(signal.SIGINT, self._raise)
        # The system's handler writes a byte, whatever the main thread does.
        self._bytes, writing = socket.socketpair()
        writing.setblocking(False)
        signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        self._writing = writing  # closed with this object
        threading.Thread(target=self._watch, name="interrupts", daemon=True).start()

    def _raise(self, number: int, frame: object) -> None:
        self.happened = True
        # A second one must not break off the cleaning up after the first.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt

    def close(self) -> None:
        """Ignore interrupts from here on: the command is done, and its exit status is known.

        At its own end the interpreter would give the system's handler back, which kills the
        process; a handler that ignores is left as it is.
        """
        if self._handler is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end(self) -> None:
        """End the process after an interrupt; the command has cleaned up.

        The exception may have come from a program that was ended, before Python's own handler ran:
        then that still raises, here or in what the interpreter does at its end.
        """
        while True:
            try:
                say_interrupted(self._line)
                os._exit(EXIT_INTERRUPTED)
            except KeyboardInterrupt:
                continue

    def _watch(self) -> None:
        while signal.SIGINT not in self._bytes.recv(64):
            pass
        self.happened = True
        stop_programs()
        time.sleep(PATIENCE_S)
        stop_programs()
        remove_temporaries()
        say_interrupted(self._line)
        os._exit(EXIT_INTERRUPTED)


def say_interrupted(line: str) -> None:
    """Write a line about an interrupt on standard error, once."""
    if _said.acquire(blocking=False):
        # a terminal's cursor is hidden while a line of progress is shown
        cursor = "\x1b[?25h" if os.isatty(2) else ""
        os.write(2, f"{cursor}{line}".encode())
