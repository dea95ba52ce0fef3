"""The queue of slices: every spike in its place, whatever the pace of those who give and take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator

from sc_hw.trained.slice_queue import SliceQueue
from sc_model.spec import SLICE


def ticks_of(
    dut: SliceQueue, spikes: list[list[int]], rng: np.random.Generator, stalls: tuple[float, float]
) -> list[list[int]]:
    """Slices of each tick; `stalls`: share of idle clocks of the neurons, and of who takes."""
    taken: list[list[int]] = []
    reset = Signal()

    async def testbench(ctx: Any) -> None:
        for number, tick in enumerate([spikes[0], *spikes]):
            slices: list[int] = []
            left, over = list(range(0, dut.neurons, dut.together)), False
            ctx.set(dut.restart, 1)
            await ctx.tick()
            ctx.set(dut.restart, 0)
            for clock in range(2000):
                gives = bool(left) and rng.random() >= stalls[0]
                ctx.set(dut.valid, int(gives))
                if gives:
                    first = left.pop(0)
                    fires = tick[first : first + dut.together]
                    ctx.set(dut.spike, sum(spike << place for place, spike in enumerate(fires)))
                    ctx.set(dut.last, int(not left))
                ctx.set(dut.o.ready, int(rng.random() >= stalls[1]))
                if ctx.get(dut.o.valid):
                    assert ctx.get(dut.last_slice) == (len(slices) == dut.transfers - 1)
                if ctx.get(dut.o.valid) and ctx.get(dut.o.ready):
                    slices.append(ctx.get(dut.o.payload))
                over = bool(ctx.get(dut.over))
                await ctx.tick()
                if over or (number == 0 and clock == dut.neurons // dut.together // 2):
                    break
            ctx.set(dut.valid, 0)
            ctx.set(dut.o.ready, 1)
            if number == 0:  # a reset in the midst of a tick
                ctx.set(reset, 1)
                await ctx.tick()
                ctx.set(reset, 0)
                continue
            assert over
            assert not ctx.get(dut.o.valid)
            taken.append(slices)

    simulator = Simulator(ResetInserter(reset)(dut))
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    return taken


@pytest.mark.parametrize("stalls", [(0.0, 0.0), (0.7, 0.0), (0.0, 0.9)])
@pytest.mark.parametrize(
    ("neurons", "more", "together"), [(64, 1, 1), (71, 0, 1), (81, 1, 1), (64, 0, 8), (84, 1, 2)]
)
def test_each_spike_leaves_in_its_place(
    neurons: int, more: int, together: int, stalls: tuple[float, float]
) -> None:
    rng = np.random.default_rng(neurons)
    spikes = rng.integers(0, 2, (3, neurons)).tolist()
    dut = SliceQueue(neurons, -(-neurons // SLICE) + more, together, marks_last=True)
    for given, slices in zip(spikes, ticks_of(dut, spikes, rng, stalls), strict=True):
        assert len(slices) == dut.transfers
        bits = [word >> place & 1 for word in slices for place in range(SLICE)]
        assert bits[:neurons] == given


def test_slices_leave_while_the_tick_is_decided() -> None:
    dut, offered = SliceQueue(64, 4), []

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.valid, 1)
        ctx.set(dut.o.ready, 1)
        for place in range(70):
            ctx.set(dut.valid, int(place < 64))
            ctx.set(dut.last, int(place == 63))
            if ctx.get(dut.o.valid):
                offered.append(place)
            await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    assert offered == [17, 33, 49, 65]  # `latency` clocks behind the last spike of each
    assert dut.latency == 2
    assert "last_slice" not in dut.signature.members


def test_too_few_transfers_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^65 spikes need 5 slices, not 4$"):
        SliceQueue(65, 4)


@pytest.mark.parametrize(("neurons", "together"), [(65, 2), (63, 3), (64, 16)])
def test_spikes_that_do_not_fill_slices_are_refused(neurons: int, together: int) -> None:
    text = f"^{neurons} spikes in slices of 16 can't come {together} a clock$"
    with pytest.raises(ValueError, match=text):
        SliceQueue(neurons, 5, together)
