"""The window into a block's memories: words by address, both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_driver.bits import (
    Bits,
    bits_of,
    bits_of_words,
    fields_of,
    integers_of,
    put_fields,
    words_of,
)
from sc_driver.registers import Registers
from sc_driver.requests import Read, Write

Address = Mapping[str, ArrayLike]
Request = Read | Write


class Window:
    """A host port of a block.

    Members
    -------
    name : of the layer, or the block.
    spaces : what it shows, by name, as in the manifest.
    data_bits : bits of a word.
    """

    def __init__(self, registers: Registers, number: int, described: Mapping[str, Any]) -> None:
        """`number`: of the window; `described`: its part of the manifest."""
        self._registers, self._number = registers, number
        self.name: str = described["name"]
        self.data_bits: int = described["data_bits"]
        self.spaces: dict[str, Mapping[str, Any]] = {
            space["name"]: space for space in described["spaces"]
        }
        self._address: Sequence[Mapping[str, Any]] = described["address"]
        self._accesses: int = described["accesses"]

    def load(self, space: str, where: Address, count: int, values: Mapping[str, Any]) -> None:
        """Write words.

        Parameters
        ----------
        space : its name.
        where : parts of the addresses, (count,) or scalars.
        count : words.
        values : fields of the words, (count,) each; missing ones are 0.
        """
        bits = np.zeros((count, self.data_bits), np.uint8)
        put_fields(bits, self.spaces[space]["fields"], values)
        words = words_of(bits)
        requests: list[Request] = []
        order, runs = self._runs(space, where, count)
        words = words[order]
        for first, last, address in runs:
            requests += self._goto(address)
            requests.append(self._data(words[first:last].ravel()))
        self._registers.bus.transact(requests)

    def read(self, space: str, where: Address, count: int) -> dict[str, NDArray[Any]]:
        """Read words; their fields by name, (count,) each. Parameters as of `load`."""
        requests: list[Request] = []
        data = self._registers.address("WINDOW_DATA")
        order, runs = self._runs(space, where, count)
        for first, last, address in runs:
            requests += self._goto(address)
            requests.append(Read(data, (last - first) * self._accesses, 0))
        words = np.concatenate(self._registers.bus.transact(requests))
        rows = np.empty((count, self._accesses), np.uint32)
        rows[order] = words.reshape(count, self._accesses)
        bits = bits_of_words(rows, self.data_bits)
        return fields_of(bits, self.spaces[space]["fields"])

    def exchange(
        self,
        space: str,
        where: Address,
        count: int,
        values: Mapping[str, Any],
        *,
        descending: bool = False,
    ) -> dict[str, NDArray[Any]]:
        """Read each word and write another to it before the next word is touched.

        This is an element of a march test: a write that changes another word, too, is seen when
        that one's turn comes.

        Parameters
        ----------
        space, where, count, values : as of `load`.
        descending : from the highest address to the lowest.

        Returns
        -------
        The fields that were read, (count,) each.
        """
        bits = np.zeros((count, self.data_bits), np.uint8)
        put_fields(bits, self.spaces[space]["fields"], values)
        words = words_of(bits)
        order, runs = self._runs(space, where, count)
        step = 1 << self._address[-1]["offset"] if self._address else 0
        places = [
            (int(order[n]), address + (n - first) * step)
            for first, last, address in runs
            for n in range(first, last)
        ]
        if descending:
            places.reverse()
        data = self._registers.address("WINDOW_DATA")
        requests: list[Request] = []
        beyond = None  # where the window stands
        for number, address in places:
            if address != beyond:
                requests += self._goto(address)
            requests.append(Read(data, self._accesses, 0))
            requests += self._goto(address)[1:]
            requests.append(self._data(words[number]))
            beyond = address + step
        rows = np.empty((count, self._accesses), np.uint32)
        rows[[number for number, _ in places]] = self._registers.bus.transact(requests)
        return fields_of(bits_of_words(rows, self.data_bits), self.spaces[space]["fields"])

    def _goto(self, address: int) -> list[Request]:
        """Requests that set the window; one without addresses has a port alone."""
        port = Write(self._registers.address("WINDOW_PORT"), [self._number], 0)
        return [port, Write(self._registers.address("WINDOW_ADDRESS"), [address], 0)]

    def _data(self, words: ArrayLike) -> Request:
        return Write(self._registers.address("WINDOW_DATA"), words, 0)

    def _runs(
        self, space: str, where: Address, count: int
    ) -> tuple[NDArray[np.intp], list[tuple[int, int, int]]]:
        """The words in the order of their addresses, and of each run of addresses that count up
        its first and end in that order, and its address: within a run one address is written.
        """
        if not self._address:
            return np.arange(count), [(0, count, 0)]
        bits: Bits = np.zeros((count, sum(part["width"] for part in self._address)), np.uint8)
        for part in self._address:
            code = {"space": self.spaces[space]["code"]}
            values = np.broadcast_to(np.asarray((code | dict(where)).get(part["name"], 0)), count)
            start = part["offset"]
            bits[:, start : start + part["width"]] = bits_of(values, part["width"])
        addresses = integers_of(bits, signed=False)
        step = 1 << self._address[-1]["offset"]
        # the part that counts is the highest: words of one lane are `step` apart
        order = np.lexsort((addresses // step, addresses % step))
        addresses = addresses[order]
        starts = [0, *(np.flatnonzero(np.diff(addresses) != step) + 1).tolist()]
        ends = [*starts[1:], count]
        return order, [(a, b, int(addresses[a])) for a, b in zip(starts, ends, strict=True)]
