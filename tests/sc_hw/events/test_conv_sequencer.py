"""The sequencer of a convolution: which words go to which sums, in any image, with stalls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module, Signal
from amaranth.sim import Simulator

from sc_hw.events.conv_sequencer import ConvSequencer, quotient
from sc_model.spec import ConvSpec

LOOP = 5


def window(spec: ConvSpec, column: int) -> list[tuple[int, int, int]]:
    """Word, group and `first` of each issue of an event, by the definition of a convolution."""
    _, height, width = spec.image
    channel, place = divmod(column, height * width)
    behind_pool = [at // pool for at, pool in zip(divmod(place, width), spec.pool, strict=True)]
    if any(at >= size for at, size in zip(behind_pool, spec.pooled[1:], strict=True)):
        return []  # left over at the edge
    y, x = (at + margin for at, margin in zip(behind_pool, spec.padding, strict=True))
    own, source = divmod(channel, spec.kernel_shape[1])
    of_group = spec.channels // spec.channel_groups
    found = []
    for oy, ox in np.ndindex(*spec.output[1:]):
        p, q = y - oy * spec.stride[0], x - ox * spec.stride[1]
        if 0 <= p < spec.kernel[0] and 0 <= q < spec.kernel[1]:
            for first in range(own * of_group, (own + 1) * of_group, spec.lanes):
                group = (oy * spec.output[2] + ox) * spec.words_of_place + first // spec.lanes
                found.append((spec.kernel_word(first, source, p, q), group, 0))
    return found


def drawn(rng: np.random.Generator) -> ConvSpec:
    pool = (int(rng.integers(1, 4)), int(rng.integers(1, 3)))
    strided, groups = rng.random() < 0.5, int(rng.choice([1, 1, 2]))
    return ConvSpec(
        name="a",
        image=(
            groups * int(rng.integers(1, 3)),
            pool[0] * int(rng.integers(3, 6)) + int(rng.integers(0, pool[0])),
            pool[1] * int(rng.integers(3, 6)) + int(rng.integers(0, pool[1])),
        ),
        channels=4,
        channel_groups=groups,
        lanes=int(rng.choice([1, 2, 4 // groups])),
        kernel=(int(rng.integers(1, 4)), int(rng.integers(1, 4))),
        stride=(int(rng.integers(1, 4)), int(rng.integers(1, 4))) if strided else (1, 1),
        padding=(int(rng.integers(0, 3)), int(rng.integers(0, 3))),
        pool=pool,
    )


def issues_of(
    dut: ConvSequencer, columns: list[int], rng: np.random.Generator, stalls: float
) -> list[tuple[int, int, int]]:
    """Word, group and `first` of each issue of a tick with events of these columns."""
    issued: list[tuple[int, int, int]] = []

    async def testbench(ctx: Any) -> None:
        events = [*((0, column) for column in columns), (1, 0)]
        last: dict[int, int] = {}
        for clock in range(20_000):
            ctx.set(dut.hold, int(rng.random() < stalls))
            given = bool(events) and rng.random() >= stalls
            ctx.set(dut.i_event.valid, int(given))
            if given:
                end, column = events[0]
                ctx.set(dut.i_event.payload, {"end": end, "column": column, "value": 1})
            if ctx.get(dut.issue):
                word, group = ctx.get(dut.address), ctx.get(dut.group)
                assert clock - last.get(group, -LOOP) >= LOOP
                last[group] = clock
                issued.append((word, group, ctx.get(dut.first)))
            if given and ctx.get(dut.i_event.ready):
                events.pop(0)
            await ctx.tick()
            if ctx.get(dut.ended):
                return
        raise AssertionError("waited 20,000 clocks for the end of a tick")

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    return issued


@pytest.mark.parametrize("stalls", [0.0, 0.3, 0.9])
def test_each_word_of_each_window_once(stalls: float) -> None:
    for seed in range(16):
        rng = np.random.default_rng(seed)
        spec = drawn(rng)
        columns = sorted(rng.choice(spec.inputs, 6, replace=False).tolist())
        issued = issues_of(ConvSequencer(spec, 1, 1, LOOP), columns, rng, stalls)
        fill = [
            (spec.bias_word(group % spec.words_of_place * spec.lanes), group, 1)
            for group in range(spec.groups)
        ]
        assert issued == fill + [each for column in columns for each in window(spec, column)], seed


@pytest.mark.parametrize("divisor", [1, 2, 3, 7, 28, 100, 784, 1023, 5000])
def test_quotients_are_exact(divisor: int) -> None:
    m, value, out = Module(), Signal(10), Signal(10)
    m.d.comb += out.eq(quotient(value, divisor))

    async def testbench(ctx: Any) -> None:
        for number in range(1024):
            ctx.set(value, number)
            assert ctx.get(out) == number // divisor, number

    simulator = Simulator(m)
    simulator.add_testbench(testbench)
    simulator.run()
