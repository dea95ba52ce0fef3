"""A part in a design is compared with the part by itself, register by register."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sc_hw.proof.blocks.plastic.wiring.instances import by_name, by_structure, prove_instance
from sc_hw.proof.hierarchy import Connections
from sc_hw.proof.netlist import Netlist, parse_btor
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_model.graph.smt import Terms

CONNECTIONS = Connections({"i": [("port$1", 0)]}, {"o": [("q", 0)]})


_KEPT: list[Terms] = []


def kept(terms: Terms) -> Terms:
    """Terms that live to the end: the solver crashes where a term outlives its manager."""
    _KEPT.append(terms)
    return terms


DELAY = """1 sort bitvec 1
2 input 1 {source}
3 state 1 {first}
4 state 1 {second}
5 output 4 {output}
6 next 1 3 2
7 next 1 4 3
"""


def delay(terms: Terms, first: str, second: str, source: str, output: str) -> Netlist:
    """A bit that passes two registers."""
    text = DELAY.format(first=first, second=second, source=source, output=output)
    return parse_btor(text, terms)


def test_faults_of_instances_are_noticed(noticed: Callable[[str], int]) -> None:
    assert noticed("instance .*") == 7


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ("x", "x$1", PROVED),
        ("x$7", "x$2", PROVED),
        ("x$1", "x", PROVED),  # by its names each would be the other
        ("x", "y", REFUTED),
    ],
)
def test_registers_are_paired_by_name_and_else_by_structure(
    first: str, second: str, verdict: str
) -> None:
    terms = kept(Terms())
    prover = Prover(terms, 10.0)
    alone = delay(terms, "x", "x$1", "i", "o")
    inside = delay(terms, first, second, "port$1", "q")
    prove_instance(prover, "part", alone, inside, CONNECTIONS)
    assert [claim.verdict for claim in prover.claims] == [verdict]


@pytest.mark.parametrize("edit", [("next 1 4 3", "next 1 4 -3"), ("output 4 q", "output 3 q")])
def test_another_next_state_or_output_is_refuted(edit: tuple[str, str]) -> None:
    terms = kept(Terms())
    prover = Prover(terms, 10.0)
    text = DELAY.format(first="x", second="y", source="port$1", output="q")
    inside = parse_btor(text.replace(*edit), terms)
    prove_instance(prover, "part", delay(terms, "x", "y", "i", "o"), inside, CONNECTIONS)
    (claim,) = prover.claims
    assert claim.verdict == REFUTED
    assert 1 in (claim.counterexample or {}).values()


def test_names_that_mislead_are_seen_through() -> None:
    terms = kept(Terms())
    alone = delay(terms, "x", "x$1", "i", "o")
    inside = delay(terms, "x$1", "x", "port$1", "q")
    assert by_name(alone, inside) == ({"x": "x", "x$1": "x$1"}, [])
    inputs = {"i": inside.inputs["port$1"]}
    assert by_structure(alone, inside, inputs) == ({"x": "x$1", "x$1": "x"}, [])


ALONE = """1 sort bitvec 4
2 input 1 i
3 state 1 x
4 output 3 o
5 next 1 3 2
"""
APART = """1 sort bitvec 1
2 sort bitvec 2
3 sort bitvec 3
4 sort bitvec 4
5 input 1 p0
6 input 1 p1
7 input 2 p2
8 state 4 x
9 output 8 q
10 concat 2 {second} 5
11 concat 4 7 10
12 next 4 8 11
"""


@pytest.mark.parametrize(("second", "verdict"), [(6, PROVED), (5, REFUTED)])
def test_a_port_in_pieces_is_the_port(
    second: int, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = kept(Terms())
    prover = Prover(terms, 10.0)
    bits = [("p0", 0), ("p1", 0), ("p2", 0), ("p2", 1)]
    pieces = Connections({"i": bits}, {"o": [("q", bit) for bit in range(4)]})
    inside = parse_btor(APART.format(second=second), terms)
    if verdict == PROVED:  # the same terms, however they are joined: the solver is not asked
        monkeypatch.delattr(Prover, "claim")
    prove_instance(prover, "part", parse_btor(ALONE, terms), inside, pieces)
    assert [claim.verdict for claim in prover.claims] == [verdict]
