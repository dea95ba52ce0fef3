"""Lanes of words and fields of accesses, as claims about host ports write them."""

from __future__ import annotations

from sc_hw.parts.host_accesses import access_ports
from sc_hw.proof.bits import Bits
from sc_hw.proof.blocks.accesses import fields_of, lane_of
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import PROVED
from sc_model.graph.smt import Terms

TERMS = Terms()  # must outlive its terms


def holds(fact: Bits) -> bool:
    """Whether a bit is 1 for all values."""
    return Prover(TERMS).claim("fact", "", (~fact).holds).verdict == PROVED


def test_the_lane_that_is_named() -> None:
    # three lanes of 4 bits, of which 3 are used; a fourth one is named, and there is none
    vector = Bits.const(TERMS, 0b1101_0110_1011, 12)
    for lane, wanted in enumerate((0b011, 0b110, 0b101, 0)):
        found = lane_of(vector, Bits.const(TERMS, lane, 2), 3, 4, 3)
        assert holds(found.equals(wanted))
    assert not holds(lane_of(vector, Bits(TERMS, TERMS.var("lane", 2)), 3, 4, 3).equals(3))


def test_the_fields_of_an_access() -> None:
    layout, _, _ = access_ports(2, 5, 7)
    fields = fields_of(Bits.const(TERMS, 3 | 2 << 3 | 19 << 5 | 100 << 10, 17), layout)
    wanted = {"space": 3, "lane": 2, "word": 19, "data": 100}
    assert fields.keys() == wanted.keys()
    assert all(holds(fields[name].equals(value)) for name, value in wanted.items())
