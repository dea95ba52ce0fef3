"""One rule, many evaluators, the same integers: Python, NumPy, the traced and the rewritten
graph.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import (
    RULE,
    Bits,
    configs,
    drawn_params,
    formats,
    graph_of,
    made_up_rule,
    params_of,
    situation,
    split,
)

from sc_model.golden import Bank, Synapse
from sc_model.graph import REWRITES, IntOps, NumpyOps, evaluate, trace
from sc_model.graph.algebra import array_dtype
from sc_model.graph.rewrite import product_as_adder_tree
from sc_model.rules import load_rule, rule_families
from sc_model.spec import Rule, RuleInput, RuleParams, StateField

LANES = 6


def agree(rule: Rule, params: RuleParams, given_values: list[dict[str, int]]) -> None:
    """All evaluators give the same new state for every one of the situations."""
    graph = graph_of(rule, params)
    dtype = array_dtype(graph)
    names = [field.name for field in rule.state]
    expected = [rule.apply(IntOps(), *split(values, rule), params) for values in given_values]
    forms = (REWRITES, (product_as_adder_tree, *REWRITES))
    graphs = [graph, *(graph_of(rule, params, rewrites) for rewrites in forms)]
    for form in graphs:
        found = [evaluate(form, IntOps(), values) for values in given_values]
        assert [{name: row[name] for name in names} for row in found] == expected
    arrays = {
        name: np.array([values[name] for values in given_values], dtype)
        for name in formats(params, rule)
    }
    results: list[dict[str, Any]] = [rule.apply(NumpyOps(dtype), *split(arrays, rule), params)]
    results += [
        evaluate(form, NumpyOps(dtype), arrays) for form in graphs if array_dtype(form) == dtype
    ]
    for result in results:
        rows = {name: np.broadcast_to(result[name], len(expected)) for name in names}
        assert [
            {name: int(rows[name][i]) for name in names} for i in range(len(expected))
        ] == expected


@given(configs(), st.data())
def test_all_evaluators_agree(params: RuleParams, data: st.DataObject) -> None:
    agree(RULE, params, [data.draw(situation(params)) for _ in range(LANES)])


@pytest.mark.parametrize("family", rule_families())
@settings(max_examples=25)
@given(data=st.data())
def test_all_evaluators_agree_on_every_rule(family: str, data: st.DataObject) -> None:
    rule = load_rule(family)
    params = data.draw(st.sampled_from([rule.params_type(), *drawn_params(rule, 6, 8)]))
    agree(rule, params, [data.draw(situation(params, rule)) for _ in range(LANES)])


WIDE = {
    "weight_bits": 48,
    "trace_bits": 48,
    "reward_bits": 32,
    "learning_shift": 3,
    "trace_decay_shift": 63,
}


@settings(max_examples=15)
@given(st.data())
def test_very_wide_configurations_are_exact(data: st.DataObject) -> None:
    params = params_of(WIDE)
    assert array_dtype(trace(RULE, params)) == np.dtype(object)
    agree(RULE, params, [data.draw(situation(params)) for _ in range(LANES)])


@pytest.mark.parametrize(("bits", "dtype"), [(46, np.int64), (47, object)])
def test_array_type_at_its_limit(bits: int, dtype: Any) -> None:
    """The product of reward (18 bits) and eligibility fills 64 bits at 46; its sum with the trace
    does not matter here.
    """
    params = params_of(
        {"trace_bits": bits, "weight_bits": 8, "reward_bits": 18, "learning_shift": 4}
    )
    assert array_dtype(trace(RULE, params)) == np.dtype(dtype)


@pytest.mark.parametrize("values", [WIDE, {}, {"weight_bits": 48}])
def test_a_bank_is_as_many_synapses(values: dict[str, int]) -> None:
    params = params_of(values)
    rng = np.random.default_rng(5)
    start = [int(v) << (params.weight_bits - 8) for v in rng.integers(0, 256, LANES)]
    bank = Bank(RULE, params, LANES, {"weight": np.array(start, object)})
    synapses = [Synapse(RULE, params, {"weight": weight}) for weight in start]
    for _ in range(50):
        spikes = rng.integers(0, 2, (2, LANES))
        reward = rng.integers(-40_000, 40_000, LANES)  # beyond the range, too
        new = bank.step({"pre_spike": spikes[0], "post_spike": spikes[1], "reward": reward})
        for i, synapse in enumerate(synapses):
            given_values = {
                "pre_spike": int(spikes[0, i]),
                "post_spike": int(spikes[1, i]),
                "reward": int(reward[i]),
            }
            assert synapse.step(given_values) == {name: int(new[name][i]) for name in new}


def test_numbers_beyond_64_bits_saturate_in_a_bank() -> None:
    bank = Bank(RULE, params_of({}), 2, {"weight": 1 << 70})
    assert bank.state["weight"].tolist() == [65535, 65535]
    new = bank.step({"pre_spike": 1, "post_spike": 0, "reward": [-(1 << 70), 1 << 70]})
    assert new["pre_trace"].tolist() == [4095, 4095]


def test_a_synapse_takes_numpy_integers_and_nothing_but_integers() -> None:
    synapse = Synapse(RULE, params_of({"weight_bits": 8}), {"weight": np.int8(100)})
    assert type(synapse.state["weight"]) is int
    with pytest.raises(TypeError) as caught:
        Synapse(RULE, params_of({}), {"weight": 1.5})  # type: ignore[dict-item]
    assert str(caught.value) == "weight must be an integer, not 1.5 (float)"


# --- conditions, constants: other rules than the first --------------------------------------------

TWO = (StateField("x", "n"), StateField("flag", "k"))
INPUT = (RuleInput("u", "k"),)


def conditions_as_fields(ops: Any, state: Any, inputs: Any, params: Any) -> dict[str, Any]:
    """A condition is written to a field and read as a number; a field is a constant."""
    return {"x": ops.clamp(state.x + state.flag + state.flag, 0, 200), "flag": state.x < inputs.u}


def constant_field(ops: Any, state: Any, inputs: Any, params: Any) -> dict[str, Any]:
    return {
        "x": ops.mux((state.x > 3) & (inputs.u != 2), ops.mux(inputs.u <= 5, 1, 0) * 200, state.x),
        "flag": 5,
    }


def selected_conditions(ops: Any, state: Any, inputs: Any, params: Any) -> dict[str, Any]:
    chosen = ops.mux(state.x > 9, state.x > 11, inputs.u > 3)
    return {"x": chosen + chosen + 3, "flag": ops.mux((inputs.u == 1) | (state.flag == 1), 1, 2)}


@pytest.mark.parametrize("update", [conditions_as_fields, constant_field, selected_conditions])
@given(data=st.data())
def test_other_rules(update: Any, data: st.DataObject) -> None:
    rule, params = made_up_rule(update, TWO, INPUT), Bits()
    agree(rule, params, [data.draw(situation(params, rule)) for _ in range(LANES)])


@pytest.mark.parametrize("update", [conditions_as_fields, constant_field, selected_conditions])
def test_a_bank_of_another_rule(update: Any) -> None:
    rule, params = made_up_rule(update, TWO, INPUT), Bits()
    bank, synapses = Bank(rule, params, LANES), [Synapse(rule, params) for _ in range(LANES)]
    for inputs in np.random.default_rng(3).integers(0, 8, (40, LANES)):
        new = bank.step({"u": inputs})
        assert {name: value.shape for name, value in new.items()} == dict.fromkeys(new, (LANES,))
        for i, synapse in enumerate(synapses):
            assert synapse.step({"u": int(inputs[i])}) == {name: int(new[name][i]) for name in new}


@pytest.mark.parametrize(
    "formula",
    [
        lambda ops, x, u: (x > 3) + (u > 3),
        lambda ops, x, u: 1 - (x > 3),
        lambda ops, x, u: -(x > 3) + 1,
        lambda ops, x, u: (x > 3) * u,
        lambda ops, x, u: (x > 3) << 2,
        lambda ops, x, u: ops.mux((x > 3) == (u > 3), 1, 0),
        lambda ops, x, u: ops.mux((x > 3) < (u > 3), 1, 0),
    ],
)
def test_a_condition_is_no_number(formula: Any) -> None:
    """NumPy adds two booleans to a boolean and SMT compares two conditions as objects: a rule must
    say what it means.
    """
    rule = made_up_rule(
        lambda ops, state, inputs, params: {"x": formula(ops, state.x, inputs.u)}, inputs=INPUT
    )
    with pytest.raises(TypeError) as caught:
        trace(rule, Bits())
    assert str(caught.value) == "a condition is no number: use ops.mux(condition, 1, 0)"
