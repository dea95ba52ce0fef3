"""The output FIFO: whoever has reserved a packet never waits, and nothing is lost."""

from __future__ import annotations

import random
from typing import Any

import pytest
from simulator import simulate

from sc_hw.host.output_queue import OutputQueue
from sc_hw.host.packets import OutputPacket


@pytest.mark.parametrize("bits", [0, 32, 70])
def test_reserved_packets_are_written_without_waiting(bits: int) -> None:
    packet = OutputPacket(bits)
    queue, rng = OutputQueue(packet, 5), random.Random(2)
    assert queue.packets * packet.words <= queue.depth
    total = 40
    got: list[tuple[int, bool]] = []

    async def bench(context: Any) -> None:
        reserved = written = 0
        for _ in range(10_000):
            reserve = reserved < total and context.get(queue.room) and rng.random() < 0.7
            context.set(queue.reserve, reserve)
            reserved += bool(reserve)
            valid = written < reserved * packet.words and rng.random() < 0.7
            context.set(queue.i.valid, valid)
            context.set(queue.i.payload, written)
            assert not valid or context.get(queue.i.ready)
            written += valid
            ready = rng.random() < 0.2
            context.set(queue.o.ready, ready)
            if ready and context.get(queue.o.valid):
                got.append((context.get(queue.o.payload), bool(context.get(queue.last))))
            await context.tick()
            if len(got) == total * packet.words:
                break
        context.set(queue.i.valid, 0)
        await context.tick()
        assert context.get(queue.room)
        assert context.get(queue.level) == 0

    simulate(queue, bench)
    assert got == [(n, n % packet.words == packet.words - 1) for n in range(total * packet.words)]


def test_a_full_fifo_has_no_room_and_discards_when_told() -> None:
    queue = OutputQueue(OutputPacket(0), 4)

    async def bench(context: Any) -> None:
        context.set(queue.reserve, 1)
        context.set(queue.i.valid, 1)
        await context.tick().repeat(queue.packets)
        context.set(queue.reserve, 0)
        context.set(queue.i.valid, 0)
        await context.tick()
        assert not context.get(queue.room)
        level = context.get(queue.level)
        assert level == queue.packets
        context.set(queue.discard, 1)
        context.set(queue.i.valid, 1)
        for _ in range(5):
            assert context.get(queue.room) & context.get(queue.i.ready)
            await context.tick()
        assert context.get(queue.level) == level

    simulate(queue, bench)
