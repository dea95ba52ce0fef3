"""A verilated block at the end of a serial line, and a port on it with a time of its own."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sc_model.environment import load_library

RESET_CLOCKS = 4
POLLED_BYTES = 16


@dataclass(frozen=True)
class Settings:
    """The host's end of the line, and the memory behind the block. Times are the block's clocks.

    Members
    -------
    send_bit, receive_bit : length of the bits that the host sends, and that it samples; for SPI the
        period of its clock.
    glitches : probability that a glitch on `rx` begins in a clock.
    glitch_clocks : its longest length.
    waits : most clocks that the memory makes the bus wait; each time as many as chance has it.
    refused : first address that the memory refuses, and the first behind that it does not.
    """

    send_bit: float
    receive_bit: float
    glitches: float = 0.0
    glitch_clocks: int = 1
    waits: int = 0
    refused: tuple[int, int] = (0, 0)


class _Settings(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_double) for name in ("send_bit", "receive_bit", "glitches")),
        *((name, ctypes.c_int64) for name in ("glitch_clocks", "waits", "low", "high")),
    )


class SerialLine:
    """A block and the host's end of its line.

    Members
    -------
    settings : of both.
    """

    def __init__(self, library: Path, settings: Settings, seed: int = 0) -> None:
        """Make the block anew, as after power-on.

        Parameters
        ----------
        library : what `sc_sim.serial_line.library` has built.
        settings : of the host's end.
        seed : of all that is random.
        """
        self._library = load_library(library)
        self._library.line_new.restype = ctypes.c_void_p
        for name in ("run", "waiting", "unsent", "clocks", "framing_errors", "accesses"):
            getattr(self._library, f"line_{name}").restype = ctypes.c_int64
        self._handle = ctypes.c_void_p(self._library.line_new(ctypes.c_uint64(seed)))
        self.change(settings)

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self._library.line_delete(self._handle)

    def change(self, settings: Settings) -> None:
        """Other settings from now on."""
        self.settings = settings
        *others, refused = astuple(settings)
        self._library.line_set(self._handle, ctypes.byref(_Settings(*others, *refused)))

    def reset(self) -> None:
        """Reset the block for some clocks."""
        self._library.line_reset(self._handle, ctypes.c_int64(RESET_CLOCKS))

    def pull(self) -> None:
        """Pull the cable: what is on the way is lost."""
        self._library.line_pull(self._handle)

    def send(self, data: bytes) -> None:
        """Queue bytes for the host to send."""
        self._library.line_send(self._handle, data, ctypes.c_int64(len(data)))

    def run(self, clocks: int, least_bytes: int = 1 << 40) -> int:
        """Run until so many bytes wait to be taken, at most so many clocks; how many it was."""
        most, count = ctypes.c_int64(clocks), ctypes.c_int64(least_bytes)
        return int(self._library.line_run(self._handle, most, count))

    def take(self) -> bytes:
        """The bytes that the host has received."""
        count = int(self._library.line_waiting(self._handle))
        data = ctypes.create_string_buffer(count)
        self._library.line_take(self._handle, data, ctypes.c_int64(count))
        return data.raw

    @property
    def unsent(self) -> int:
        """Bytes that the host has still to send."""
        return int(self._library.line_unsent(self._handle))

    @property
    def clocks(self) -> int:
        """Clocks since power-on."""
        return int(self._library.line_clocks(self._handle))

    @property
    def framing_errors(self) -> int:
        """Bytes that the block has sent without a stop bit."""
        return int(self._library.line_framing_errors(self._handle))

    def log(self) -> NDArray[np.uint32]:
        """Accesses since the last call: rows of address, 1 for a write, and the word written."""
        rows = np.zeros((int(self._library.line_accesses(self._handle)), 3), np.uint32)
        self._library.line_log(self._handle, ctypes.c_void_p(rows.ctypes.data))
        return rows


def _unchanged(data: bytes) -> bytes:
    return data


class SimulatedPort:
    """A port on a line, for drivers: its time is that of the block's clock.

    Members
    -------
    name : for errors.
    bytes_per_second : of the wire, in the block's time.
    line : the block and the host's end.
    to_board, to_host : what the channel makes of bytes on their way; may be set at any time.
    """

    def __init__(
        self,
        line: SerialLine,
        clock_hz: float,
        *,
        bits_of_a_byte: int = 10,
        polls: bool = False,
        quiet_clocks: int | None = None,
        name: str = "simulated board",
    ) -> None:
        """Open a port.

        Parameters
        ----------
        line : the block.
        clock_hz : of its clock.
        bits_of_a_byte : 10 on a UART, 8 on SPI.
        polls : whether bytes come only while others are sent, as on SPI: zeros are sent to read.
        quiet_clocks : when nothing has come for so many clocks, and nothing but zeros is on the way
            to the block, the rest of a wait is passed over: time goes on, the block does not run.
            None: it always runs.
        name : for errors.
        """
        self._quiet, self._passed_over = quiet_clocks, 0
        self._in_frame = False  # the last byte that was polled was no zero
        self.name, self.line, self._clock_hz, self._polls = name, line, clock_hz, polls
        self.bytes_per_second: float | None = clock_hz / line.settings.send_bit / bits_of_a_byte
        self.to_board: Callable[[bytes], bytes] = _unchanged
        self.to_host: Callable[[bytes], bytes] = _unchanged

    def write(self, data: bytes) -> None:
        """Send bytes; the block's time stands still."""
        self.line.send(self.to_board(data))

    def read(self, seconds: float) -> bytes:
        """Bytes that have come; runs the block for at most so long until there is one."""
        clocks = max(1, int(seconds * self._clock_hz))
        quiet = 0
        while clocks > 0:
            if self._quiet is not None and quiet > self._quiet:
                self._passed_over += clocks
                break
            if self._polls and not self.line.unsent:
                self.line.send(bytes(POLLED_BYTES))
            piece = clocks if self._quiet is None else min(clocks, self._quiet)
            if self._polls:
                piece = min(piece, int(POLLED_BYTES * 8 * self.line.settings.send_bit))
            elapsed = self.line.run(piece, least_bytes=POLLED_BYTES if self._polls else 1)
            clocks -= elapsed
            data = self.line.take()
            if self._polls:
                # zeros between frames mean nothing, the one behind a frame ends it
                used = any(data) or self._in_frame
                self._in_frame = bool(data) and data[-1] != 0
                data = data if used else b""
            if data:
                return self.to_host(data)
            busy = self.line.unsent > (POLLED_BYTES if self._polls else 0)
            quiet = 0 if busy else quiet + elapsed
        return b""

    def time(self) -> float:
        """Seconds of the block's clock."""
        return (self.line.clocks + self._passed_over) / self._clock_hz

    def close(self) -> None:
        """Nothing to be let go."""


class SimulatedController:
    """An SPI controller on a line, for drivers: its time is that of the block's clock.

    Members
    -------
    name : for errors.
    line : the block and the host's end, which must be that of SPI.
    to_board, to_host : what the channel makes of bytes on their way; may be set at any time.
    """

    def __init__(self, line: SerialLine, clock_hz: float, name: str = "simulated board") -> None:
        """`clock_hz`: of the block's clock."""
        self.name, self.line, self._clock_hz = name, line, clock_hz
        self.to_board: Callable[[bytes], bytes] = _unchanged
        self.to_host: Callable[[bytes], bytes] = _unchanged

    def exchange(self, data: bytes) -> bytes:
        """Send bytes while `cs_n` is low, and give as many that have come."""
        self.line.send(self.to_board(data))
        # A bit in front of `cs_n` and one behind it are more than there are.
        self.line.run(
            int((8 * len(data) + 8) * self.line.settings.send_bit) + 8, least_bytes=len(data)
        )
        return self.to_host(self.line.take())

    def time(self) -> float:
        """Seconds of the block's clock."""
        return self.line.clocks / self._clock_hz

    def close(self) -> None:
        """Nothing to be let go."""
