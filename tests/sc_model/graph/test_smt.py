"""The SMT integers themselves: whatever expression, on constants they are Python's integers."""

from __future__ import annotations

import operator
from typing import Any

import bitwuzla as bz
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import as_int, constants, new_terms, smt_variable, solver_for, value_in

from sc_model.graph import IntOps
from sc_model.graph.smt import K, SmtBool, SmtInt, SmtOps
from sc_model.spec import IntFormat

ARITHMETIC = (operator.add, operator.sub, operator.mul)
COMPARISONS = (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)
LOGIC = (operator.and_, operator.or_)
NAMES = ("a", "b", "c")

# An expression is a tuple of an operation and its operands; a leaf is a name or a constant.
leaves = st.sampled_from(NAMES) | st.integers(-9, 9)
numbers: st.SearchStrategy[Any] = st.deferred(
    lambda: (
        leaves
        | st.tuples(st.sampled_from(ARITHMETIC), numbers, numbers)
        | st.tuples(st.just(operator.neg), numbers)
        | st.tuples(
            st.sampled_from((operator.rshift, operator.lshift)),
            numbers,
            st.just(0) | st.integers(1, 12),
        )
        | st.tuples(st.just("mux"), conditions, numbers, numbers)
        | st.tuples(st.just("clamp"), numbers, st.integers(-20, 0), st.integers(0, 20))
        | st.tuples(st.just("let"), st.just("named"), numbers)
    )
)
conditions: st.SearchStrategy[Any] = st.deferred(
    lambda: (
        st.tuples(st.sampled_from(COMPARISONS), numbers, numbers)
        | st.tuples(st.sampled_from(LOGIC), conditions, conditions)
    )
)


def compute(tree: Any, ops: Any, values: dict[str, Any]) -> Any:
    """Value of an expression in an algebra."""
    if isinstance(tree, str):
        return values[tree]
    if not isinstance(tree, tuple):
        return ops.mux(
            values["true"], tree, 0
        )  # a constant of the algebra, so that both operands may be constants
    head, *operands = tree
    if head in (operator.rshift, operator.lshift):
        return head(compute(operands[0], ops, values), operands[1])
    if head == "clamp":
        return ops.clamp(compute(operands[0], ops, values), *operands[1:])
    if head == "let":
        return ops.let(operands[0], compute(operands[1], ops, values))
    parts = [compute(operand, ops, values) for operand in operands]
    return ops.mux(*parts) if head == "mux" else head(*parts)


@settings(max_examples=80)
@given(numbers, st.fixed_dictionaries({name: st.integers(-40, 40) for name in NAMES}))
def test_expression_on_constants(tree: Any, values: dict[str, int]) -> None:
    expected = compute(tree, IntOps(), {**values, "true": True})
    terms = new_terms()
    ops = SmtOps(terms)
    found = as_int(
        terms, compute(tree, ops, {n: ops.let(n, v) for n, v in values.items()} | {"true": True})
    )
    assert constants(terms, {"value": found}) == {"value": expected}
    assert found.lo <= expected <= found.hi


@settings(max_examples=40)
@given(numbers, st.fixed_dictionaries({name: st.integers(-8, 7) for name in NAMES}))
def test_expression_on_variables(tree: Any, values: dict[str, int]) -> None:
    """Built once with free variables, which the solver is then told: widths and ranges come from
    the variables' formats.
    """
    expected = compute(tree, IntOps(), {**values, "true": True})
    terms = new_terms()
    free = {name: smt_variable(terms, name, IntFormat(4, signed=True)) for name in NAMES}
    found = as_int(terms, compute(tree, SmtOps(terms), {**free, "true": True}))
    bound = {free[name].term: terms.const(value, 4) for name, value in values.items()}
    solver = solver_for(terms, *(terms(K.EQUAL, term, value) for term, value in bound.items()))
    assert solver.check_sat() == bz.Result.SAT
    assert value_in(solver, found) == expected
    assert found.lo <= expected <= found.hi


@pytest.mark.parametrize("operation", [*ARITHMETIC, *COMPARISONS])
@pytest.mark.parametrize("reverse", [False, True])
def test_operator_with_a_python_integer(operation: Any, reverse: bool) -> None:
    for a in (-8, -1, 0, 1, 7):
        for b in (-9, -8, -1, 0, 1, 7, 8, 100):
            terms = new_terms()
            x = as_int(terms, a)
            found = operation(b, x) if reverse else operation(x, b)
            assert constants(terms, {"v": found})["v"] == (
                operation(b, a) if reverse else operation(a, b)
            )


@pytest.mark.parametrize("form", [IntFormat(n, s) for n in (1, 2, 7) for s in (False, True)])
def test_a_vector_means_its_format(form: IntFormat) -> None:
    terms = new_terms()
    for value in sorted({form.lo, form.lo + 1, form.hi}):
        vector = terms.const(form.encode(value), form.width)
        number = SmtInt.signed(terms, vector) if form.signed else SmtInt.unsigned(terms, vector)
        assert (number.lo, number.hi) == (form.lo, form.hi)
        assert constants(terms, {"v": number}) == {"v": value}
        assert constants(terms, {"v": SmtInt.unsigned(terms, number.low(form.width))}) == {
            "v": form.encode(value)
        }


@pytest.mark.parametrize("bits", [0, 1, 3, 4, 5, 40])
def test_shift_beyond_the_width(bits: int) -> None:
    for value in (-16, -1, 0, 1, 15):
        terms = new_terms()
        found = {"right": as_int(terms, value) >> bits, "left": as_int(terms, value) << bits}
        assert constants(terms, found) == {"right": value >> bits, "left": value << bits}


@pytest.mark.parametrize("chosen", [False, True])
def test_conditions(chosen: bool) -> None:
    terms = new_terms()
    ops = SmtOps(terms)
    condition = as_int(terms, 1) == int(chosen)
    assert isinstance(condition, SmtBool)
    bit = as_int(terms, int(chosen))
    found = {
        "as number": condition.as_int(),
        "sum": as_int(terms, 4) + condition,
        "and": ops.mux(condition & True, 5, 6),
        "or": ops.mux(condition | False, 5, 6),
        "bits and": ops.mux(bit & (as_int(terms, 3) > 2), 5, 6),
        "bits or": ops.mux(bit | (as_int(terms, 3) > 4), 5, 6),
        "python": ops.mux(chosen, 5, 6),
    }
    five = 5 if chosen else 6
    expected = {
        "as number": int(chosen),
        "sum": 4 + chosen,
        "and": five,
        "or": five,
        "bits and": five,
        "bits or": five,
    }
    assert constants(terms, found) == {**expected, "python": five}


def test_no_truth_value() -> None:
    number = as_int(new_terms(), 3)
    for value in (number, number > 2):
        with pytest.raises(TypeError) as caught:
            bool(value)
        assert (
            str(caught.value)
            == "a rule can't branch on a value: use ops.mux(condition, if_true, if_false)"
        )


def test_a_let_can_be_replaced() -> None:
    terms = new_terms()
    ops = SmtOps(terms, lambda name, value: value + 1 if name == "cut" else value)
    assert constants(terms, {"cut": ops.let("cut", 4), "kept": ops.let("kept", 4)}) == {
        "cut": 5,
        "kept": 4,
    }
    assert sorted(ops.lets) == ["cut", "kept"]
