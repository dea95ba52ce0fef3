"""A FIFO in block RAM: order, depth, and the promise to synthesis."""

from __future__ import annotations

import random
from collections import deque
from typing import Any

import pytest
from simulator import simulate

from sc_hw.host.fifo import BlockFIFO, fifo_depth


@pytest.mark.parametrize(("words", "depth"), [(1, 2), (2, 2), (3, 4), (256, 256), (257, 512)])
def test_block_rams_are_used_whole(words: int, depth: int) -> None:
    assert fifo_depth(words) == depth
    assert fifo_depth(words) >= words


def test_words_come_out_in_order_and_no_read_meets_a_write() -> None:
    fifo, rng, model = BlockFIFO(width=8, depth=fifo_depth(4)), random.Random(3), deque[int]()

    async def bench(context: Any) -> None:
        fill = 0.9
        for clock in range(600):
            fill = rng.choice((0.1, 0.9)) if clock % 50 == 0 else fill
            write, read = rng.random() < fill, rng.random() > fill
            context.set(fifo.w_data, clock % 256)
            context.set(fifo.w_en, write)
            context.set(fifo.r_en, read)
            if write and context.get(fifo.w_rdy):
                model.append(clock % 256)
            if read and context.get(fifo.r_rdy):
                assert context.get(fifo.r_data) == model.popleft()
            await context.tick()
            assert context.get(fifo.level) == len(model) <= fifo.depth

    simulate(fifo, bench)
    storage = fifo.elaborate(None).submodules.storage
    assert storage.attrs["no_rw_check"] == 1
