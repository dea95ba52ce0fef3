"""The step FIFO and its feeder against a plain list, with random waits on both sides."""

from __future__ import annotations

import random
from typing import Any

import pytest
from simulator import simulate

from sc_hw.host.packets import StepPacket, common_fields
from sc_hw.host.step_queue import StepQueue

COMMON = common_fields((("a", 20, True), ("b", 30, False)))


@pytest.mark.parametrize(
    ("packet", "words"),
    [
        (StepPacket(7, 5, (), COMMON), 9),
        (StepPacket(1, 32, ()), 4),
        (StepPacket(3, 70, ()), 12),
        (StepPacket(2, 33, (), COMMON[:1]), 3),  # longer than the FIFO
    ],
)
@pytest.mark.parametrize("stall", [0.0, 0.6])
def test_a_step_comes_out_as_it_went_in(packet: StepPacket, words: int, stall: float) -> None:
    queue, rng = StepQueue(packet, words), random.Random(1)
    steps = 12
    rows = [
        [rng.getrandbits(packet.transfer_bits) for _ in range(packet.transfers)]
        for _ in range(steps)
    ]
    commons = [[rng.getrandbits(32) for _ in range(packet.common_words)] for _ in range(steps)]
    sent: list[int] = []
    for common, transfers in zip(commons, rows, strict=True):
        sent += common
        if per := packet.transfers_per_word:
            for n in range(0, len(transfers), per):
                part = transfers[n : n + per]
                sent.append(sum(v << k * packet.transfer_bits for k, v in enumerate(part)))
        else:
            for value in transfers:
                sent += [value >> 32 * k & 0xFFFF_FFFF for k in range(packet.words_per_transfer)]
    assert len(sent) == steps * packet.words
    assert queue.streamed == (packet.words > queue.depth)
    got: list[tuple[int, int]] = []
    begun: list[int] = []  # words that had been written when each step began

    async def bench(context: Any) -> None:
        written = 0
        for _ in range(10_000):
            context.set(queue.may_begin, rng.random() >= stall)
            valid, ready = written < len(sent) and rng.random() >= stall, rng.random() >= stall
            context.set(queue.i.valid, valid)
            context.set(queue.i.payload, sent[written] if valid else 0)
            context.set(queue.o.ready, ready)
            written += valid and context.get(queue.i.ready)
            if context.get(queue.begins):
                begun.append(written)
            if ready and context.get(queue.o.valid):
                got.append((context.get(queue.common), context.get(queue.o.payload)))
            await context.tick()
            if len(got) == steps * packet.transfers:
                break
        await context.tick().repeat(3)
        assert not context.get(queue.feeding)
        assert not context.get(queue.waiting)
        assert context.get(queue.level) == 0

    simulate(queue, bench)
    wanted = [
        (sum(word << 32 * k for k, word in enumerate(common)), value)
        for common, transfers in zip(commons, rows, strict=True)
        for value in transfers
    ]
    assert got == wanted
    if not queue.streamed:
        assert all(words >= packet.words * n for n, words in enumerate(begun, 1))


def test_a_step_that_lacks_a_word_does_not_begin() -> None:
    packet = StepPacket(2, 32, ())
    queue = StepQueue(packet, 8)

    async def bench(context: Any) -> None:
        context.set(queue.may_begin, 1)
        context.set(queue.i.valid, 1)
        await context.tick()
        context.set(queue.i.valid, 0)
        for _ in range(10):
            assert not context.get(queue.waiting) | context.get(queue.feeding)
            await context.tick()
        context.set(queue.i.valid, 1)
        await context.tick()
        context.set(queue.i.valid, 0)
        await context.tick()  # in which the level is compared
        assert context.get(queue.begins)

    simulate(queue, bench)
