"""A claim about a signal that is not there, or has another width, is refuted and says so."""

from __future__ import annotations

from collections.abc import Iterator

from sc_hw.proof.blocks.network.wiring.statements import Pair, Wiring
from sc_hw.proof.flattened import Flattened
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_model.graph.smt import Terms

TERMS = Terms()  # must outlive its terms


def test_claims() -> None:
    net = Netlist(TERMS)
    net.states["part.count"] = net.signals["part.count"] = count = TERMS.var("part.count", 3)
    net.signals["part.alias"] = net.following["part.count"] = count
    wiring = Wiring(Prover(TERMS), Flattened(net))
    part = wiring.design.part("part")

    def about(name: str, width: int) -> Iterator[Pair]:
        yield wiring.pair(part, name, wiring.const(5, width))

    wiring.claim("width", "", lambda: about("alias", 2))
    wiring.claim("missing", "", lambda: about("other", 3))
    wiring.claim("different", "", lambda: about("alias", 3))
    five = wiring.state(part, "count").equals(5)
    wiring.claim("assumed", "", lambda: about("alias", 3), lambda: [five])
    wiring.claim("same", "", lambda: [wiring.next_pair(part, "count", wiring.state(part, "count"))])
    claims = {claim.name: claim for claim in wiring.prover.claims}
    assert [claim.verdict for claim in claims.values()] == [REFUTED] * 3 + [PROVED] * 2
    assert claims["width"].counterexample == {"fault": "part.alias must have 2 bits, not 3"}
    assert claims["missing"].counterexample == {"fault": "signal part.other is not in the Verilog"}
    example = claims["different"].counterexample
    assert example is not None
    assert example["part.alias (claimed)"] == 5 != example["part.alias (Verilog)"]
    assert wiring.claimed == {"part.count"}
