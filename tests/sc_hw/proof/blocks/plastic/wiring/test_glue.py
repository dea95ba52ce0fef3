"""What no claim is about makes the claim of completeness fail, with the names of all of it."""

from __future__ import annotations

from sc_hw.proof.blocks.plastic.wiring.glue import Glue, Next
from sc_hw.proof.blocks.plastic.wiring.signals import Signals
from sc_hw.proof.hierarchy import Cut
from sc_hw.proof.netlist import parse_btor
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_model.graph.smt import Terms

# The output `o` is a register with reset, which takes `i`; the output `spare` is another register.
TEXT = """1 sort bitvec 1
2 input 1 rst
3 input 1 i
4 state 1 held
5 output 4 o
6 zero 1
7 ite 1 2 6 3
8 next 1 4 7
9 state 1 spy
10 output 9 spare
11 next 1 9 9
"""


_KEPT: list[Terms] = []


def kept(terms: Terms) -> Terms:
    """Terms that live to the end: the solver crashes where a term outlives its manager."""
    _KEPT.append(terms)
    return terms


def glue(*registers: str) -> Glue:
    terms = kept(Terms())
    prover = Prover(terms, 10.0)
    cut = Cut({}, {"i": [("i", 0)]}, ["o", "spare"], ["part.other"])
    found = Signals(parse_btor(TEXT, terms), cut, registers)
    return Glue(prover, found, "wiring", 2, dict.fromkeys(("held", "i", "o", "spare"), 1))


def test_what_no_claim_is_about_is_named() -> None:
    found = glue("held")
    found.registers("held", "", {"held": Next(found.at("i"))}, outputs={"o": found.at("held")})
    found.complete(["missing"])
    held, complete = found.prover.claims
    assert (held.verdict, complete.verdict) == (PROVED, REFUTED)
    assert complete.counterexample == {
        "outputs without a claim": "missing, spare",
        "registers without a claim": "spy",
        "ports of parts that the design does not know": "part.other",
    }


def test_a_reset_is_part_of_a_claim_about_a_register() -> None:
    found = glue("held")
    found.registers("without", "", {"held": Next(found.at("i"), None)})
    found.registers("other", "", {"held": Next(found.at("i"), 1)})
    assert [claim.verdict for claim in found.prover.claims] == [REFUTED, REFUTED]


def test_a_claim_whose_registers_are_gone_fails() -> None:
    found = glue("held")
    found.registers("gone", "", {"lost": Next(found.at("i"))})
    (claim,) = found.prover.claims
    assert claim.verdict == REFUTED
    assert claim.counterexample == {"registers that the module lacks": "lost"}


def test_a_port_of_no_bits_is_0() -> None:
    found = glue()
    assert found.at("part.none") == found.const(0)
    assert found.wide("i", "part.none") == found.at("i")


def test_a_signal_that_is_gone_or_has_other_bits_is_free() -> None:
    found = glue("held", "gone")
    found.widths = {**found.widths, "gone": 1, "i": 2}
    for name in ("gone", "i"):
        value = found.at(name)
        found.outputs(name, "", {"o": found.bit(value, 0)})
    assert [claim.verdict for claim in found.prover.claims] == [REFUTED, REFUTED]
