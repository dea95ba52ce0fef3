"""A simulated board behind a pseudo-terminal, which any program can open as a serial port."""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Self

from sc_hw.simulation.board.simulated import simulated_line
from sc_sim.serial_line.line import SerialLine

# Clocks between two looks at the terminal: 0.1 ms of a board with 12 MHz.
CLOCKS_AT_A_TIME = 1200
# Clocks without a byte after which the board rests: nothing it does then can be seen.
QUIET_CLOCKS = 2_000_000
REST_SECONDS = 0.001
READ_BYTES = 4096


def _unchanged(data: bytes) -> bytes:
    return data


class BoardTerminal:
    """A simulated board that runs in a thread, behind the pseudo-terminal `port`.

    Members
    -------
    port : name of the device to be opened.
    to_board, to_host : what the cable makes of bytes on their way; may be set at any time.
    """

    def __init__(self, line: SerialLine, clock_hz: float, *, real_time: bool = False) -> None:
        """Begin to run.

        Parameters
        ----------
        line : the system and its line.
        clock_hz : of the system.
        real_time : no faster than a board with that clock; else as fast as it goes.
        """
        self._line, self._clock_hz, self._real_time = line, clock_hz, real_time
        self.to_board: Callable[[bytes], bytes] = _unchanged
        self.to_host: Callable[[bytes], bytes] = _unchanged
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._master, self._slave = os.openpty()
        os.set_blocking(self._master, False)
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._plugged = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @classmethod
    def of_build(
        cls, folder: Path, host: dict[str, float], *, seed: int = 0, real_time: bool = False
    ) -> Self:
        """The board of a build; `host`: that of its manifest. Raises as `simulated_line`."""
        return cls(simulated_line(folder, seed), host["clock_mhz"] * 1e6, real_time=real_time)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def reset(self) -> None:
        """Reset the board, whatever it is about."""
        with self._lock:
            self._line.reset()

    def pull(self) -> None:
        """Pull the cable: the port is gone."""
        with self._lock:
            if self._plugged:
                self._plugged = False
                self._line.pull()
                os.close(self._slave)
                os.close(self._master)

    def close(self) -> None:
        """Pull the cable and end the simulation; once more does no harm."""
        self._ended.set()
        self.pull()
        self._thread.join()

    def _run(self) -> None:
        """Pump bytes and clocks."""
        begun, quiet, first = time.monotonic(), 0, self._line.clocks
        rested = 0.0
        while not self._ended.is_set():
            with self._lock:
                if not self._plugged:
                    return
                self._take_bytes()
                resting = quiet > QUIET_CLOCKS and not self._line.unsent
                if not resting:
                    ran = self._line.run(CLOCKS_AT_A_TIME)
                    data = self.to_host(self._line.take())
                    quiet = 0 if data or self._line.unsent else quiet + ran
                    # a terminal that nobody reads is full at some time: bytes are lost then
                    with contextlib.suppress(BlockingIOError):
                        os.write(self._master, data)
            if resting:
                before = time.monotonic()
                if self._readable(REST_SECONDS):
                    quiet = 0
                rested += time.monotonic() - before
            elif self._real_time:
                ahead = (self._line.clocks - first) / self._clock_hz
                time.sleep(max(0.0, ahead - (time.monotonic() - begun - rested)))

    def _readable(self, seconds: float) -> bool:
        with contextlib.suppress(OSError, ValueError):  # the cable was pulled
            return bool(select.select([self._master], [], [], seconds)[0])
        return False

    def _take_bytes(self) -> None:
        if self._readable(0):
            self._line.send(self.to_board(os.read(self._master, READ_BYTES)))
