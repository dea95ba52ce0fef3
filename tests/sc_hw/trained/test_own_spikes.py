"""Own spikes of a recurrent layer: each in its place, those of neurons and those of a host."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import ResetInserter, Signal
from trained_layers import simulate

from sc_hw.trained.own_spikes import OwnSpikes
from sc_model.spec import SLICE


async def found(ctx: Any, dut: OwnSpikes) -> list[int]:
    """The spikes that are read, slice by slice."""
    bits: list[int] = []
    for number in range(dut.slices):
        ctx.set(dut.slice, number)
        await ctx.tick()
        word = ctx.get(dut.found)
        bits += [word >> place & 1 for place in range(SLICE)]
    return bits[dut.first : dut.first + dut.neurons]


async def decide(
    ctx: Any, dut: OwnSpikes, spikes: list[int], pauses: Any, neurons: tuple[int, int]
) -> None:
    """Some neurons of a tick, some clocks after each other."""
    for first in range(*neurons, dut.together):
        while pauses.random() < 0.3:
            await ctx.tick()
        fires = spikes[first : first + dut.together]
        ctx.set(dut.valid, 1)
        ctx.set(dut.spike, sum(spike << place for place, spike in enumerate(fires)))
        ctx.set(dut.last, int(first + dut.together >= dut.neurons))
        await ctx.tick()
        ctx.set(dut.valid, 0)


@pytest.mark.parametrize("banks", [1, 2])
@pytest.mark.parametrize(
    ("inputs", "neurons", "together"),
    [(32, 48, 1), (37, 27, 1), (5, 40, 1), (3, 9, 1), (22, 26, 2), (16, 64, 8)],
)
def test_each_spike_is_in_its_place(inputs: int, neurons: int, together: int, banks: int) -> None:
    dut = OwnSpikes(inputs, neurons, together, banks=banks)
    rng, reset = np.random.default_rng(neurons), Signal()

    async def testbench(ctx: Any) -> None:
        before: list[int] = []
        for tick in range(4):
            spikes = rng.integers(0, 2, neurons).tolist()
            half = neurons // 2 // together * together
            if tick == 2:  # a reset in the midst of a tick
                await decide(ctx, dut, spikes, rng, (0, half))
                ctx.set(reset, 1)
                await ctx.tick()
                ctx.set(reset, 0)
            await decide(ctx, dut, spikes, rng, (0, half))
            if banks == 2 and tick:  # while the next ones come
                assert await found(ctx, dut) == before
            await decide(ctx, dut, spikes, rng, (half, neurons))
            assert await found(ctx, dut) == spikes
            before = spikes
            if tick == 1:
                before = rng.integers(0, 2, neurons).tolist()
                for number, fired in enumerate(before):
                    ctx.set(dut.load, 1)
                    ctx.set(dut.number, number)
                    ctx.set(dut.fired, fired)
                    await ctx.tick()
                    ctx.set(dut.load, 0)
                    if number % 3 == 0:
                        await ctx.tick()
                assert await found(ctx, dut) == before

    simulate(testbench, ResetInserter(reset)(dut))


def test_a_write_shows_for_a_clock_where_the_first_chunk_has_neurons() -> None:
    assert "recent" not in OwnSpikes(16, 20).signature.members
    dut, shown = OwnSpikes(15, 17), []

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.valid, 1)
        for neuron in range(19):
            ctx.set(dut.valid, int(neuron < 17))
            ctx.set(dut.last, int(neuron == 16))
            if ctx.get(dut.recent):
                shown.append(neuron)
            await ctx.tick()

    simulate(testbench, dut)
    assert shown == [1, 17]  # behind the first neuron, which fills its slice, and the last one


@pytest.mark.parametrize(
    ("inputs", "neurons", "together"), [(17, 64, 2), (16, 65, 2), (16, 63, 3), (16, 64, 16)]
)
def test_spikes_that_do_not_fill_slices_are_refused(
    inputs: int, neurons: int, together: int
) -> None:
    text = (
        f"^{neurons} spikes behind {inputs} inputs, in slices of 16, can't come {together} a clock$"
    )
    with pytest.raises(ValueError, match=text):
        OwnSpikes(inputs, neurons, together)
