"""Gates, and the LUTs that cover them."""

from __future__ import annotations

import pytest

from sc_hw.price.gates import FALSE, TRUE, Cover, Gates


def sources(gates: Gates, count: int) -> list[int]:
    return [gates.source() for _ in range(count)]


@pytest.mark.parametrize(("inputs", "luts"), [(1, 0), (2, 1), (4, 1), (5, 2), (8, 3), (16, 5)])
def test_a_tree_takes_as_many_luts_as_its_inputs_need(inputs: int, luts: int) -> None:
    gates = Gates()
    assert len(Cover(gates, [gates.all_of(sources(gates, inputs))])) == luts


def test_equal_gates_are_made_once() -> None:
    gates = Gates()
    a, b = sources(gates, 2)
    assert gates.both(a, b) == gates.both(b, a)
    assert gates.differ(a ^ 1, b) == gates.differ(a, b) ^ 1
    assert gates.either(a, b) == gates.both(a ^ 1, b ^ 1) ^ 1
    assert gates.choose(a, b, b ^ 1) == gates.differ(a, b ^ 1)


def test_constants_leave_no_gate() -> None:
    gates = Gates()
    a, b = sources(gates, 2)
    before = len(gates.inputs)
    assert gates.both(a, FALSE) == FALSE
    assert gates.both(a, TRUE) == a
    assert gates.both(a, a ^ 1) == FALSE
    assert gates.differ(a, TRUE) == a ^ 1
    assert gates.choose(a, TRUE, FALSE) == a
    assert gates.choose(TRUE, a, b) == a
    assert gates.sum_of(a, FALSE, FALSE) == a
    assert gates.majority(a, a, b) == a
    assert gates.majority(a, a ^ 1, b) == b
    assert len(gates.inputs) == before


def test_a_gate_that_two_read_is_a_lut_of_its_own() -> None:
    gates = Gates()
    a, b, c, d = sources(gates, 4)
    shared = gates.both(a, b)
    one, two = gates.both(shared, c), gates.both(shared, d)
    assert len(Cover(gates, [one])) == 1
    assert len(Cover(gates, [one, two])) == 3


def test_what_nobody_uses_is_not_built() -> None:
    gates = Gates()
    a, b, c = sources(gates, 3)
    gates.both(gates.both(a, b), c)
    assert len(Cover(gates, [a])) == 0


def test_an_inverted_register_takes_a_lut_and_an_inverted_gate_none() -> None:
    gates = Gates()
    a, b = sources(gates, 2)
    assert Cover(gates, [a ^ 1, a ^ 1]).inverters == [a >> 1]
    assert len(Cover(gates, [gates.both(a, b) ^ 1])) == 1


def test_a_wide_table_keeps_its_inputs() -> None:
    gates = Gates()
    table = gates.table("any of six", sources(gates, 6))
    assert [len(leaves) for leaves in Cover(gates, [table]).leaves.values()] == [6]
