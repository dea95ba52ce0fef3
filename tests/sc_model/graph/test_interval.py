"""Interval analysis: no value ever leaves its interval, and the ends of named intervals are
reached.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import (
    RULE,
    configs,
    drawn_params,
    graph_of,
    outside,
    params_of,
    situation,
    sketch,
    value_of,
)

from sc_model.graph import REWRITES, Graph, Interval, IntOps, evaluate, rewrite, trace
from sc_model.graph.nodes import Builder, Op
from sc_model.graph.rewrite import Rewrite, product_as_adder_tree
from sc_model.rules import load_rule, rule_families
from sc_model.spec import IntFormat, RuleParams

FORMS: dict[str, Sequence[Rewrite]] = {
    "traced": (),
    "rewritten": REWRITES,
    "adders": (product_as_adder_tree, *REWRITES),
}


@pytest.mark.parametrize("form", FORMS)
@given(params=configs(), data=st.data())
def test_every_value_lies_in_its_interval(
    form: str, params: RuleParams, data: st.DataObject
) -> None:
    graph = rewrite(trace(RULE, params), FORMS[form])
    for _ in range(4):
        assert outside(graph, data.draw(situation(params)), IntOps()) == []


@pytest.mark.parametrize("family", rule_families())
@settings(max_examples=25)
@given(data=st.data())
def test_every_value_of_every_rule_lies_in_its_interval(family: str, data: st.DataObject) -> None:
    rule = load_rule(family)
    params = data.draw(st.sampled_from([rule.params_type(), *drawn_params(rule, 7, 8)]))
    values = data.draw(situation(params, rule))
    for rewrites in FORMS.values():
        assert outside(graph_of(rule, params, tuple(rewrites)), values, IntOps()) == []


def test_a_value_outside_its_interval_is_found() -> None:
    """An interval one too small at either end."""
    builder = Builder()
    x = builder.var("x", Interval(-4, 3))
    for lo, hi in ((-4, 2), (-3, 3)):
        node = builder.make(Op.ADD, (x, builder.const(lo)), known=Interval(2 * lo, lo + hi))
        graph = Graph(tuple(builder.nodes), {"x": x}, {"result": node}, {})
        assert [found for value in range(-4, 4) for found in outside(graph, {"x": value}, IntOps())]


def full(form: IntFormat) -> st.SearchStrategy[int]:
    return st.integers(form.lo, form.hi)


FORMULAS: dict[str, Callable[[Any, Any], Any]] = {
    "a shift and a difference": lambda ops, v: v.a - (v.a >> 2) - (v.b << 1),
    "selection by sign": lambda ops, v: ops.mux(v.a >= 0, v.a - (v.a >> 1), -v.a),
    "selection by order": lambda ops, v: ops.mux(v.a < v.b, v.b - v.a, v.a - v.b),
    "the smaller or nothing": lambda ops, v: ops.mux(v.a < v.b, v.a, 0),
    "the larger or nothing": lambda ops, v: ops.mux(v.a < v.b, v.b, 0),
    "what is not smaller": lambda ops, v: ops.mux(v.a < v.b, 0, v.a),
    "what is not larger": lambda ops, v: ops.mux(v.a < v.b, 0, v.b),
    "selection by equality": lambda ops, v: ops.mux(v.a == v.b, v.a * v.b, v.a + v.b),
    "selection in a selection": lambda ops, v: ops.mux(
        v.a > 3, ops.mux(v.a <= 9, v.a * 7, v.b), ops.mux(v.b < -2, v.a, -v.b)
    ),
    "two conditions": lambda ops, v: ops.mux(
        (v.a < 2) | (v.b > 5), v.a, ops.mux((v.a != v.b) & (v.b >= 0), v.b, 1)
    ),
    "saturation": lambda ops, v: ops.clamp(v.a * v.b - 3, -20, 50) + ops.clamp(v.b, 0, 7),
    "reversed operands": lambda ops, v: (5 - v.a) * 3 + (2 + v.b),
}


@pytest.mark.parametrize("name", FORMULAS)
@given(
    a=st.builds(IntFormat, st.integers(1, 6), st.booleans()),
    b=st.builds(IntFormat, st.integers(1, 6), st.booleans()),
    data=st.data(),
)
def test_formulas_stay_in_their_intervals(
    name: str, a: IntFormat, b: IntFormat, data: st.DataObject
) -> None:
    graph = sketch(FORMULAS[name], a=a, b=b)
    rewritten = rewrite(graph, (product_as_adder_tree, *REWRITES))
    for _ in range(6):
        values = {"a": data.draw(value_of(a)), "b": data.draw(value_of(b))}
        assert outside(graph, values, IntOps()) == []
        assert outside(rewritten, values, IntOps()) == []


@pytest.mark.parametrize("name", FORMULAS)
def test_small_formulas_for_every_value(name: str) -> None:
    for a in (IntFormat(1), IntFormat(4, signed=True), IntFormat(4)):
        for b in (IntFormat(1, signed=True), IntFormat(4, signed=True)):
            graph = sketch(FORMULAS[name], a=a, b=b)
            for x in range(a.lo, a.hi + 1):
                for y in range(b.lo, b.hi + 1):
                    assert outside(graph, {"a": x, "b": y}, IntOps()) == []


# --- widths are no wider than needed --------------------------------------------------------------

# Situations at the corners of the default configuration; every named interval must be reached at
# both ends by one.
CORNERS = [
    {
        "weight": w,
        "pre_trace": p,
        "post_trace": q,
        "eligibility": e,
        "pre_spike": s,
        "post_spike": t,
        "reward": r,
    }
    for w in (0, 65535)
    for p in (0, 4095)
    for q in (0, 4095)
    for e in (-2048, 0, 2047)
    for s in (0, 1)
    for t in (0, 1)
    for r in (-128, 0, 127)
]


def test_named_intervals_are_tight() -> None:
    """Two's complement is lopsided, so that the ends of `reward_product` and what follows are
    reached at the corners.
    """
    graph = trace(RULE, params_of({}))
    seen: dict[str, set[int]] = {name: set() for name in graph.lets}
    for values in CORNERS:
        found = evaluate(graph, IntOps(), values)
        for name in seen:
            seen[name].add(found[name])
    assert {n: (min(s), max(s)) for n, s in seen.items()} == {
        n: (graph.nodes[i].interval.lo, graph.nodes[i].interval.hi) for n, i in graph.lets.items()
    }


def test_named_intervals_by_hand() -> None:
    """W 16, T 12, R 8, L 4, D 4, worked out on paper."""
    graph = trace(RULE, params_of({}))
    assert {name: str(graph.nodes[index].interval) for name, index in graph.lets.items()} == {
        "eligibility_decayed": "[-1920, 1920]",
        "potentiation": "[0, 4095]",
        "depression": "[0, 4095]",
        "eligibility_next": "[-2048, 2047]",
        "reward_product": "[-262016, 262144]",
        "weight_change": "[-16376, 16384]",
        "weight_next": "[0, 65535]",
        "pre_trace_next": "[0, 4095]",
        "post_trace_next": "[0, 4095]",
    }


@given(st.integers(-300, 300), st.integers(0, 600))
def test_format_of_an_interval_is_the_smallest(lo: int, length: int) -> None:
    interval = Interval(lo, lo + length)
    form = interval.format
    assert interval.within(Interval.of(form))
    assert form.signed == (lo < 0)
    assert form.width == 1 or not interval.within(
        Interval.of(IntFormat(form.width - 1, form.signed))
    )


def test_empty_interval() -> None:
    with pytest.raises(ValueError, match="interval") as caught:
        Interval(3, 2)
    assert str(caught.value) == "interval must not be empty: [3, 2]"


@settings(max_examples=200)
@given(st.integers(-20, 20), st.integers(0, 20), st.integers(-20, 20), st.integers(0, 20))
def test_hull_and_meet(a: int, m: int, b: int, n: int) -> None:
    one, other = Interval(a, a + m), Interval(b, b + n)
    left, right = set(range(a, a + m + 1)), set(range(b, b + n + 1))
    both = one.meet(other)
    assert (set() if both is None else set(range(both.lo, both.hi + 1))) == left & right
    hull = one.hull(other)
    assert (hull.lo, hull.hi) == (min(left | right), max(left | right))
    assert one.within(other) == (left <= right)


@pytest.mark.parametrize("bits", [1, 5, 11])
def test_low_bits_are_wires(bits: int) -> None:
    """a - ((a >> n) << n) is no adder, its range is that of n bits, and it is still that number."""
    b = Builder()
    a = b.var("a", Interval(-2048, 2047))
    low = b.make(Op.SUB, (a, b.make(Op.SHL, (b.make(Op.SHR, (a,), (bits,)),), (bits,))))
    assert (b.nodes[low].op, b.interval(low)) == (Op.WRAP, Interval(0, (1 << bits) - 1))
    other = b.make(Op.SUB, (a, b.make(Op.SHL, (b.make(Op.SHR, (a,), (bits,)),), (bits + 1,))))
    assert b.nodes[other].op is Op.SUB
    graph = Graph(tuple(b.nodes), {"a": a}, {"low": low}, {})
    for value in (-2048, -1, 0, 1, 1000, 2047):
        assert evaluate(graph, IntOps(), {"a": value})["low"] == value % (1 << bits)
