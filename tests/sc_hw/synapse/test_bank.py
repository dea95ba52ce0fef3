"""The bank of synapses in Amaranth's simulator against the golden model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from simulator import simulate
from support import FIELDS, RULE, params_of, random_inputs

from sc_hw.synapse.bank import SynapseBank
from sc_model.golden import Bank
from sc_model.spec import MAX_SYNAPSES


@pytest.mark.parametrize(
    ("synapses", "stall"), [(1, 0.0), (5, 0.0), (5, 0.3), (20, 0.0), (20, 0.3), (20, 0.9)]
)
def test_bank_against_the_golden_bank(synapses: int, stall: float) -> None:
    """Load, sweeps with a stalling source, read-back; every update is in order and every value is
    the golden bank's.
    """
    params = params_of({})
    bank = SynapseBank(RULE, params, synapses)
    sweeps = 3 if stall > 0.5 else 6
    rng = np.random.default_rng(synapses)
    start = rng.integers(0, 65536, synapses)
    golden = Bank(RULE, params, synapses, {"weight": start})
    stimulus = random_inputs(rng, params, (sweeps, synapses))
    updates: list[tuple[int, dict[str, int]]] = []
    read: list[dict[str, int]] = []
    bound = (sweeps * synapses * 30 + 50 * bank.span) * 2

    def fields(ctx: Any, view: Any) -> dict[str, int]:
        return {name: ctx.get(view[name]) for name in FIELDS}

    async def transfer(ctx: Any, stream: Any, payload: Any) -> None:
        ctx.set(stream.payload, payload)
        ctx.set(stream.valid, 1)
        for _ in range(bound):
            ready = ctx.get(stream.ready)
            await tick(ctx)
            if ready:
                ctx.set(stream.valid, 0)
                return
        raise AssertionError(f"{stream!r} was not ready within {bound} clocks")

    async def tick(ctx: Any) -> None:
        await ctx.tick()
        if ctx.get(bank.updated):
            updates.append((ctx.get(bank.updated_address), fields(ctx, bank.updated_state)))

    async def until_idle(ctx: Any) -> None:
        for _ in range(bound):
            if ctx.get(bank.idle):
                return
            await tick(ctx)
        raise AssertionError(f"the bank was not idle within {bound} clocks")

    async def bench(ctx: Any) -> None:
        for address in range(synapses):
            state = {**dict.fromkeys(FIELDS, 0), "weight": int(start[address])}
            await transfer(ctx, bank.load, {"address": address, "state": state})
        for sweep in range(sweeps):
            for address in range(synapses):
                while rng.random() < stall:
                    await tick(ctx)
                await transfer(
                    ctx,
                    bank.i,
                    {name: int(values[sweep, address]) for name, values in stimulus.items()},
                )
        await tick(ctx)
        await until_idle(ctx)
        for address in range(synapses):
            await transfer(ctx, bank.read, address)
            for _ in range(bound):
                if ctx.get(bank.readback.valid):
                    break
                await tick(ctx)
            else:
                raise AssertionError(f"no read-back within {bound} clocks")
            read.append(fields(ctx, bank.readback.payload))
            ctx.set(bank.readback.ready, 1)
            await tick(ctx)
            ctx.set(bank.readback.ready, 0)

    simulate(bank, bench)
    expected = []
    for sweep in range(sweeps):
        new = golden.step({name: values[sweep] for name, values in stimulus.items()})
        expected += [
            (address, {name: int(new[name][address]) for name in FIELDS})
            for address in range(synapses)
        ]
    assert updates == expected
    assert read == [state for _, state in expected[-synapses:]]


@pytest.mark.parametrize("synapses", [0, MAX_SYNAPSES + 1])
def test_bank_of_no_synapse_or_too_many(synapses: int) -> None:
    with pytest.raises(ValueError, match="Synapse bank") as caught:
        SynapseBank(RULE, params_of({}), synapses)
    assert str(caught.value) == f"Synapse bank needs 1 to {MAX_SYNAPSES} synapses, not {synapses}"
