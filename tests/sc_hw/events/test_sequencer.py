"""The sequencer in Amaranth's simulator: words, sets and the end of a tick."""

from __future__ import annotations

import random
from typing import Any

from trained_layers import simulate

from sc_hw.events.sequencer import EventSequencer
from sc_model.spec import DenseSpec


def test_events_issue_their_words_back_to_back() -> None:
    spec = DenseSpec(name="a", inputs=11, neurons=5, lanes=2, engine="events")
    dut, sets, rng = EventSequencer(spec, 3, 2), 2, random.Random(4)
    columns = [rng.randrange(11) for _ in range(7)]

    async def testbench(ctx: Any) -> None:
        for tick in range(2):
            issued: list[tuple[int, ...]] = []
            position, holds = 0, 0
            while not ctx.get(dut.ended):
                hold = tick == 1 and rng.random() < 0.3
                ctx.set(dut.hold, hold)
                holds += hold
                end = position == len(columns)
                column = 0 if end else columns[position]
                ctx.set(dut.i_event.payload, {"end": end, "column": column, "value": position % 8})
                ctx.set(dut.i_event.valid, 1)
                if ctx.get(dut.issue):
                    assert not hold
                    row = (dut.address, dut.group, dut.set, dut.value, dut.first)
                    issued.append(tuple(int(ctx.get(signal)) for signal in row))
                position += ctx.get(dut.i_event.ready)
                await ctx.tick()
            assert issued == [
                (column * 3 + group, group, event % sets, event % 8, event < sets)
                for event, column in enumerate(columns)
                for group in range(3)
            ]
            assert ctx.get(dut.used) == 0b11
            ctx.set(dut.i_event.valid, 0)
            ctx.set(dut.restart, 1)
            await ctx.tick()
            ctx.set(dut.restart, 0)
            assert not ctx.get(dut.used)

    simulate(testbench, dut)
