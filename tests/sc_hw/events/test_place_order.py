"""The order of columns behind a convolution: each gets its number in the model, in its turn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from amaranth.sim import Simulator

from sc_hw.events.place_order import PlaceOrder
from sc_model.spec import ConvSpec


@pytest.mark.parametrize(("channels", "size", "bias"), [(3, 4, 1), (4, 3, 0), (5, 2, 1)])
def test_columns_have_the_numbers_of_the_model(channels: int, size: int, bias: int) -> None:
    spec = ConvSpec(name="a", image=(1, size, size), channels=channels, kernel=(1, 1))
    given_by = {int(spec.place(neuron)): neuron for neuron in range(spec.neurons)}
    given_by |= {spec.neurons: spec.neurons} if bias else {}
    rng = np.random.default_rng(channels)
    dut = PlaceOrder(spec.places, channels, spec.neurons + bias, 2)
    events = [
        {"end": 0, "column": int(column), "value": int(rng.integers(1, 4))}
        for column in rng.permutation(list(given_by))
    ]
    events.append({"end": 1, "column": 0, "value": 0})
    found: list[dict[str, int]] = []

    async def testbench(ctx: Any) -> None:
        waiting = list(events)
        for _ in range(1000):
            gives = bool(waiting) and rng.random() < 0.7
            ctx.set(dut.i_event.valid, int(gives))
            if gives:
                ctx.set(dut.i_event.payload, waiting[0])
            ctx.set(dut.o_event.ready, int(rng.random() < 0.6))
            if gives and ctx.get(dut.i_event.ready):
                waiting.pop(0)
            if ctx.get(dut.o_event.valid) and ctx.get(dut.o_event.ready):
                event = ctx.get(dut.o_event.payload)
                found.append({name: event[name] for name in ("end", "column", "value")})
            await ctx.tick()
            if found and found[-1]["end"]:
                return

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    assert found[-1]["end"]
    wanted = [{**event, "column": given_by[event["column"]]} for event in events[:-1]]
    assert found[:-1] == wanted
