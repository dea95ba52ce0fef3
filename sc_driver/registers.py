"""Registers of a board by name, as the manifest has them under `host.registers`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from numpy.typing import ArrayLike

from sc_driver.requests import Read, Words, Write

WORD_BYTES = 4
MAGIC = 0x53434857  # "SCHW"


class Bus(Protocol):
    """What registers are read and written through: a link, or anything that does the same."""

    def transact(self, requests: Sequence[Read | Write]) -> list[Words]:
        """Do requests in order; the words of each read."""


class Registers:
    """Registers by name.

    Members
    -------
    bus : a link.
    """

    def __init__(self, bus: Bus, described: Sequence[Mapping[str, Any]]) -> None:
        """`described`: the registers of a manifest."""
        self.bus = bus
        self._described = {one["name"]: one for one in described}

    def __contains__(self, name: str) -> bool:
        return name in self._described

    def address(self, name: str) -> int:
        """Word address of a register; KeyError without one of that name."""
        return int(self._described[name]["offset"]) // WORD_BYTES

    def reset(self, name: str) -> int:
        """A register's value after a reset, which a constant always has."""
        return int(self._described[name]["reset"])

    def mask(self, name: str, field: str) -> int:
        """The bits of a register's field; KeyError without one of that name."""
        for one in self._described[name]["fields"]:
            if one["name"] == field:
                return int((1 << one["bits"]) - 1 << one["lo"])
        raise KeyError(f"{name}.{field}")

    def set_fields(self, name: str, value: int) -> list[str]:
        """Names of a register's fields that are not 0 in a value."""
        fields = self._described[name]["fields"]
        return [one["name"] for one in fields if value & self.mask(name, one["name"])]

    def read(self, *names: str) -> list[int]:
        """Read registers, in this order, in one go."""
        requests = [Read(self.address(name), 1, 0) for name in names]
        return [int(words[0]) for words in self.bus.transact(requests)]

    def write(self, name: str, words: ArrayLike) -> None:
        """Write a word, or several to the same register."""
        self.bus.transact([Write(self.address(name), words, 0)])
