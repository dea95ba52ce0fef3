"""Hand-worked vectors of every rule by every evaluator, and what rounding costs the first rule."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import RULE, configs, constants, new_terms, params_of, situation, split

from sc_model.graph import Graph, IntOps, NumpyOps, evaluate, rewrite, trace
from sc_model.graph.algebra import array_dtype
from sc_model.graph.rewrite import REWRITES, product_as_adder_tree
from sc_model.graph.smt import SmtOps
from sc_model.rules import load_rule, rule_families
from sc_model.spec import Rule, RuleParams, Vector

CASES = [
    pytest.param(load_rule(family), vector, id=f"{family}: {vector.why}")
    for family in rule_families()
    for vector in load_rule(family).vectors
]


@cache
def graph_of(family: str, rewritten: bool) -> Graph:
    rule = load_rule(family)
    graph = trace(rule, rule.params_type())
    return rewrite(graph, (product_as_adder_tree, *REWRITES)) if rewritten else graph


def by_integers(rule: Rule, params: RuleParams, vector: Vector) -> dict[str, int]:
    return rule.apply(IntOps(), vector.state, vector.inputs, params)


def by_numpy(rule: Rule, params: RuleParams, vector: Vector) -> dict[str, int]:
    dtype = array_dtype(graph_of(rule.family, False))
    state, inputs = (
        {name: np.full(3, value, dtype) for name, value in given.items()}
        for given in (vector.state, vector.inputs)
    )
    new = {
        name: np.broadcast_to(value, 3)
        for name, value in rule.apply(NumpyOps(dtype), state, inputs, params).items()
    }
    assert all((value == value[0]).all() for value in new.values())
    return {name: int(value[0]) for name, value in new.items()}


def by_graph(rule: Rule, params: RuleParams, vector: Vector) -> dict[str, int]:
    graph = graph_of(rule.family, False)
    return evaluate(graph, IntOps(), {**vector.state, **vector.inputs})


def by_rewritten_graph(rule: Rule, params: RuleParams, vector: Vector) -> dict[str, int]:
    graph = graph_of(rule.family, True)
    return evaluate(graph, IntOps(), {**vector.state, **vector.inputs})


def by_smt(rule: Rule, params: RuleParams, vector: Vector) -> dict[str, int]:
    terms = new_terms()
    ops = SmtOps(terms)
    state, inputs = (
        {name: ops.let(name, value) for name, value in given.items()}
        for given in (vector.state, vector.inputs)
    )
    return constants(terms, rule.apply(ops, state, inputs, params))


@pytest.mark.parametrize("evaluator", [by_integers, by_numpy, by_graph, by_rewritten_graph, by_smt])
@pytest.mark.parametrize(("rule", "vector"), CASES)
def test_hand_worked_vector(
    rule: Rule, vector: Vector, evaluator: Callable[[Rule, RuleParams, Vector], dict[str, int]]
) -> None:
    found = evaluator(rule, rule.params_type(), vector)
    assert {name: found[name] for name in vector.expected} == vector.expected


@pytest.mark.parametrize("family", rule_families())
def test_vectors_are_complete_and_fit_their_formats(family: str) -> None:
    rule = load_rule(family)
    assert rule.vectors, f"rule '{family}' has no hand-worked vectors"
    assert rule.doc.strip()
    for vector in rule.vectors:
        params = rule.params_type()
        for values, forms in (
            (vector.state, rule.state_formats(params)),
            (vector.inputs, rule.input_formats(params)),
            (vector.expected, rule.state_formats(params)),
        ):
            assert sorted(values) == sorted(forms)
            assert all(forms[name].saturate(value) == value for name, value in values.items()), (
                vector.why
            )


def test_vectors_reach_every_limit_of_the_first_rule() -> None:
    """Zero, both saturations of both saturating fields, both spikes, both signs of reward and
    eligibility.
    """
    params: Any = params_of({})
    after = [vector.expected for vector in RULE.vectors]
    assert {params.min_eligibility, params.max_eligibility} <= {
        state["eligibility"] for state in after
    }
    assert {0, params.max_weight} <= {state["weight"] for state in after}
    assert {(0, 0), (0, 1), (1, 0), (1, 1)} == {
        (v.inputs["pre_spike"], v.inputs["post_spike"]) for v in RULE.vectors
    }
    assert {params.min_reward, params.max_reward} <= {v.inputs["reward"] for v in RULE.vectors}


# --- the price of rounding ------------------------------------------------------------------------


def rounding_bounds(params: Any, reward: int) -> dict[str, float]:
    """Most that one step in integers can differ from the same step in real numbers, both from the
    same integers.

    * A trace: `v - floor(v / 2^D)` against `v - v / 2^D`. The integer lies above by the fraction
      cut off, which is a multiple of 2^-D below 1: at most d = 1 - 2^-D; d = 0 where D = 0 (no
      decay). After a spike both are max_trace.
    * Eligibility: magnitude decays as a trace does, so it is off by at most d; potentiation and
      depression are the same integers; saturating both can only bring them closer: at most d.
    * Weight: `floor(r e' / 2^L)` against `r f' / 2^L` with |e' - f'| <= d: at most |r| d / 2^L, and
      the floor cuts off at most 1 - 2^-L more; saturating both brings them closer.
    """
    d = 1 - 2.0**-params.trace_decay_shift
    weight = abs(reward) * d * 2.0**-params.learning_shift + 1 - 2.0**-params.learning_shift
    return {"pre_trace": d, "post_trace": d, "eligibility": d, "weight": weight}


def difference(params: RuleParams, values: dict[str, int]) -> dict[str, float]:
    state, inputs = split(values)
    exact = RULE.apply(IntOps(), state, inputs, params)
    real = RULE.float_update(
        IntOps(), *(type("Given", (), given) for given in (state, inputs)), params
    )
    return {name: exact[name] - real[name] for name in exact}


@given(configs(), st.data())
def test_rounding_stays_in_its_bounds(params: RuleParams, data: st.DataObject) -> None:
    values = data.draw(situation(params))
    for name, bound in rounding_bounds(params, values["reward"]).items():
        # Doubles hold these values to 2^-40 of a unit or better: of 53 bits at most 12 are lost.
        double = 2.0**-40
        scale = 1 + abs(values["reward"])
        assert abs(difference(params, values)[name]) <= bound + double * scale


@pytest.mark.parametrize("shift", [0, 1, 4, 9])
def test_the_bounds_are_reached(shift: int) -> None:
    """So they are not loose: a wrong sign or a forgotten term of the analysis would show."""
    low = (1 << shift) - 1  # loses the largest fraction
    decays = params_of({"trace_decay_shift": shift, "learning_shift": 0})
    rest = {
        "weight": 100,
        "pre_trace": low,
        "post_trace": low,
        "eligibility": -low,
        "pre_spike": 0,
        "post_spike": 0,
    }
    found = difference(decays, {**rest, "reward": 0})
    bound = 1 - 2.0**-shift
    assert found == {"weight": 0, "pre_trace": bound, "post_trace": bound, "eligibility": -bound}
    learns = params_of({"trace_decay_shift": 0, "learning_shift": shift})
    assert difference(learns, {**rest, "eligibility": low, "reward": 1})["weight"] == -bound
    both = params_of({"trace_decay_shift": shift, "learning_shift": 0})
    assert difference(both, {**rest, "weight": 0, "reward": -128})["weight"] == 128 * bound
