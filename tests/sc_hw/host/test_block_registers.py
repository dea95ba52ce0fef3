"""Registers that a block has beside its memories, behind the second window."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from simulator import simulate

from sc_hw.host.block_registers import CONTROL, PARAMETERS, BlockRegisters
from sc_hw.synapse.lane import SynapseLane
from sc_model.rules import load_rule

RULE = load_rule("e_prop")
PARAMS = RULE.params_type(learning_shift=5)


def registers(*, draws: bool = True) -> BlockRegisters:
    return BlockRegisters(RULE, PARAMS, draws)


def test_its_window_has_a_space_for_each_kind() -> None:
    window = registers().window
    assert (window.name, window.address_bits, window.data_bits) == ("registers", 1, 32)
    assert [(space["name"], space["code"]) for space in window.spaces] == [
        ("parameters", PARAMETERS),
        ("control", CONTROL),
    ]
    assert [field["name"] for space in window.spaces for field in space["fields"]] == [
        "learning_shift",
        "lfsr",
    ]
    alone = registers(draws=False).window
    assert (alone.data_bits, [space["name"] for space in alone.spaces]) == (4, ["parameters"])


def test_a_block_without_registers_has_none() -> None:
    rule = load_rule("reward_modulated_stdp")
    params = rule.params_type()
    assert BlockRegisters.of(rule, params, SynapseLane(rule, params)) is None
    fed = SynapseLane(RULE, PARAMS, fed=True)
    own = BlockRegisters.of(RULE, PARAMS, fed)
    assert own is not None
    assert not own.draws


@pytest.mark.parametrize("stall", [0.0, 0.3, 0.9])
def test_loads_and_reads(stall: float) -> None:
    """Each space is loaded and read in any order; an answer waits until it is taken."""
    own, rng = registers(), np.random.default_rng(1)
    wrong: list[Any] = []

    async def bench(ctx: Any) -> None:
        setting, state = 5, 0x1234
        assert ctx.get(own.settings.learning_shift) == setting  # what the design says
        for _ in range(60):
            code, value = int(rng.integers(2)), int(rng.integers(1 << 32))
            ctx.set(own.load.payload.address, code)
            ctx.set(own.load.payload.data, value)
            ctx.set(own.load.valid, 1)
            ctx.set(own.random.state, state)
            loads = ctx.get(own.random.load), ctx.get(own.random.seed)
            if loads[0] != (code == CONTROL) or (loads[0] and loads[1] != value):
                wrong.append(("load", code, loads))
            await ctx.tick()
            ctx.set(own.load.valid, 0)
            if code == PARAMETERS:
                setting = value & 0xF
            else:
                state = value
                ctx.set(own.random.state, state)
            if ctx.get(own.settings.learning_shift) != setting:
                wrong.append(("setting", value))
            asked = int(rng.integers(2))
            ctx.set(own.read.payload, asked)
            ctx.set(own.read.valid, 1)
            await ctx.tick()
            ctx.set(own.read.valid, 0)
            while rng.random() < stall:
                await ctx.tick()
            got = ctx.get(own.readback.valid), ctx.get(own.readback.payload)
            if got != (1, state if asked == CONTROL else setting):
                wrong.append(("read", asked, got))
            ctx.set(own.readback.ready, 1)
            await ctx.tick()
            ctx.set(own.readback.ready, 0)
            if ctx.get(own.readback.valid):
                wrong.append(("offered twice",))

    simulate(own, bench)
    assert wrong == []
