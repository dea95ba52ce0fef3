"""Answers are encoded in place, kept, and sent again; the wire takes them at its own pace."""

from __future__ import annotations

import random
from typing import Any

import pytest
from link_responder import encoded_frame
from simulator import simulate

from sc_hw.host.link.answers import Answers


@pytest.mark.parametrize("stall", [0.0, 0.9])
def test_answers(stall: float) -> None:
    answers = Answers(2)
    bodies = {0: b"\0\1\0", 1: bytes(range(1, 31)), 2: b""}
    out = bytearray()
    draw = random.Random(1)

    async def wire(ctx: Any) -> None:
        while True:
            ready = draw.random() >= stall
            ctx.set(answers.o.ready, ready)
            if ready and ctx.get(answers.o.valid):
                out.append(ctx.get(answers.o.payload))
            await ctx.tick()

    async def strobe(ctx: Any, name: str) -> None:
        while not ctx.get(answers.ready):
            await ctx.tick()
        ctx.set(getattr(answers, name), 1)
        await ctx.tick()
        ctx.set(getattr(answers, name), 0)

    async def bench(ctx: Any) -> None:
        for slot, body in bodies.items():
            ctx.set(answers.slot, slot)
            ctx.set(answers.header, 0x050000 * slot + 0x1234)
            ctx.set(answers.kind, 0x81)
            await ctx.tick()
            while not ctx.get(answers.free):
                await ctx.tick()
            await strobe(ctx, "begin")
            for byte in body:
                ctx.set(answers.i.payload, byte)
                ctx.set(answers.i.valid, 1)
                while not ctx.get(answers.i.ready):
                    await ctx.tick()
                await ctx.tick()
                ctx.set(answers.i.valid, 0)
            await strobe(ctx, "finish")
            while not ctx.get(answers.ready):
                await ctx.tick()
        ctx.set(answers.slot, 0)
        await strobe(ctx, "send")
        await ctx.tick().repeat(100 if stall else 2)
        while not ctx.get(answers.ready):
            await ctx.tick()
        await ctx.tick().repeat(60 if stall == 0 else 800)

    from amaranth.sim import Simulator

    simulator = Simulator(answers)
    simulator.add_clock(1e-6)
    simulator.add_testbench(wire, background=True)
    simulator.add_testbench(bench)
    simulator.run()
    encoded = [encoded_frame(0x1234, 5 * slot, 0x81, body) for slot, body in bodies.items()]
    assert bytes(out) == b"".join([*encoded, encoded[0]])


def test_the_longest_body_is_noticed() -> None:
    answers = Answers(1)

    async def bench(ctx: Any) -> None:
        ctx.set(answers.begin, 1)
        await ctx.tick()
        ctx.set(answers.begin, 0)
        ctx.set(answers.i.valid, 1)
        for count in range(245):
            assert ctx.get(answers.full) == (count == 244), count
            while not ctx.get(answers.i.ready):
                await ctx.tick()
            await ctx.tick().repeat(2)

    simulate(answers, bench)
