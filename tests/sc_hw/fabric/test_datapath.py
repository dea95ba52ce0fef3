"""Pipelines in Amaranth's simulator against the evaluation of their graphs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from simulator import simulate
from support import CONFIGS, FIELDS, RULE, params_of, random_inputs

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import family_names, load_family
from sc_hw.fabric.schedule import DelayModel
from sc_model.graph import REWRITES, IntOps, evaluate, rewrite, trace
from sc_model.graph.rewrite import product_as_adder_tree

SHORT = DelayModel(carry_bits=4, lut_levels=1, lut_inputs=4, multiplier_stages=3)
DEEP = DelayModel(carry_bits=16, lut_levels=2, lut_inputs=4, multiplier_stages=4)
FAMILIES = {name: load_family(name).delay for name in family_names()}
MODELS = {**FAMILIES, "short": SHORT, "deep": DEEP, "tiny": DelayModel(1, 1, 2, 2)}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("tree", [False, True])
@pytest.mark.parametrize("k", [0, 1, 5])
def test_a_pipeline_is_its_graph_some_clocks_later(name: str, tree: bool, k: int) -> None:
    """A new step every clock; `latency` clocks later all outputs, and no others, are that
    step's.
    """
    params = params_of(CONFIGS[k])
    graph = rewrite(trace(RULE, params), (product_as_adder_tree, *REWRITES) if tree else REWRITES)
    path = Datapath(graph, MODELS[name])
    rng = np.random.default_rng(7)
    stimulus: dict[str, Any] = random_inputs(rng, params, (60,))
    for field, form in RULE.state_formats(params).items():
        stimulus[field] = rng.integers(form.lo, form.hi, 60, endpoint=True)
    found: list[dict[str, int]] = []

    async def bench(ctx: Any) -> None:
        for t in range(60 + path.latency):
            for variable, values in stimulus.items():
                ctx.set(getattr(path, f"i_{variable}"), int(values[min(t, 59)]))
            if t >= path.latency:
                found.append({field: ctx.get(getattr(path, f"o_{field}")) for field in FIELDS})
            await ctx.tick()

    simulate(path, bench)
    steps = [{variable: int(values[t]) for variable, values in stimulus.items()} for t in range(60)]
    expected = [evaluate(graph, IntOps(), values) for values in steps]
    assert found == [{field: row[field] for field in FIELDS} for row in expected]
