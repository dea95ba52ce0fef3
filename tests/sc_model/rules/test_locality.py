"""What belongs to a neuron depends on that neuron alone, in every rule file: a dense layer stores
it once a neuron.
"""

from __future__ import annotations

from typing import Any

import pytest
from support import drawn_params, made_up_rule

from sc_model.graph import Graph, trace
from sc_model.rules import load_rule, rule_families
from sc_model.spec import Rule, RuleInput, RuleParams, StateField
from sc_model.spec.rule import Locality


def variables_behind(graph: Graph, output: str) -> set[str]:
    """State fields and inputs that a new value depends on."""
    names, stack, seen = (
        {index: name for name, index in graph.variables.items()},
        [graph.outputs[output]],
        set[int](),
    )
    while stack:
        index = stack.pop()
        if index not in seen:
            seen.add(index)
            stack.extend(graph.nodes[index].args)
    return {names[index] for index in seen if index in names}


def strangers(rule: Rule, params: RuleParams) -> dict[str, set[str]]:
    """By field of a neuron, what it depends on that does not belong to the same neuron."""
    graph = trace(rule, params)
    places = {item.name: item.locality for item in (*rule.state, *rule.inputs)}
    found = {
        field.name: {
            name
            for name in variables_behind(graph, field.name)
            if places[name] is not field.locality
        }
        for field in rule.state
        if field.locality is not Locality.SYNAPSE
    }
    return {name: others for name, others in found.items() if others}


@pytest.mark.parametrize("family", rule_families())
def test_a_field_of_a_neuron_depends_on_that_neuron_alone(family: str) -> None:
    rule = load_rule(family)
    for params in (rule.params_type(), *drawn_params(rule, 4, 12)):
        assert strangers(rule, params) == {}


@pytest.mark.parametrize("family", ["pair_stdp", "triplet_stdp"])
def test_the_weight_is_all_that_these_rules_store_for_each_synapse(family: str) -> None:
    rule = load_rule(family)
    assert [field.name for field in rule.state if field.locality is Locality.SYNAPSE] == ["weight"]
    assert variables_behind(trace(rule, rule.params_type()), "weight") == {
        f.name for f in (*rule.state, *rule.inputs)
    }


def test_a_stranger_is_found() -> None:
    """A presynaptic trace that the postsynaptic neuron clears, through a named intermediate."""

    def update(ops: Any, state: Any, inputs: Any, params: Any) -> dict[str, Any]:
        kept = ops.let("kept", ops.mux(inputs.post, 0, state.x))
        return {
            "x": ops.mux(inputs.pre, 255, kept),
            "y": ops.mux(inputs.post, 255, state.y),
            "w": state.x,
        }

    fields = (
        StateField("x", "n", locality=Locality.PRE),
        StateField("y", "n", locality=Locality.POST),
        StateField("w", "n"),
    )
    inputs = (RuleInput("pre", locality=Locality.PRE), RuleInput("post", locality=Locality.POST))
    rule = made_up_rule(update, fields, inputs)
    assert strangers(rule, rule.params_type()) == {"x": {"post"}}
