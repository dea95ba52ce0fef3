"""Slices as packets: every spike in its place, whatever the pace of both sides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator

from sc_hw.host.slice_packer import SlicePacker
from sc_model.spec import SLICE

PATIENCE = 5000  # clocks


def packets_of(
    dut: SlicePacker,
    ticks: list[tuple[list[int], int, bool]],
    rng: np.random.Generator,
    stalls: tuple[float, float],
) -> tuple[list[list[int]], int]:
    """The packets, each its words, and strobes of spikes; behind a reset in the midst of a tick.

    Parameters
    ----------
    ticks : spikes, answer, and whether a packet is made of them.
    stalls : share of clocks in which no slice comes, and no word is taken.
    """
    reset = Signal()
    found: list[list[int]] = [[]]
    spikes = begun = 0

    async def clock(ctx: Any, slices: list[int], number: int, kept: bool) -> bool:
        nonlocal spikes, begun
        valid = bool(slices) and rng.random() >= stalls[0]
        ctx.set(dut.i.valid, int(valid))
        ctx.set(dut.i.payload, slices[0] if slices else int(rng.integers(1 << SLICE)))
        ctx.set(dut.may_begin, int(rng.random() >= stalls[1]))
        ctx.set(dut.o.ready, int(rng.random() >= stalls[1]))
        ctx.set(dut.number, number)
        ctx.set(dut.kept, int(kept))
        if valid and ctx.get(dut.i.ready):
            assert ctx.get(dut.last) == (len(slices) == 1)
            slices.pop(0)
        if ctx.get(dut.o.valid) and ctx.get(dut.o.ready):
            found[-1].append(ctx.get(dut.o.payload))
            assert ctx.get(dut.numbered) == (len(found[-1]) == 1)
        spikes += ctx.get(dut.spike)
        begun += ctx.get(dut.begins)
        finished = bool(ctx.get(dut.finished))
        if finished:
            found.append([])
        await ctx.tick()
        return finished

    async def testbench(ctx: Any) -> None:
        nonlocal spikes, begun
        slices = slices_of(dut, ticks[0][0], ticks[0][1], rng)
        for _ in range(40):
            await clock(ctx, slices, 7, True)
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        found[:] = [[]]
        spikes = begun = 0
        for number, (fires, answer, kept) in enumerate(ticks):
            slices = slices_of(dut, fires, answer, rng)
            for _ in range(PATIENCE):
                finished = await clock(ctx, slices, number, kept)
                if finished or (not kept and not slices):
                    break
            else:
                raise AssertionError(f"waited {PATIENCE} clocks for packet {number}")
            assert not ctx.get(dut.busy)

    simulator = Simulator(ResetInserter(reset)(dut))
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    assert begun == len(found) - 1
    return found[:-1], spikes


def slices_of(
    dut: SlicePacker, fires: list[int], answer: int, rng: np.random.Generator
) -> list[int]:
    """Payloads of a tick; what is behind its last neuron is anything."""
    junk = rng.integers(0, 2, dut.slices * SLICE - dut.neurons).tolist()
    bits = [*fires, *junk]
    rows = [
        sum(bit << place for place, bit in enumerate(bits[first : first + SLICE]))
        for first in range(0, len(bits), SLICE)
    ]
    return [*rows[:-1], rows[-1] | answer << SLICE]


@pytest.mark.parametrize("stalls", [(0.0, 0.0), (0.8, 0.0), (0.0, 0.8)])
@pytest.mark.parametrize(
    ("neurons", "answer"), [(272, 0), (288, 0), (289, 9), (300, 9), (319, 9), (287, 16)]
)
def test_packets_are_those_of_whole_words(
    neurons: int, answer: int, stalls: tuple[float, float]
) -> None:
    rng = np.random.default_rng(neurons)
    dut = SlicePacker(neurons, -(-neurons // SLICE), answer)
    ticks = [
        (rng.integers(0, 2, neurons).tolist(), int(rng.integers(1 << answer)), kept)
        for kept in (True, True, False, True)
    ]
    packets, spikes = packets_of(dut, ticks, rng, stalls)
    kept = [(number, *tick[:2]) for number, tick in enumerate(ticks) if tick[2]]
    assert spikes == sum(sum(fires) for _, fires, _ in kept)
    for (number, fires, winner), words in zip(kept, packets, strict=True):
        assert words[0] == number
        assert len(words) == 1 + -(-(neurons + answer) // 32)
        whole = sum(word << 32 * place for place, word in enumerate(words[1:]))
        assert whole == sum(bit << n for n, bit in enumerate(fires)) | winner << neurons
