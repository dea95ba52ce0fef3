"""Claims about the readout behind a layer: each neuron's score, and the answer by the scores.

A claim is a step from any state that satisfies its invariant. The answer is followed by any one
neuron that has had its turn in the tick, and so by all: no score is above the best one, and of the
best ones the answer has the lowest number.
"""

from __future__ import annotations

from sc_hw.proof.bits import Bits, mux
from sc_hw.proof.blocks.network.addresses import (
    Clocks,
    prove_host_writes,
    prove_memory,
    prove_reads,
    same,
    violated,
)
from sc_hw.proof.blocks.network.facts import ReadoutFacts
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_model.spec import NetworkSpec, ReadoutSpec


def prove_readout(prover: Prover, net: Netlist, network: NetworkSpec, facts: ReadoutFacts) -> None:
    """Add the claims about the readout to the prover."""
    spec, layer = network.readout, network.layers[facts.layer]
    if spec is None:
        raise ValueError("network must have a readout")
    label = f"layer {layer.name}, readout"
    _prove_numbers(prover, net, label)
    _prove_scores(prover, net, spec, facts, label)
    _prove_answer(prover, net, spec, facts, label)
    prove_memory(prover, net, label, "memory", facts.memory)
    prove_reads(prover, net, label, ["memory"], "number", "host_address")
    busy = {"memory": f"valid_d{facts.memory}"}
    prove_host_writes(prover, net, label, {"memory": (0, facts.width)}, "host_address", busy)


def _prove_numbers(prover: Prover, net: Netlist, label: str) -> None:
    clocks = Clocks(prover, net, 1)
    number, valid, last = (clocks.at(0, name) for name in ("number", "valid", "last"))
    prover.claim(
        f"{label}: numbers",
        "neurons are numbered from 0 as they come, and behind the last one begin anew",
        violated(
            same(clocks.at(1, "number"), mux(valid, (number + 1).gated(~last), number)),
        ),
        clocks.quiet,
        {"number": number.term},
    )
    prover.claim(
        f"{label}: after a reset",
        "a reset drops the neurons on their way, and the next one is number 0",
        violated(~clocks.at(1, "number").any(), ~clocks.at(1, "valid_d1")),
        [prover.on(clocks.frames.at(0, "rst"))],
    )


def _above(left: Bits, right: Bits, spec: ReadoutSpec) -> Bits:
    """Whether a score is more than another one."""
    if spec.by_potential:  # signed: turned into unsigned ones in the same order
        top = Bits.const(left.terms, 1 << (len(left) - 1), len(left))
        left, right = left ^ top, right ^ top
    return right.below(left)


def _score(clocks: Clocks, spec: ReadoutSpec, facts: ReadoutFacts) -> Bits:
    """The new score of the neuron of clock 0, by the text of the golden readout."""
    stored, fresh = clocks.at(facts.memory, "memory.r_data"), clocks.at(facts.memory, "fresh")
    if spec.by_potential:
        potential = clocks.at(0, "potential")
        keeps = ~fresh & _above(stored, potential, spec)
        return potential if spec.kind == "last_potential" else mux(keeps, stored, potential)
    before, spike = stored.gated(~fresh), clocks.at(0, "spike")
    most = Bits.const(clocks.terms, spec.most, len(stored))
    one_more = mux(before.equals(spec.most), most, before + 1)
    if spec.kind == "count":
        return mux(spike, one_more, before)
    return mux(before.any(), one_more, spike.wide(len(before)))


def _prove_scores(
    prover: Prover, net: Netlist, spec: ReadoutSpec, facts: ReadoutFacts, label: str
) -> None:
    written = facts.memory + 1
    clocks = Clocks(prover, net, written)
    valid, number = clocks.at(0, "valid"), clocks.at(0, "number")
    score = _score(clocks, spec, facts)
    prover.claim(
        f"{label}: scores",
        f"{written} clocks after a neuron's turn its score is written back, changed as"
        f" '{spec.kind}' says; in a first tick as if none had been stored; nothing is written"
        " without a turn or the host",
        violated(
            same(clocks.at(written, "memory.write__en"), valid | clocks.at(facts.memory, "load")),
            valid.implies(same(clocks.at(written, "memory.write__addr"), number)),
            valid.implies(same(clocks.at(written, "memory.write__data"), score)),
            # the answer is given the same score
            same(clocks.at(written, f"valid_d{written}"), valid),
            same(clocks.at(written, f"number_d{written}"), number),
            same(clocks.at(written, "score_d1"), score),
        ),
        clocks.quiet,
        {"number": number.term, "score": score.term},
    )


def _prove_answer(
    prover: Prover, net: Netlist, spec: ReadoutSpec, facts: ReadoutFacts, label: str
) -> None:
    clocks, t, compared = Clocks(prover, net, 1), prover.terms, facts.memory + 1
    valid, place = clocks.at(0, f"valid_d{compared}"), clocks.at(0, f"number_d{compared}")
    score = clocks.at(0, "score_d1")
    # Any neuron, its score in this tick, and the last neuron whose score has been compared.
    neuron, own, latest = (
        Bits(t, t.var(name, width))
        for name, width in (
            ("any neuron", len(place)),
            ("its score", len(score)),
            ("the neuron compared last", len(place)),
        )
    )

    def holds(clock: int, last: Bits, value: Bits) -> Bits:
        """No neuron up to `last` has a better score than the answer, or the same and is lower."""
        best, winner = clocks.at(clock, "best"), clocks.at(clock, "winner")
        seen = ~last.below(neuron)
        beaten = ~_above(value, best, spec) & (~same(value, best) | ~neuron.below(winner))
        its_own = same(neuron, winner).implies(same(value, best))
        return seen.implies(beaten & its_own) & ~last.below(winner)

    follows = place.equals(0) | same(place, latest + 1)
    before = place.equals(0) | holds(0, latest, own)
    prover.claim(
        f"{label}: the answer",
        "of the neurons whose scores have been compared in a tick the answer is that with the"
        " highest score, of several alike that with the lowest number; between them it stays",
        violated(
            valid.implies(holds(1, place, mux(same(neuron, place), score, own))),
            valid | same(clocks.at(1, "winner"), clocks.at(0, "winner")),
            valid | same(clocks.at(1, "best"), clocks.at(0, "best")),
        ),
        [*clocks.quiet, (~valid | follows).holds, (~valid | before).holds],
        {"neuron": neuron.term, "place": place.term},
    )
