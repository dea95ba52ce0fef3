"""A simulated board as a serial port of this machine: a pseudo-terminal that any driver can open.

    with PseudoTerminal.of_build(folder) as port:
        board = Board.open(port.name, folder / "manifest.json", baud=port.baud)

A thread takes the driver's bytes, runs the system's clock, and gives back what the board sends. The
clock runs as fast as it goes, or paced to real time.
"""

from __future__ import annotations

import json
import os
import pty
import select
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Self

from sc_hw.simulation.board.simulated import QUIET_CLOCKS, simulated_line
from sc_sim.serial_line.line import SerialLine

# Clocks between two looks at the terminal: some milliseconds of simulation.
SLICE_CLOCKS = 4_000
# How long a look at an idle terminal waits for bytes; ends the thread at the latest then.
IDLE_SECONDS = 0.05
READ_BYTES = 4_096
# Clocks by which the simulation's speed is measured: some tens of milliseconds.
MEASURED_CLOCKS = 20_000
# Part of the measured speed that a driver may count on; other work shares this machine's cores.
RELIABLE = 0.25
BAUDS = (300, 1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200, 230_400, 1_000_000)


class PseudoTerminal:
    """A simulated board behind a pseudo-terminal.

    Members
    -------
    name : of the port, for drivers.
    baud : to open it with. A pseudo-terminal passes bytes at any, but a driver's patience follows
        from it, and the simulation is slower than a board.
    line : the board and the host's end of its line.
    clock_hz : of the board's clock.
    to_board, to_host : what the channel makes of bytes on their way; may be set at any time.
    """

    def __init__(self, line: SerialLine, clock_hz: float, *, real_time: bool = False) -> None:
        """Open a terminal and begin to run the board.

        Parameters
        ----------
        line : the board; it belongs to the terminal from now on.
        clock_hz : of its clock.
        real_time : whether a second of the board takes a second at least; without, the clock runs
            as fast as it goes while there is something to do, and stands when there is not.
        """
        self.line, self.clock_hz, self._real_time = line, clock_hz, real_time
        self.to_board: Callable[[bytes], bytes] = bytes
        self.to_host: Callable[[bytes], bytes] = bytes
        self.baud = self._greatest_rate()
        self._lock = threading.Lock()  # the line is run by one at a time
        self._plugged = True
        self._ours, self._theirs = pty.openpty()
        # no echo, no lines, no signals; the end of the driver stays open here, so that this holds
        # when one driver closes it and another opens it
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        self.name = os.ttyname(self._theirs)
        self._thread = threading.Thread(target=self._pump, name="board", daemon=True)
        self._thread.start()

    @classmethod
    def of_build(
        cls, folder: Path, *, seed: int = 0, real_time: bool = False, board: Path | None = None
    ) -> Self:
        """The board of a build with door `uart`; parameters and errors as of `simulated_line`."""
        line = simulated_line(folder, seed, board)
        host = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["host"]
        return cls(line, host["clock_mhz"] * 1e6, real_time=real_time)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.pull()

    def join(self) -> None:
        """Wait until the cable is pulled."""
        self._thread.join()

    # --- faults -----------------------------------------------------------------------------------

    def pull(self) -> None:
        """Pull the cable: the port is gone, for the driver too, and the board stands still."""
        with self._lock:
            if not self._plugged:
                return
            self._plugged = False
            self.line.pull()
            os.close(self._ours)
            os.close(self._theirs)
        self._thread.join()

    def reset(self) -> None:
        """Reset the board, in the midst of whatever it does; the port stays."""
        with self._lock:
            self.line.reset()

    def disturb(self, probability: float, seed: int = 0) -> None:
        """Flip one bit of a byte with this probability from now on, both ways; 0: no longer."""
        noise = Random(seed)

        def flipped(data: bytes) -> bytes:
            return bytes(
                byte ^ 1 << noise.randrange(8) if noise.random() < probability else byte
                for byte in data
            )

        with self._lock:
            self.to_board = self.to_host = flipped if probability else bytes

    def _greatest_rate(self) -> int:
        """The greatest usual rate that the simulation keeps up with."""
        begin = time.monotonic()
        self.line.run(MEASURED_CLOCKS)
        clocks_per_s = MEASURED_CLOCKS / max(1e-9, time.monotonic() - begin)
        bit = self.line.settings.send_bit
        rate = min(clocks_per_s * RELIABLE, self.clock_hz) / bit
        return max((baud for baud in BAUDS if baud <= rate), default=BAUDS[0])

    # --- the pump ---------------------------------------------------------------------------------

    def _pump(self) -> None:
        """Run the board until the cable is pulled."""
        quiet = QUIET_CLOCKS  # clocks since the last byte
        begin, clocks = time.monotonic(), self.line.clocks
        unread = b""  # what the driver has not taken yet, for its terminal is full
        while self._plugged:
            idle = quiet >= QUIET_CLOCKS and not self._real_time
            data = self._receive(IDLE_SECONDS if idle and not unread else 0.0)
            with self._lock:
                if not self._plugged:
                    return
                if data:
                    self.line.send(self.to_board(data))
                    quiet = 0
                # a terminal that is full makes the board's time stand still: nothing is lost
                if not unread and (not idle or data):
                    quiet += self.line.run(SLICE_CLOCKS)
                    unread = self.to_host(self.line.take())
                    if unread or self.line.unsent:
                        quiet = 0
                full = bool(unread)
                unread = self._give(unread)
                full = full and bool(unread)
                ahead = (self.line.clocks - clocks) / self.clock_hz - (time.monotonic() - begin)
            if full:
                time.sleep(IDLE_SECONDS / 10)
            elif self._real_time and ahead > 0:
                time.sleep(ahead)
            elif ahead < 0:  # a board that has fallen behind does not hurry afterwards
                begin, clocks = time.monotonic(), self.line.clocks

    def _receive(self, seconds: float) -> bytes:
        """Bytes of the driver; waits for the first at most so long."""
        try:
            ready, _, _ = select.select([self._ours], [], [], seconds)
            return os.read(self._ours, READ_BYTES) if ready else b""
        except (OSError, ValueError):  # pulled meanwhile
            return b""

    def _give(self, data: bytes) -> bytes:
        """Give the driver bytes; those that find no room."""
        if not data:
            return data
        try:
            return data[os.write(self._ours, data) :]
        except BlockingIOError:
            return data
