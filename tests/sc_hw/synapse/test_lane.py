"""The stand-alone synapse in Amaranth's simulator against the golden model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from simulator import simulate
from support import CONFIGS, FIELDS, RULE, params_of, random_inputs

from sc_hw.synapse.lane import SynapseLane
from sc_model.golden import Synapse


@pytest.mark.parametrize("k", [0, 1, 3])
def test_lane_against_the_golden_synapse(k: int) -> None:
    """2,000 clocks; one in ten rests, one in fifty loads, whether or not a step is asked for."""
    params = params_of(CONFIGS[k])
    golden = Synapse(RULE, params)
    lane = SynapseLane(RULE, params)
    rng = np.random.default_rng(k)
    stimulus = random_inputs(rng, params, (2000,))
    steps, loads = rng.random(2000) < 0.9, rng.random(2000) < 0.02
    weights = rng.integers(0, params.max_weight, 2000, endpoint=True)  # type: ignore[attr-defined]
    wrong: list[Any] = []

    async def bench(ctx: Any) -> None:
        for t in range(2000):
            given = {name: int(values[t]) for name, values in stimulus.items()}
            for name, value in given.items():
                ctx.set(getattr(lane, name), value)
            ctx.set(lane.step, int(steps[t]))
            ctx.set(lane.load, int(loads[t]))
            ctx.set(lane.load_weight, int(weights[t]))
            await ctx.tick()
            if loads[t]:
                golden.load({"weight": int(weights[t])})
            elif steps[t]:
                golden.step(given)
            found = {name: ctx.get(getattr(lane, name)) for name in FIELDS}
            if found != golden.state or ctx.get(lane.done) != (steps[t] and not loads[t]):
                wrong.append((t, found, golden.state))

    simulate(lane, bench)
    assert wrong == []
