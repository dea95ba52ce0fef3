"""The register of the noise is that of the model."""

from __future__ import annotations

from typing import Any

from trained_layers import simulate

from sc_hw.learning.noise import NoiseSource
from sc_model.arithmetic.learning import galois_step


def test_the_register_steps_as_in_the_model() -> None:
    dut = NoiseSource(0xACE1)

    async def testbench(ctx: Any) -> None:
        state = 0xACE1
        for clock in range(50):
            assert ctx.get(dut.state) == state
            ctx.set(dut.step, clock % 3 != 0)
            await ctx.tick()
            state = galois_step(state) if clock % 3 else state
        ctx.set(dut.step, 0)
        ctx.set(dut.load, 1)
        ctx.set(dut.load_data, 0x1234)
        await ctx.tick()
        assert ctx.get(dut.state) == 0x1234

    simulate(testbench, dut)
