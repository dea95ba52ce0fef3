"""Accesses of a verilated system's registers, by name."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from pathlib import Path

from sc_model.environment import load_library
from sc_sim.design import read_manifest
from sc_sim.toolchain import SimulationError

RESET_CLOCKS = 2
MOST_CLOCKS = 1_000_000
WORD_BYTES = 4

# A register's name or word address, and the word to write; None to read.
Access = tuple[str | int, int | None]


class _Access(ctypes.Structure):
    """An access, and what came of it; `bus.cc` has the same."""

    _fields_ = tuple(
        (name, ctypes.c_uint32)
        for name in ("is_write", "address", "word", "answer", "error", "clocks")
    )


class BusError(RuntimeError):
    """The target has answered with `err`."""


class SystemBus:
    """The registers of a verilated system with the door `wishbone`.

    Members
    -------
    host : the manifest's part about the host.
    longest : clocks of the longest access so far.
    idle : probability of an idle clock between two accesses.
    most_clocks : of an access; one that takes longer raises SimulationError.
    """

    def __init__(
        self,
        folder: Path,
        library: Path,
        *,
        seed: int = 0,
        idle: float = 0.0,
        most_clocks: int = MOST_CLOCKS,
    ) -> None:
        """A system after power-on and a reset.

        Parameters
        ----------
        folder : the build's.
        library : what `build_bus` has built of it.
        seed, idle, most_clocks : of the initiator.
        """
        self.host = read_manifest(folder)["host"]
        self.addresses = {
            one["name"]: one["offset"] // WORD_BYTES for one in self.host["registers"]
        }
        self.idle, self.most_clocks, self.longest = idle, most_clocks, 0
        self._library = load_library(library)
        self._library.bus_new.restype = ctypes.c_void_p
        self._library.bus_interrupt.restype = ctypes.c_bool
        for name in ("bus_access", "bus_clocks"):
            getattr(self._library, name).restype = ctypes.c_int64
        self._handle = ctypes.c_void_p(self._library.bus_new(ctypes.c_uint64(seed)))
        self.reset()

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self._library.bus_delete(self._handle)

    def reset(self) -> None:
        """Hold the system's reset for some clocks."""
        self._library.bus_reset(self._handle, ctypes.c_int64(RESET_CLOCKS))

    def wait(self, clocks: int) -> None:
        """Let the bus rest for so many clocks."""
        self._library.bus_wait(self._handle, ctypes.c_int64(clocks))

    @property
    def clocks(self) -> int:
        """Clocks since power-on."""
        return int(self._library.bus_clocks(self._handle))

    @property
    def interrupt(self) -> bool:
        """The interrupt's level."""
        return bool(self._library.bus_interrupt(self._handle))

    def attempt(self, accesses: Sequence[Access]) -> list[tuple[int, bool]]:
        """Make accesses; of each its answer, and whether it was refused.

        Raises
        ------
        SimulationError
            One has taken more than `most_clocks` clocks.
        """
        rows = (_Access * max(1, len(accesses)))()
        for row, (where, word) in zip(rows, accesses, strict=False):
            row.address = where if isinstance(where, int) else self.addresses[where]
            row.is_write, row.word = word is not None, word or 0
        count, most = ctypes.c_int64(len(accesses)), ctypes.c_int64(self.most_clocks)
        position = self._library.bus_access(
            self._handle, rows, count, ctypes.c_double(self.idle), most
        )
        if position < len(accesses):
            raise SimulationError(
                f"access {position} of {len(accesses)}, {accesses[position]}, must end within"
                f" {self.most_clocks} clocks; the bus still waits."
            )
        self.longest = max([self.longest, *(row.clocks for row in rows)])
        return [(row.answer, bool(row.error)) for row in rows[: len(accesses)]]

    def make(self, accesses: Sequence[Access]) -> list[int]:
        """Make accesses; the answers. BusError where one was refused."""
        answers = self.attempt(accesses)
        for access, (_, refused) in zip(accesses, answers, strict=True):
            if refused:
                raise BusError(f"access {access} was refused")
        return [answer for answer, _ in answers]

    def read(self, register: str | int, count: int = 1) -> list[int]:
        """Words of a register, read one after the other."""
        return self.make([(register, None)] * count)

    def write(self, register: str | int, words: Iterable[int]) -> None:
        """Write words into a register, one after the other."""
        self.make([(register, word) for word in words])

    def __getitem__(self, register: str | int) -> int:
        return self.read(register)[0]

    def __setitem__(self, register: str | int, word: int) -> None:
        self.write(register, [word])
