"""Words of a netlist as gates, chains and registers; the counts are worked by hand."""

from __future__ import annotations

from typing import Any

from price_modules import adder, cell, module, register

from sc_hw.price.gates import Cover
from sc_hw.price.words import ECP5, ICE40, Fabric, Words, read_words

A, B, Y = ([f"{name}{bit}" for bit in range(8)] for name in "aby")


def read(given: dict[str, Any], fabric: Fabric = ICE40) -> Words:
    return read_words(given, {}, fabric, lambda place: place)


def test_an_adder_is_a_chain_and_a_narrow_one_is_not() -> None:
    wide = module({"a": A, "b": B}, {"y": Y}, {"add": adder(A, B, Y)})
    assert [len(chain.sums) for chain in read(wide).chains] == [8]
    narrow = module({"a": A[:2], "b": B[:2]}, {"y": Y[:2]}, {"add": adder(A[:2], B[:2], Y[:2])})
    words = read(narrow)
    assert words.chains == []
    # bit 0 has two inputs, bit 1 four: a LUT each
    assert len(Cover(words.gates, words.uses())) == 2


def test_a_difference_inverts_its_operand_where_the_cell_does_not() -> None:
    given = module({"a": A, "b": B}, {"y": Y}, {"sub": adder(A, B, Y, subtract=True)})
    for fabric, inverters in ((ICE40, 8), (ECP5, 0)):
        words = read(given, fabric)
        assert len(Cover(words.gates, words.uses()).inverters) == inverters


def test_bits_of_a_sum_whose_carry_is_known_are_no_part_of_the_chain() -> None:
    # a + (b << 2): the lowest two bits are those of a
    shifted = ["0", "0", *B[:6]]
    given = module({"a": A, "b": B[:6]}, {"y": Y}, {"add": adder(A, shifted, Y)})
    assert [len(chain.sums) for chain in read(given).chains] == [6]


def test_bits_that_lead_nowhere_are_not_built() -> None:
    held = [f"q{bit}" for bit in range(8)]
    cells = {"add": adder(A, B, Y), "keep": register(Y, held)}
    given = module({"a": A, "b": B}, {"o": held[:3]}, cells)
    words = read(given)
    assert len(words.registers) == 3
    assert [len(chain.sums) for chain in words.chains] == [3]


def test_flip_flops_that_hold_the_same_are_one() -> None:
    one, two, later, late = (["p", "q"], ["r", "s"], ["t"], ["u"])
    cells = {
        "one": register(A[:2], one),
        "two": register(A[:2], two),
        "later": register([one[0]], later),
        "late": register([two[0]], late),
    }
    outputs = {"o": [*one, *two, *later, *late]}
    assert len(read(module({"a": A[:2]}, outputs, cells)).registers) == 3


def test_another_enable_makes_another_flip_flop() -> None:
    cells = {
        "one": register(A[:1], ["p"], "$dffe", EN=["e"]),
        "two": register(A[:1], ["q"], "$dffe", EN=["f"]),
    }
    given = module({"a": A[:1], "e": ["e"], "f": ["f"]}, {"o": ["p", "q"]}, cells)
    assert len(read(given).registers) == 2


def test_a_reset_that_does_not_wait_for_the_enable_costs_a_gate_on_ice40() -> None:
    cells = {"one": register(A[:1], ["p"], "$sdffe", EN=["e"], SRST=["r"])}
    given = module({"a": A[:1], "e": ["e"], "r": ["r"]}, {"o": ["p"]}, cells)
    for fabric, luts in ((ICE40, 1), (ECP5, 0)):
        words = read(given, fabric)
        assert len(Cover(words.gates, words.uses())) == luts


def test_a_shift_by_a_bit_is_a_row_of_multiplexers() -> None:
    shift = cell("$shr", {"Y": Y[:4]}, {"A": A[:4], "B": ["s"]}, A_SIGNED=0)
    words = read(module({"a": A[:4], "s": ["s"]}, {"y": Y[:4]}, {"shift": shift}))
    # three choose between neighbours, and the top bit is a3 & ~s
    inputs = [len(leaves) for leaves in Cover(words.gates, words.uses()).leaves.values()]
    assert sorted(inputs) == [2, 3, 3, 3]


def test_an_operation_that_is_not_known_is_said() -> None:
    strange = cell("$strange", {"Y": Y[:3]}, {"A": A[:3]})
    words = read(module({"a": A[:3]}, {"y": Y[:3]}, {"one": strange}))
    assert words.unknown == {"$strange": 3}
