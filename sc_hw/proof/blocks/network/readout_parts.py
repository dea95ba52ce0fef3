"""Claims about the readout behind a layer: each neuron's score, and the answer by the scores.

A claim is a step from any state that satisfies its invariant. The answer is followed by any one
neuron that has had its turn in the tick, and so by all: no score is above the best one, and of the
best ones the answer has the lowest number. Where neurons come place by place, a neuron has a turn
and another number, that of the model, and both follow from its place and channel.
"""

from __future__ import annotations

from dataclasses import dataclass

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
from sc_model.graph.smt import Terms
from sc_model.spec import NetworkSpec, ReadoutSpec


def prove_readout(prover: Prover, net: Netlist, network: NetworkSpec, facts: ReadoutFacts) -> None:
    """Add the claims about the readout to the prover."""
    spec, layer = network.readout, network.layers[facts.layer]
    if spec is None:
        raise ValueError("network must have a readout")
    label = f"layer {layer.name}, readout"
    _prove_numbers(prover, net, facts, label)
    _prove_scores(prover, net, spec, facts, label)
    _prove_answer(prover, net, spec, facts, label)
    prove_memory(prover, net, label, "memory", facts.memory)
    prove_reads(prover, net, label, ["memory"], "number", "host_address")
    busy = {"memory": f"valid_d{facts.memory}"}
    prove_host_writes(prover, net, label, {"memory": (0, facts.width)}, "host_address", busy)


@dataclass(frozen=True)
class _Neuron:
    """A neuron by its place and channel; where neurons come as in the model, by its place alone.

    Members
    -------
    place, channel : of the neuron; wide enough for all products.
    facts : places and channels that there are.
    """

    place: Bits
    channel: Bits
    facts: ReadoutFacts

    @classmethod
    def arbitrary(cls, name: str, terms: Terms, bits: int, facts: ReadoutFacts) -> _Neuron:
        """Any neuron, whose number has so many bits."""
        wide = 2 * bits + 1
        place, channel = (
            Bits(terms, terms.var(f"{part} of {name}", wide)) for part in ("place", "channel")
        )
        return cls(place, channel, facts)

    @property
    def exists(self) -> Bits:
        """Whether there is such a place and channel."""
        if not self.facts.places:
            return self.channel.equals(0)
        return self.place.below(self.facts.places) & self.channel.below(self.facts.channels)

    @property
    def turn(self) -> Bits:
        """How many neurons come before it."""
        if not self.facts.places:
            return self.place
        return self.place.times(self.facts.channels) + self.channel

    @property
    def number(self) -> Bits:
        """Its number in the model."""
        if not self.facts.places:
            return self.place
        return self.channel.times(self.facts.places) + self.place

    def or_else(self, condition: Bits, other: _Neuron) -> _Neuron:
        """This neuron where a bit is 1, else another one."""
        return _Neuron(
            mux(condition, self.place, other.place),
            mux(condition, self.channel, other.channel),
            self.facts,
        )


def _prove_numbers(prover: Prover, net: Netlist, facts: ReadoutFacts, label: str) -> None:
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
    registers = ("model", "place", "channel") if facts.places else ()
    prover.claim(
        f"{label}: after a reset",
        "a reset drops the neurons on their way, and the next one is number 0",
        violated(
            ~clocks.at(1, "number").any(),
            ~clocks.at(1, "valid_d1"),
            *(~clocks.at(1, name).any() for name in registers),
        ),
        [prover.on(clocks.frames.at(0, "rst"))],
    )
    if facts.places:
        _prove_order(prover, clocks, facts, label)


def _prove_order(prover: Prover, clocks: Clocks, facts: ReadoutFacts, label: str) -> None:
    """The number in the model of the neuron whose turn it is."""
    valid, last = clocks.at(0, "valid"), clocks.at(0, "last")

    def holds(clock: int) -> Bits:
        number, model = clocks.at(clock, "number"), clocks.at(clock, "model")
        wide = 2 * len(number) + 1
        one = _Neuron(
            clocks.at(clock, "place").wide(wide), clocks.at(clock, "channel").wide(wide), facts
        )
        return one.exists & same(number.wide(wide), one.turn) & same(model.wide(wide), one.number)

    neurons = facts.places * facts.channels
    # The layer says which neuron is its last one.
    last_mark = same(last & valid, clocks.at(0, "number").equals(neurons - 1) & valid)
    prover.claim(
        f"{label}: numbers in the model",
        f"neurons come place by place, {facts.channels} channels at each of {facts.places} places,"
        " and each has the number that its channel and place have in the model",
        violated(holds(1)),
        [*clocks.quiet, holds(0).holds, last_mark.holds],
        {"model": clocks.at(0, "model").term},
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
    write_clock = facts.memory + 1
    clocks = Clocks(prover, net, write_clock)
    valid, number = clocks.at(0, "valid"), clocks.at(0, "number")
    score, ordinal = _score(clocks, spec, facts), _ordinal(facts)
    prover.claim(
        f"{label}: scores",
        f"{write_clock} clocks after a neuron's turn its score is written back, changed as"
        f" '{spec.kind}' says; in a first tick as if none had been stored; nothing is written"
        " without a turn or the host",
        violated(
            same(
                clocks.at(write_clock, "memory.write__en"), valid | clocks.at(facts.memory, "load")
            ),
            valid.implies(same(clocks.at(write_clock, "memory.write__addr"), number)),
            valid.implies(same(clocks.at(write_clock, "memory.write__data"), score)),
            # the answer is given the same score
            same(clocks.at(write_clock, f"valid_d{write_clock}"), valid),
            same(clocks.at(write_clock, f"{ordinal}_d{write_clock}"), clocks.at(0, ordinal)),
            same(clocks.at(write_clock, "score_d1"), score),
        ),
        clocks.quiet,
        {"number": number.term, "score": score.term},
    )


def _ordinal(facts: ReadoutFacts) -> str:
    """The register with the number in the model of the neuron whose turn it is."""
    return "model" if facts.places else "number"


def _prove_answer(
    prover: Prover, net: Netlist, spec: ReadoutSpec, facts: ReadoutFacts, label: str
) -> None:
    clocks, t, compared = Clocks(prover, net, 1), prover.terms, facts.memory + 1
    valid = clocks.at(0, f"valid_d{compared}")
    number = clocks.at(0, f"{_ordinal(facts)}_d{compared}")
    score = clocks.at(0, "score_d1")
    # Any neuron, its score in this tick, the one that is compared now, and the answer before. Of
    # the turns of the tick those up to the latest have been compared.
    neuron, present, answer = (
        _Neuron.arbitrary(name, t, len(number), facts)
        for name in ("any neuron", "the neuron now compared", "the answer")
    )
    wide = len(neuron.turn)
    own, latest = Bits(t, t.var("its score", len(score))), Bits(t, t.var("latest turn", wide))

    def holds(clock: int, last: Bits, value: Bits, winner: _Neuron) -> Bits:
        """No neuron up to `last` has a better score than the answer, or the same and is lower."""
        best, number = clocks.at(clock, "best"), clocks.at(clock, "winner").wide(wide)
        compared = ~last.below(neuron.turn)
        beaten = ~_above(value, best, spec) & (~same(value, best) | ~neuron.number.below(number))
        its_own = same(neuron.number, number).implies(same(value, best))
        is_named = winner.exists & same(winner.number, number) & ~last.below(winner.turn)
        return compared.implies(beaten & its_own) & is_named

    begins = present.turn.equals(0)
    follows = begins | same(present.turn, latest + 1)
    before = begins | holds(0, latest, own, answer)
    changes = begins | ~same(clocks.at(1, "winner"), clocks.at(0, "winner"))
    after = holds(
        1,
        present.turn,
        mux(same(neuron.turn, present.turn), score, own),
        present.or_else(changes, answer),
    )
    prover.claim(
        f"{label}: the answer",
        "of the neurons whose scores have been compared in a tick the answer is that with the"
        " highest score, of several alike that with the lowest number; between them it stays",
        violated(
            valid.implies(after),
            valid | same(clocks.at(1, "winner"), clocks.at(0, "winner")),
            valid | same(clocks.at(1, "best"), clocks.at(0, "best")),
        ),
        [
            *clocks.quiet,
            neuron.exists.holds,
            present.exists.holds,
            same(present.number, number.wide(wide)).holds,
            (~valid | follows).holds,
            (~valid | before).holds,
        ],
        {"neuron": neuron.number.term, "number": number.term},
    )
