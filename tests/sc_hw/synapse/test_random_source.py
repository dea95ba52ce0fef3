"""The register behind random inputs, and lanes and banks that draw from it, against the models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from simulator import simulate

from sc_hw.synapse.bank import SynapseBank
from sc_hw.synapse.lane import SynapseLane
from sc_hw.synapse.random_source import RandomSource
from sc_model.arithmetic.noise import SEED, shifted
from sc_model.golden import Bank, Synapse
from sc_model.rules import load_rule
from sc_model.spec import IntFormat

RULE = load_rule("error_triggered")
PARAMS = RULE.params_type()
EPROP = load_rule("e_prop")


def test_precedence_and_shifts() -> None:
    source = RandomSource({"a": IntFormat(5), "b": IntFormat(3, signed=True)})
    rng, wrong = np.random.default_rng(1), []

    async def bench(ctx: Any) -> None:
        state = SEED
        for clock in range(300):
            step, restart, load = (int(bit) for bit in rng.random(3) < (0.8, 0.05, 0.05))
            seed = int(rng.integers(1, 1 << 32))
            ctx.set(source.step, step)
            ctx.set(source.restart, restart)
            ctx.set(source.host.load, load)
            ctx.set(source.host.seed, seed)
            if ctx.get(source.word) != state & 0xFF or ctx.get(source.host.state) != state:
                wrong.append(clock)
            await ctx.tick()
            state = seed if load else SEED if restart else shifted(state, 8) if step else state

    simulate(source, bench)
    assert wrong == []


def test_its_width_is_that_of_the_register() -> None:
    with pytest.raises(ValueError, match=r"^Random source needs 1 to 32 bits, not 33$"):
        RandomSource({"a": IntFormat(33)})


def test_a_lane_draws_as_the_golden_synapse() -> None:
    lane, golden = SynapseLane(RULE, PARAMS), Synapse(RULE, PARAMS)
    rng, wrong = np.random.default_rng(2), []

    async def bench(ctx: Any) -> None:
        for clock in range(300):
            given = {
                name: int(rng.integers(form.lo, form.hi, endpoint=True))
                for name, form in RULE.step_formats(PARAMS).items()
            }
            for name, value in given.items():
                ctx.set(getattr(lane, name), value)
            step, load = (int(bit) for bit in rng.random(2) < (0.9, 0.03))
            ctx.set(lane.step, step)
            ctx.set(lane.load, load)
            ctx.set(lane.load_weight, 9)
            await ctx.tick()
            if load:
                golden.load({"weight": 9})
            elif step:
                golden.step(given)
            got = ctx.get(lane.weight), ctx.get(lane.random.state)
            if got != (golden.state["weight"], golden.lfsr):
                wrong.append(clock)

    simulate(lane, bench)
    assert wrong == []


def test_a_bank_draws_in_order_and_takes_settings() -> None:
    n, params = 20, EPROP.params_type()
    bank, golden = SynapseBank(EPROP, params, n), Bank(EPROP, params, n)
    golden.set({"learning_shift": 3})
    rng, sweeps = np.random.default_rng(3), 2
    inputs = [
        {
            name: rng.integers(form.lo, form.hi, n, endpoint=True)
            for name, form in EPROP.step_formats(params).items()
        }
        for _ in range(sweeps)
    ]
    expected = [golden.step(one)["weight"].tolist() for one in inputs]
    found: list[int] = []

    async def bench(ctx: Any) -> None:
        ctx.set(bank.learning_shift, 3)
        for address in range(n):
            ctx.set(bank.load.valid, 1)
            ctx.set(bank.load.payload.address, address)
            while not ctx.get(bank.load.ready):
                await ctx.tick()
            await ctx.tick()
        ctx.set(bank.load.valid, 0)
        waiting = [(one, k) for one in inputs for k in range(n)]
        while len(found) < n * sweeps:
            if waiting:
                one, k = waiting[0]
                ctx.set(bank.i.valid, 1)
                for name in one:
                    ctx.set(bank.i.payload[name], int(one[name][k]))
            else:
                ctx.set(bank.i.valid, 0)
            if waiting and ctx.get(bank.i.ready):
                waiting.pop(0)
            if ctx.get(bank.updated):
                found.append(ctx.get(bank.updated_state.weight))
            await ctx.tick()

    simulate(bank, bench)
    assert [found[:n], found[n:]] == expected


def test_ports_in_place_of_the_register() -> None:
    for block in (SynapseLane(RULE, PARAMS, fed=True), SynapseBank(RULE, PARAMS, 4, fed=True)):
        assert "random" not in block.signature.members
    assert "noise" in SynapseLane(RULE, PARAMS, fed=True).signature.members
