"""Reads and writes over whatever carries them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from sc_driver.accesses import Accesses
from sc_driver.errors import LinkError
from sc_driver.requests import Read, Request, Words


class Memory(Accesses):
    """A memory in this process, and a list of what was asked for."""

    def __init__(self) -> None:
        self.words: dict[int, int] = {}
        self.batches: list[int] = []
        self.closed = 0

    @property
    def transport(self) -> None:  # type: ignore[override]
        return None

    def hello(self) -> None:
        """Nobody to be greeted."""

    def close(self) -> None:
        self.closed += 1

    def transact(self, requests: Sequence[Request]) -> list[Words]:
        self.batches.append(len(requests))
        found = []
        for one in requests:
            places = [one.address + one.step * n for n in range(one.count)]
            if isinstance(one, Read):
                found.append(np.array([self.words[place] for place in places], np.uint32))
            else:
                self.words |= dict(zip(places, np.asarray(one.words).tolist(), strict=True))
        return found


def test_a_batch_goes_out_in_one_piece_when_its_block_ends() -> None:
    memory = Memory()
    with memory, memory.batch() as batch:
        batch.write(3, [7, 8], step=1)
        answer = batch.read(3, 2, step=1)
        with pytest.raises(LinkError, match="once its block has ended"):
            _ = answer.words
        assert memory.batches == []
    assert answer.words.tolist() == [7, 8]
    assert (memory.batches, memory.closed) == ([2], 1)
    memory.write(4, 9)
    assert memory.read(4).tolist() == [9]
    batch = memory.batch()
    batch.write(4, 1)
    batch.__exit__(KeyError, KeyError(), None)
    assert memory.read(4).tolist() == [9]
