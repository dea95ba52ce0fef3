"""A rule split by locality: what a lane, an input and an output memory compute."""

from __future__ import annotations

import numpy as np
import pytest

from sc_hw.plastic.rule_parts import SATURATED, RuleParts, rule_parts
from sc_model.graph import IntOps, evaluate, trace
from sc_model.rules import resolve
from sc_model.spec import RuleChoice

FAMILIES = ["pair_stdp", "triplet_stdp", "reward_modulated_stdp"]


def parts_of_family(family: str) -> RuleParts:
    rule, params = resolve(RuleChoice(family=family))
    return rule_parts(rule, params)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_name_has_one_place(family: str) -> None:
    parts = parts_of_family(family)
    names = [*parts.fields, *parts.pre, *parts.post, *parts.modulators]
    names += [parts.pre_spike, parts.post_spike]
    rule, params = parts.rule, parts.params
    assert sorted(names) == sorted({**rule.state_formats(params), **rule.input_formats(params)})
    assert parts.others == {n: f for n, f in parts.fields.items() if n != parts.weight}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("with_counts", [False, True])
def test_graphs_compute_what_the_rule_does(family: str, with_counts: bool) -> None:
    """The three graphs together against the whole rule's, both kinds of products."""
    parts = parts_of_family(family)
    whole = trace(parts.rule, parts.params)
    rng = np.random.default_rng(6)
    formats = parts.rule.state_formats(parts.params) | parts.rule.input_formats(parts.params)
    saturating, limits = parts.saturating if with_counts else (), bounds(parts)
    graphs = (
        parts.synapse_graph("block", with_counts),
        parts.synapse_graph("adders", with_counts),
        parts.neuron_graph(parts.pre),
        parts.neuron_graph(parts.post),
    )
    for _ in range(200):
        values = {n: int(rng.integers(f.lo, f.hi, endpoint=True)) for n, f in formats.items()}
        result = evaluate(whole, IntOps(), values)
        expected = {name: result[name] for name in whole.outputs}
        found: dict[str, int] = {}
        for graph in graphs:
            result = evaluate(graph, IntOps(), {name: values[name] for name in graph.variables})
            found |= {name: result[name] for name in graph.outputs}
        flags = {name: found.pop(SATURATED.format(name)) for name in saturating}
        assert found == expected
        for name, flag in flags.items():
            assert flag == 0 or (flag == 1 and found[name] in limits[name])


def bounds(parts: RuleParts) -> dict[str, set[int]]:
    """Bounds of the clamp behind each saturating field."""
    graph = trace(parts.rule, parts.params)
    return {
        name: {int(bound) for bound in graph.nodes[graph.outputs[name]].data[:2]}
        for name in parts.saturating
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_a_lane_reports_saturations_only_with_counters(family: str) -> None:
    parts = parts_of_family(family)
    graph = parts.synapse_graph("block", with_counts=True)
    names = [*parts.fields, *map(SATURATED.format, parts.saturating)]
    assert list(graph.outputs) == names
    assert list(parts.synapse_graph("block").outputs) == [*parts.fields]
