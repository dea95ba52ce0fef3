"""The longest path of modules made by hand, in delays that are easy to add."""

from __future__ import annotations

from typing import Any

import pytest
from price_modules import adder, cell, module, register

from sc_hw.price.depth import Delays, Paths
from sc_hw.price.gates import Cover
from sc_hw.price.words import ICE40, read_words

# clock to out 1, setup 2, route 10, LUT 100, carry in 1000, carry 10000, carry out 100000
DELAYS = Delays(1, 2, 10, 0.0, 100, 1000, 10_000, 100_000, 5, 7)
A, B, Y = ([f"{name}{bit}" for bit in range(4)] for name in "aby")


def period(given: dict[str, Any], delays: Delays = DELAYS) -> float:
    words = read_words(given, {}, ICE40, str)
    return Paths(words, Cover(words.gates, words.uses()), delays, {}).period()


def between_registers(cells: dict[str, Any], last: str) -> dict[str, Any]:
    """Cells between registers of A and B and one that holds the bit `last`; its output is open."""
    inputs = [f"i{bit}" for bit in range(8)]
    ends = {"first": register(inputs, [*A, *B]), "end": register([last], ["q"])}
    return module({"i": inputs}, {"o": ["q"]}, {**cells, **ends})


def test_a_register_behind_a_register() -> None:
    # into the frame's LUT and register: 1 + 10 + (10 + 100 + 2) is the frame's, 1 + 10 + 2 ours
    assert period(between_registers({}, A[0])) == 1 + 10 + 100 + 2


def test_a_path_goes_through_a_lut_and_its_register_is_beside_it() -> None:
    gate = cell("$and", {"Y": ["g"]}, {"A": A[:1], "B": B[:1]})
    assert period(between_registers({"gate": gate}, "g")) == 1 + 10 + 100 + 2


def test_two_gates_of_four_inputs_are_one_lut_and_of_five_are_two() -> None:
    def tree(count: int) -> dict[str, Any]:
        both = cell("$reduce_and", {"Y": ["g"]}, {"A": [*A, *B][:count]})
        return between_registers({"gate": both}, "g")

    assert period(tree(4)) == 1 + 110 + 2
    assert period(tree(5)) == 1 + 2 * 110 + 2


def test_a_carry_runs_along_its_chain() -> None:
    # into the chain at the lowest bit, three bits along it, out of it at the fourth
    assert period(between_registers({"add": adder(A, B, Y)}, Y[3])) == pytest.approx(
        1 + 10 + 1000 + 2 * 10_000 + 100_000 + 2
    )


def test_a_net_to_many_readers_has_a_longer_route() -> None:
    sums = [f"g{n}" for n in range(8)]
    gates = {
        name: cell("$and", {"Y": [name]}, {"A": A[:1], "B": [(*A, *B)[n]]})
        for n, name in enumerate(sums)
        if n
    }
    longer = Delays(1, 2, 10, 1.0, 100, 1000, 10_000, 100_000, 5, 7)
    given = between_registers(gates, "g1")
    given["ports"]["o"]["bits"] += sums[2:]
    # seven gates read A0
    assert period(given, longer) > period(given)


def test_a_memory_begins_a_path_later_than_a_register() -> None:
    words = cell("SB_RAM40_4K", {"RDATA": ["m"]}, {"RADDR": A[:1]})
    assert period(between_registers({"words": words}, "m")) == 1 + 10 + 100 + 2
    slow = Delays(1, 2, 10, 0.0, 100, 1000, 10_000, 100_000, 500, 7)
    assert period(between_registers({"words": words}, "m"), slow) == 500 + 10 + 2
