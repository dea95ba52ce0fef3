"""What a rule must not do, and the words in which tracing says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support import BYTE, RULE, Bits, made_up_rule

from sc_model.graph import IntOps, RangeError, trace
from sc_model.spec import RuleInput, StateField

BRANCH = "a rule can't branch on a value: use ops.mux(condition, if_true, if_false)"
INPUT = (RuleInput("u", "k"),)


def returns(formula: Callable[[Any, Any, Any], Any]) -> Callable[..., dict[str, Any]]:
    """An update of the one field x."""
    return lambda ops, state, inputs, params: {"x": formula(ops, state.x, inputs.u)}


def let_twice(ops: Any, x: Any, u: Any) -> Any:
    return ops.let("same", x) + ops.let("same", u)


def shift(bits: str) -> str:
    return (
        f"a rule shifts by a constant integer >= 0, not by {bits}: use mux to choose between shifts"
    )


def integer(what: str) -> str:
    return f"a rule's value must be an integer expression or an int, not {what}"


BAD: list[tuple[str, Callable[[Any, Any, Any], Any], type[Exception], str]] = [
    ("if", lambda ops, x, u: 1 if x > u else 0, TypeError, BRANCH),
    ("bool", lambda ops, x, u: bool(x), TypeError, BRANCH),
    ("not", lambda ops, x, u: not x, TypeError, BRANCH),
    ("and", lambda ops, x, u: (x > 1) and u, TypeError, BRANCH),
    ("max", lambda ops, x, u: max(x, u), TypeError, BRANCH),
    ("chained comparison", lambda ops, x, u: ops.mux(0 < x < 3, x, u), TypeError, BRANCH),
    ("negative shift", lambda ops, x, u: x >> -1, TypeError, shift("-1")),
    ("fractional shift", lambda ops, x, u: x << 1.5, TypeError, shift("1.5")),
    ("float operand", lambda ops, x, u: x + 1.5, TypeError, integer("1.5 (float)")),
    ("float operand, reversed", lambda ops, x, u: 0.5 * x, TypeError, integer("0.5 (float)")),
    ("text operand", lambda ops, x, u: x - "1", TypeError, integer("'1' (str)")),
    (
        "None compared",
        lambda ops, x, u: ops.mux(x == None, x, u),  # noqa: E711
        TypeError,
        integer("None (NoneType)"),
    ),
    ("float selected", lambda ops, x, u: ops.mux(u > 1, 0.0, x), TypeError, integer("0.0 (float)")),
    ("float returned", lambda ops, x, u: 0.5, TypeError, integer("0.5 (float)")),
    (
        "number as condition",
        lambda ops, x, u: ops.mux(u, x, 0),
        TypeError,
        "mux takes a condition (0 or 1), not a value in [0, 7]",
    ),
    (
        "number in and",
        lambda ops, x, u: ops.mux((x > 1) & u, x, 0),
        TypeError,
        "'and' takes conditions (0 or 1), not a value in [0, 7]",
    ),
    (
        "number in or",
        lambda ops, x, u: ops.mux(x | (u > 1), x, 0),
        TypeError,
        "'or' takes conditions (0 or 1), not a value in [0, 255]",
    ),
    (
        "let twice",
        let_twice,
        ValueError,
        "let: the name 'same' is given twice; names in a rule must differ",
    ),
    (
        "clamp upside down",
        lambda ops, x, u: ops.clamp(x, 3, 2),
        ValueError,
        "clamp needs lo <= hi, not [3, 2]",
    ),
]


@pytest.mark.parametrize(
    ("formula", "kind", "text"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_what_a_rule_must_not_do(
    formula: Callable[[Any, Any, Any], Any], kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind) as caught:
        trace(made_up_rule(returns(formula), inputs=INPUT), Bits())
    assert type(caught.value) is kind
    assert str(caught.value) == text


def test_shift_by_a_value() -> None:
    with pytest.raises(TypeError) as caught:
        trace(made_up_rule(returns(lambda ops, x, u: x >> u), inputs=INPUT), Bits())
    assert str(caught.value) == shift("a value in [0, 7]")


@pytest.mark.parametrize(
    ("result", "names"),
    [({}, "[]"), ({"x": 1, "y": 2}, "['x', 'y']"), ({"y": 2}, "['y']")],
)
def test_fields_that_are_missing_or_too_many(result: dict[str, int], names: str) -> None:
    rule = made_up_rule(lambda ops, state, inputs, params: result)
    for run in (lambda: trace(rule, Bits()), lambda: rule.apply(IntOps(), {"x": 0}, {}, Bits())):
        with pytest.raises(ValueError, match="must return") as caught:
            run()
        assert str(caught.value) == f"rule 'made_up' must return the fields ['x'], not {names}"


@pytest.mark.parametrize(
    ("field", "formula", "text"),
    [
        (BYTE[0], lambda x: x + 1, "[1, 256], but the field holds [0, 255] (unsigned 8 bits)"),
        (BYTE[0], lambda x: x - 1, "[-1, 254], but the field holds [0, 255] (unsigned 8 bits)"),
        (
            StateField("x", "n", signed=True),
            lambda x: -x,
            "[-127, 128], but the field holds [-128, 127] (signed 8 bits)",
        ),
    ],
)
def test_value_that_leaves_its_field(
    field: StateField, formula: Callable[[Any], Any], text: str
) -> None:
    rule = made_up_rule(lambda ops, state, inputs, params: {"x": formula(state.x)}, (field,))
    with pytest.raises(RangeError) as caught:
        trace(rule, Bits())
    expected = (
        f"rule 'made_up': the value written to x can be anywhere in {text}: clamp the value or"
        " widen the field."
    )
    assert str(caught.value) == expected


def test_a_value_that_just_fits() -> None:
    graph = trace(
        made_up_rule(lambda ops, state, inputs, params: {"x": ops.clamp(state.x + 1, 0, 255)}),
        Bits(),
    )
    assert graph.nodes[graph.outputs["x"]].interval.hi == 255


def test_shift_by_nothing_is_no_node_even_for_the_first_variable() -> None:
    graph = trace(made_up_rule(lambda ops, state, inputs, params: {"x": state.x >> 0}), Bits())
    assert len(graph.nodes) == 1


def test_tracing_leaves_the_rule_alone() -> None:
    params = RULE.params_type()
    assert trace(RULE, params) == trace(RULE, params)
