"""Every rewrite proved on its own, by SMT, for every value of its operands and over widths and
shifts up to the edges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from support import RULE, counterexample, ops_of, params_of, random_params, sketch

from sc_model.graph import REWRITES, Graph, IntOps, Op, evaluate, rewrite, trace
from sc_model.graph.nodes import Builder
from sc_model.graph.rewrite import (
    Rewrite,
    complement_of_maximum,
    difference_of_selections,
    late_carry_last,
    product_as_adder_tree,
    signed_decay_with_one_adder,
    subtract_with_carry_in,
    sum_before_shift,
    sum_with_selected_sign,
)
from sc_model.spec import IntFormat

WIDTHS = (2, 3, 5, 8, 12, 24)


@dataclass(frozen=True)
class Case:
    """A graph that a rewrite applies to; `brings` and `removes` are operations that show that it
    did.

    A rewrite that brings nothing new (None) at least leaves other nodes.
    """

    rewrite: Rewrite
    name: str
    graph: Graph
    brings: Op | None
    removes: Op | None = None


def decay_cases() -> Iterator[Case]:
    for width in WIDTHS:
        for k in sorted({1, 2, width - 1, width, width + 1, 4}):

            def decay(v: Any, k: int = k) -> Any:
                return v - (v >> k)

            graph = sketch(
                lambda ops, v, decay=decay: ops.mux(v.e >= 0, decay(v.e), -decay(-v.e)),
                e=IntFormat(width, True),
            )
            yield Case(
                signed_decay_with_one_adder,
                f"{width} bits, shift {k}",
                graph,
                Op.LOW_NONZERO,
                Op.MUX,
            )


def selection_cases() -> Iterator[Case]:
    bit = IntFormat(1)
    for width in WIDTHS:
        top = (1 << width) - 1
        wide = {
            "x": IntFormat(width, True),
            "a": IntFormat(width),
            "b": IntFormat(width),
            "c": bit,
            "d": bit,
        }
        yield Case(
            difference_of_selections,
            f"eligibility, {width} bits",
            sketch(
                lambda ops, v, top=top: (
                    v.x + ops.mux(v.d, ops.mux(v.c, top, v.a), 0) - ops.mux(v.c, v.b, 0)
                ),
                **wide,
            ),
            Op.ADDC,
            Op.SUB,
        )
        yield Case(
            difference_of_selections,
            f"the same condition, {width} bits",
            sketch(lambda ops, v: v.x + ops.mux(v.c, v.a, 0) - ops.mux(v.c, 0, v.b), **wide),
            Op.ADDC,
            Op.SUB,
        )
        yield Case(
            difference_of_selections,
            f"minus first, {width} bits",
            sketch(lambda ops, v: v.x - ops.mux(v.c, v.b, 0) + ops.mux(v.c, 0, v.a), **wide),
            Op.ADDC,
            Op.SUB,
        )
        yield Case(
            difference_of_selections,
            f"four terms, {width} bits",
            sketch(
                lambda ops, v, top=top: v.x + ops.mux(v.c, 0, v.a) - ops.mux(v.c, v.b, 0) - v.b,
                **wide,
            ),
            Op.ADDC,
            None,
        )


def complement_cases() -> Iterator[Case]:
    for width in (1, *WIDTHS):
        top = (1 << width) - 1
        graph = sketch(lambda ops, v, top=top: top - v.q, q=IntFormat(width))
        yield Case(complement_of_maximum, f"{width} bits", graph, Op.COMPLEMENT, Op.SUB)
        graph = sketch(lambda ops, v, top=top: 2 * top + 1 - v.q, q=IntFormat(width))
        yield Case(complement_of_maximum, f"{width} bits of more", graph, Op.COMPLEMENT, Op.SUB)


def subtraction_cases() -> Iterator[Case]:
    for left in (
        IntFormat(1),
        IntFormat(1, True),
        IntFormat(7),
        IntFormat(8, True),
        IntFormat(24, True),
    ):
        for right in (
            IntFormat(1),
            IntFormat(1, True),
            IntFormat(9),
            IntFormat(8, True),
            IntFormat(24),
        ):
            graph = sketch(lambda ops, v: v.a - v.b, a=left, b=right)
            yield Case(subtract_with_carry_in, f"{left} - {right}", graph, Op.ADDC, Op.SUB)


def product_cases() -> Iterator[Case]:
    """A product against a tree of adders is the hardest equality there is for a solver: narrow
    factors only.
    """
    forms = [IntFormat(n, s) for n in (1, 2, 3, 4, 5) for s in (False, True)]
    for left in forms:
        for right in forms:
            graph = sketch(lambda ops, v: v.a * v.b, a=left, b=right)
            if Op.MUL in ops_of(graph):
                yield Case(
                    product_as_adder_tree, f"{left} x {right}", graph, Op.LOW_NONZERO, Op.MUL
                )
    graph = sketch(lambda ops, v: v.a * v.b, a=IntFormat(12, True), b=IntFormat(3, True))
    yield Case(product_as_adder_tree, "12 x 3 bits", graph, Op.LOW_NONZERO, Op.MUL)
    graph = sketch(lambda ops, v: v.a * v.a, a=IntFormat(6, True))
    yield Case(product_as_adder_tree, "a square", graph, Op.LOW_NONZERO, Op.MUL)


def carry_cases() -> Iterator[Case]:
    """A signed decay, whose carry is made of many bits, and a difference of selections, whose carry
    is not.
    """
    before = REWRITES[: REWRITES.index(late_carry_last)]
    bit = IntFormat(1)
    for width in WIDTHS:
        for swapped in (False, True):

            def formula(ops: Any, v: Any, width: int = width, swapped: bool = swapped) -> Any:
                decayed = ops.mux(v.e >= 0, v.e - (v.e >> 2), -(-v.e - (-v.e >> 2)))
                other = ops.mux(v.c, v.a, 0) - ops.mux(v.c, 0, v.b)
                return other + decayed if swapped else decayed + other

            graph = sketch(
                formula, e=IntFormat(width, True), a=IntFormat(width), b=IntFormat(width), c=bit
            )
            yield Case(
                late_carry_last, f"{width} bits, swapped {swapped}", rewrite(graph, before), None
            )


def shift_cases() -> Iterator[Case]:
    for k in (1, 4, 9, 20):
        for form in (IntFormat(1), IntFormat(8), IntFormat(8, True)):
            for swapped in (False, True):

                def formula(ops: Any, v: Any, k: int = k, swapped: bool = swapped) -> Any:
                    return (v.a * v.b >> k) + v.x if swapped else v.x + (v.a * v.b >> k)

                graph = sketch(formula, x=form, a=IntFormat(6, True), b=IntFormat(5))
                yield Case(sum_before_shift, f"{form}, shift {k}, swapped {swapped}", graph, Op.SHL)


def sign_cases() -> Iterator[Case]:
    bit = IntFormat(1)
    for width in WIDTHS:
        for swapped in (False, True):

            def formula(ops: Any, v: Any, swapped: bool = swapped) -> Any:
                chosen = ops.mux(v.c == 1, -v.x, v.x)
                return chosen + v.a if swapped else v.a + chosen

            graph = sketch(
                formula, a=IntFormat(width + 3, True), x=IntFormat(width, swapped), c=bit
            )
            yield Case(
                sum_with_selected_sign, f"{width} bits, swapped {swapped}", graph, Op.ADDC, Op.NEG
            )


CASES = [
    *decay_cases(),
    *selection_cases(),
    *complement_cases(),
    *subtraction_cases(),
    *product_cases(),
    *carry_cases(),
    *shift_cases(),
    *sign_cases(),
]


def test_every_rewrite_has_cases() -> None:
    assert {case.rewrite for case in CASES} == {
        *REWRITES,
        product_as_adder_tree,
        sum_before_shift,
        sum_with_selected_sign,
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rewrite.__name__}: {case.name}")
def test_rewrite_is_exact(case: Case) -> None:
    rewritten = rewrite(case.graph, (case.rewrite,))
    assert case.brings not in ops_of(case.graph)
    assert rewritten.nodes != case.graph.nodes, "the rewrite did not apply"
    assert case.brings is None or case.brings in ops_of(rewritten), "the rewrite did not apply"
    assert case.removes is None or case.removes not in ops_of(rewritten)
    assert counterexample(case.graph, rewritten) is None


def test_a_square_is_too_wide_for_nothing() -> None:
    """The tree rewrites a square too, whose operands are one node."""
    graph = sketch(lambda ops, v: v.a * v.a, a=IntFormat(3, True))
    rewritten = rewrite(graph, (product_as_adder_tree,))
    assert [evaluate(rewritten, IntOps(), {"a": a})["result"] for a in range(-4, 4)] == [
        a * a for a in range(-4, 4)
    ]


def test_a_product_with_a_constant_has_no_constant_bits_to_choose_by() -> None:
    """Where the constant is the narrower factor: a pipeline has no stage for such a node."""
    graph = sketch(lambda ops, v: v.a * 0b10010, a=IntFormat(8))
    rewritten = rewrite(graph, (product_as_adder_tree,))
    assert not {Op.MUL, Op.LOW_NONZERO} & set(ops_of(rewritten))
    assert counterexample(graph, rewritten) is None


NOT_FOR: dict[str, tuple[Rewrite, Callable[[Any, Any], Any]]] = {
    "decays by two shifts": (
        signed_decay_with_one_adder,
        lambda o, v: o.mux(v.e >= 0, v.e - (v.e >> 2), -(-v.e - (-v.e >> 3))),
    ),
    "compares with another bound": (
        signed_decay_with_one_adder,
        lambda o, v: o.mux(v.e >= 1, v.e - (v.e >> 2), -(-v.e - (-v.e >> 2))),
    ),
    "no magnitude": (
        signed_decay_with_one_adder,
        lambda o, v: o.mux(v.e >= 0, v.e - (v.e >> 2), -(v.e - (v.e >> 2))),
    ),
    "two unrelated selections": (
        difference_of_selections,
        lambda o, v: v.x + o.mux(v.c, v.a, 0) - o.mux(v.d, v.b, 0),
    ),
    "no power of two": (complement_of_maximum, lambda o, v: 9 - (v.a >> 1)),
    "may go below zero": (complement_of_maximum, lambda o, v: 7 - v.a),
    "no product": (sum_before_shift, lambda o, v: v.x + (v.a >> 2)),
    "no carry to exchange": (late_carry_last, lambda o, v: v.x + v.a + v.e),
    "signed operand": (complement_of_maximum, lambda o, v: 31 - v.e),
}


@pytest.mark.parametrize("why", NOT_FOR)
def test_rewrite_leaves_alone_what_it_is_not_for(why: str) -> None:
    rule, formula = NOT_FOR[why]
    bit = IntFormat(1)
    graph = sketch(
        formula,
        e=IntFormat(5, True),
        x=IntFormat(5, True),
        a=IntFormat(4),
        b=IntFormat(4),
        c=bit,
        d=bit,
    )
    rewritten = rewrite(graph, (rule,))
    assert ops_of(rewritten) <= ops_of(graph)
    assert counterexample(graph, rewritten) is None


# --- all of them on the rule itself ---------------------------------------------------------------


@pytest.mark.parametrize("number", range(12))
def test_the_compiled_rule_is_the_rule(number: int) -> None:
    """Proved for all states and inputs, in two halves: up to the eligibility, and what follows from
    any eligibility.
    """
    params = list(random_params(2, 12))[number]
    graph = trace(RULE, params)
    rewritten = rewrite(graph)
    assert counterexample(graph, rewritten, ("pre_trace", "post_trace", "eligibility")) is None
    assert counterexample(graph, rewritten, ("weight",), cut="eligibility_next") is None


def test_the_compiled_rule_as_expected() -> None:
    graph = trace(RULE, params_of({}))
    rewritten = rewrite(graph)
    assert {Op.SUB, Op.NEG} <= ops_of(graph)
    assert not {Op.SUB, Op.NEG} & ops_of(rewritten)
    assert {Op.ADDC, Op.INV, Op.COMPLEMENT, Op.LOW_NONZERO} <= ops_of(rewritten)
    assert rewritten.outputs.keys() == graph.outputs.keys()
    assert rewritten.variables.keys() == graph.variables.keys()


# --- rewrites that are wrong on purpose -----------------------------------------------------------


def forgotten_carry(b: Builder, index: int) -> int | None:
    """a - b = a + ~b: one too small."""
    node = b.nodes[index]
    return (
        b.make(Op.ADD, (node.args[0], b.make(Op.INV, (node.args[1],))))
        if node.op is Op.SUB
        else None
    )


def rounds_down(b: Builder, index: int) -> int | None:
    """The signed decay with its carry always in: off by one for negative values with low bits."""
    node = b.nodes[index]
    if signed_decay_with_one_adder(b, index) is None:
        return None
    value = b.nodes[node.args[0]].args[0]
    shift = next(n.constant for n in b.nodes if n.op is Op.SHR)
    return b.make(Op.SUB, (value, b.make(Op.SHR, (value,), (shift,))))


def unsigned_top_row(b: Builder, index: int) -> int | None:
    """The adder tree's last row added where the sign bit should subtract."""
    node = b.nodes[index]
    if node.op is not Op.MUL:
        return None
    wide, narrow = node.args
    rows = []
    for bit in range(b.interval(narrow).format.width):
        chosen = b.make(Op.LOW_NONZERO, (b.make(Op.SHR, (narrow,), (bit,)),), (1,))
        rows.append(b.make(Op.SHL, (b.make(Op.MUX, (chosen, wide, b.const(0))),), (bit,)))
    total = rows[0]
    for row in rows[1:]:
        total = b.make(Op.ADD, (total, row))
    return total


def low_bits_lost(b: Builder, index: int) -> int | None:
    """(a + p) >> k in place of a + (p >> k)."""
    node = b.nodes[index]
    if sum_before_shift(b, index) is None:
        return None
    shift = next(b.nodes[arg] for arg in node.args if b.nodes[arg].op is Op.SHR)
    other = next(arg for arg in node.args if b.nodes[arg].op is not Op.SHR)
    return b.make(Op.SHR, (b.make(Op.ADD, (other, shift.args[0])),), (shift.constant,))


def carry_twice(b: Builder, index: int) -> int | None:
    """The early carry goes into both adders."""
    node = b.nodes[index]
    if late_carry_last(b, index) is None:
        return None
    inner, other = sorted(node.args[:2], key=lambda arg: b.nodes[arg].op is not Op.ADDC)
    total = b.make(Op.ADDC, (*b.nodes[inner].args[:2], node.args[2]))
    return b.make(Op.ADDC, (total, other, node.args[2]))


def first_of(rewrite_function: Rewrite, part: str = "") -> Graph:
    return next(
        case.graph for case in CASES if case.rewrite is rewrite_function and part in case.name
    )


@pytest.mark.parametrize(
    ("wrong", "graph"),
    [
        (forgotten_carry, first_of(subtract_with_carry_in, "signed 8 bits - signed 8")),
        (rounds_down, first_of(signed_decay_with_one_adder, "12 bits, shift 4")),
        (unsigned_top_row, first_of(product_as_adder_tree, "signed 4 bits x signed 4")),
        (low_bits_lost, first_of(sum_before_shift)),
        (carry_twice, first_of(late_carry_last, "5 bits")),
    ],
)
def test_wrong_rewrite_is_refuted(wrong: Rewrite, graph: Graph) -> None:
    rewritten = rewrite(graph, (wrong,))
    example = counterexample(graph, rewritten)
    assert example is not None
    assert (
        evaluate(graph, IntOps(), example)["result"]
        != evaluate(rewritten, IntOps(), example)["result"]
    )


def test_too_narrow_an_interval_is_refuted() -> None:
    """Equal values in an interval that does not hold them: what hardware would cut off."""
    graph = sketch(lambda ops, v: v.a + v.b, a=IntFormat(4), b=IntFormat(4))
    index = graph.outputs["result"]
    node = graph.nodes[index]
    cut = type(node)(node.op, node.args, node.data, type(node.interval)(0, 29))
    narrowed = Graph(
        (*graph.nodes[:index], cut, *graph.nodes[index + 1 :]), graph.variables, graph.outputs, {}
    )
    assert counterexample(graph, narrowed) == {"a": 15, "b": 15}
