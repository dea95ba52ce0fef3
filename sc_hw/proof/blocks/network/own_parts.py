"""Claims about the spikes that a recurrent layer keeps for its next tick, and how they come back.

They are about any neuron: `fires` stands for its spike, `arrivals` for the spikes of the tick that
have come before this clock.
"""

from __future__ import annotations

from sc_hw.proof.bits import Bits, cat, mux
from sc_hw.proof.blocks.network.addresses import Clocks, prove_memory, same, violated
from sc_hw.proof.blocks.network.facts import FeedFacts, OwnFacts
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import word_at
from sc_model.graph.smt import K
from sc_model.spec import SLICE, NetworkSpec

_PLACE = SLICE.bit_length() - 1  # bits of a place in a slice

# --- the memory of spikes -------------------------------------------------------------------------


class _OwnSpikes:
    """The spikes that are kept in some clock.

    Members
    -------
    neuron, fires : any neuron, and its spike in the tick: ghosts.
    """

    def __init__(
        self, clocks: Clocks, clock: int, facts: OwnFacts, neuron: Bits, fires: Bits
    ) -> None:
        self.facts, self.clocks, self.neuron, self.fires = facts, clocks, neuron, fires

        def at(name: str) -> Bits:
            return clocks.at(clock, name)

        self.bits = len(neuron)
        self.valid, self.last, self.spike = at("valid"), at("last"), at("spike")
        self.load, self.number, self.fired = at("load"), at("number").wide(self.bits), at("fired")
        self.slice, self.found = at("slice"), at("found")
        self.turn, self.part, self.behind = at("turn"), at("part"), at("behind")
        self.memory = clocks.frames.memory(clock, "memory.words")
        none = clocks.const(0, 1)
        self.bank = at("bank") if facts.banks > 1 else none  # of the tick before
        self.other = ~self.bank if facts.banks > 1 else none  # of the tick that is decided

    def place(self, neuron: Bits) -> Bits:
        """Place of a neuron, counted from the beginning of the first slice."""
        return neuron + self.facts.first

    @property
    def arrivals(self) -> Bits:
        """Neurons that have been decided in the tick."""
        turns = self.turn.wide(self.bits).times(self.facts.together) + self.facts.first
        in_slice = turns[:_PLACE].wide(self.bits)
        return self.part.wide(self.bits).times(SLICE) + in_slice - self.facts.first

    def word(self, bank: Bits, number: Bits) -> Bits:
        """A slice in the memory."""
        address = number.low(len(self.slice))
        if self.facts.banks > 1:
            address = cat([address, bank])
        return Bits(self.clocks.terms, word_at(self.clocks.terms, self.memory, address.term))

    def bit(self, vector: Bits, place: Bits) -> Bits:
        """A bit of a vector, by its number."""
        wide = max(len(vector), len(place))
        shifted = self.clocks.terms(K.BV_SHR, vector.wide(wide).term, place.wide(wide).term)
        return Bits(self.clocks.terms, shifted)[0]

    @property
    def of_neuron(self) -> tuple[Bits, Bits]:
        """Slice of the neuron, and its place in it."""
        place = self.place(self.neuron)
        return place[_PLACE:].wide(self.bits), place[:_PLACE].wide(self.bits)

    def whole(self, bank: Bits) -> Bits:
        """The neuron's spike is in its place in that bank."""
        number, place = self.of_neuron
        return same(self.bit(self.word(bank, number), place), self.fires)

    def invariant(self, bank: Bits, arrivals: Bits) -> Bits:
        """The neuron's spike, if it has come, is in its place there or among the latest ones."""
        number, _ = self.of_neuron
        complete = number.below(self.place(arrivals)[_PLACE:].wide(self.bits))
        since = self.neuron - arrivals + (SLICE - 1)  # the latest one is at the top
        latest = same(self.bit(self.behind, since), self.fires)
        return self.neuron.below(arrivals).implies(mux(complete, self.whole(bank), latest))


def prove_own(prover: Prover, net: Netlist, network: NetworkSpec, facts: OwnFacts) -> None:
    """Add the claims about the memory of a layer's own spikes to the prover."""
    label = f"layer {network.layers[facts.layer].name}, own spikes"
    _prove_decision(prover, net, facts, label)
    _prove_load(prover, net, facts, label)
    _prove_read(prover, net, facts, label)
    prove_memory(prover, net, label, "memory", latency=1)


def _clocks(prover: Prover, net: Netlist, facts: OwnFacts) -> tuple[_OwnSpikes, _OwnSpikes]:
    """A clock and the next one, without a reset."""
    clocks, t = Clocks(prover, net, 1), prover.terms
    bits = (facts.neurons + 2 * SLICE).bit_length() + 1
    neuron, fires = Bits(t, t.var("any neuron", bits)), Bits(t, t.var("its spike", 1))
    now, then = (_OwnSpikes(clocks, clock, facts, neuron, fires) for clock in (0, 1))
    return now, then


def _prove_decision(prover: Prover, net: Netlist, facts: OwnFacts, label: str) -> None:
    now, then = _clocks(prover, net, facts)
    arrivals, together, count = now.arrivals, facts.together, facts.neurons
    since = now.neuron - arrivals
    here = ~now.neuron.below(arrivals) & since.below(together)
    assumptions = [*now.clocks.quiet, now.neuron.below(count).holds, arrivals.below(count).holds]
    # What is claimed of the neurons and the layer: spikes come in turn, and the host between ticks.
    turns = [
        (now.valid & ~now.load).holds,
        same(now.last, arrivals.equals(count - together)).holds,
        here.implies(same(now.bit(now.spike, since), now.fires)).holds,
    ]
    ends = now.last
    prover.claim(
        f"{label}: each spike in its place",
        "of any neuron: from its spike on that is kept, and behind the last spike of the tick it is"
        " the bit with its place in the slice with its number; nothing else is written over it",
        violated(
            (~ends).implies(
                then.invariant(then.other, then.arrivals) & same(then.arrivals, arrivals + together)
            ),
            ends.implies(then.whole(then.bank) & ~then.arrivals.any()),
            then.arrivals.below(count),
        ),
        [*assumptions, *turns, now.invariant(now.other, arrivals).holds],
        {"came": arrivals.term, "part": now.part.term, "turn": now.turn.term},
    )
    stays = same(then.turn, now.turn) & same(then.part, now.part)
    prover.claim(
        f"{label}: kept",
        "between spikes nothing changes"
        + (
            ""
            if facts.banks == 1
            else ", and the spikes of the tick before stay until the last one is there"
        ),
        violated(
            (~now.valid & ~now.load).implies(
                stays
                & now.invariant(now.other, arrivals).implies(then.invariant(then.other, arrivals))
                & now.whole(now.bank).implies(then.whole(then.bank))
            ),
            *(
                [(~now.load & ~(now.valid & ends)).implies(_stays(now, then))]
                if facts.banks > 1
                else []
            ),
        ),
        assumptions,
    )
    clocks = now.clocks
    prover.claim(
        f"{label}: after a reset",
        "the next spike behind a reset is that of the first neuron",
        violated(~then.turn.any(), ~then.part.any()),
        [prover.on(clocks.frames.at(0, "rst"))],
    )


def _stays(now: _OwnSpikes, then: _OwnSpikes) -> Bits:
    """The spikes of the tick before are there."""
    return same(now.bank, then.bank) & now.whole(now.bank).implies(then.whole(then.bank))


def _prove_load(prover: Prover, net: Netlist, facts: OwnFacts, label: str) -> None:
    now, then = _clocks(prover, net, facts)
    t, count = prover.terms, facts.neurons
    arrivals = Bits(t, t.var("neurons that were loaded", now.bits))  # in order
    in_turn = now.load & ~now.valid & same(now.number, arrivals)
    here = same(now.neuron, arrivals).implies(same(now.fired, now.fires))
    ends = arrivals.equals(count - 1)
    prover.claim(
        f"{label}: what the host loads",
        "of any neuron: where all are loaded in order, its spike is the bit with its place in the"
        " slice with its number; loads do not count as neurons of a tick",
        violated(
            then.invariant(then.bank, arrivals + 1) | ends,
            ends.implies(then.whole(then.bank)),
            same(then.turn, now.turn) & same(then.part, now.part) & same(then.bank, now.bank),
        ),
        [
            *now.clocks.quiet,
            now.neuron.below(count).holds,
            arrivals.below(count).holds,
            in_turn.holds,
            here.holds,
            now.invariant(now.bank, arrivals).holds,
        ],
        {"came": arrivals.term},
    )
    idle = ~now.load & ~now.valid
    prover.claim(
        f"{label}: between loads",
        "between two words of the host nothing that was loaded changes",
        violated(
            (idle & now.invariant(now.bank, arrivals)).implies(then.invariant(then.bank, arrivals))
        ),
        [*now.clocks.quiet, now.neuron.below(count).holds, arrivals.below(count + 1).holds],
    )


def _prove_read(prover: Prover, net: Netlist, facts: OwnFacts, label: str) -> None:
    now, then = _clocks(prover, net, facts)
    number, place = now.of_neuron
    request = now.slice.wide(now.bits) if len(now.slice) <= now.bits else now.slice
    equalities = [
        (same(request, number) & now.whole(now.bank)).implies(
            same(then.bit(then.found, place), now.fires)
        )
    ]
    if "recent" in net.outputs:
        write = now.clocks.at(0, "memory.write__en")
        equalities.append(same(now.clocks.at(1, "recent"), write))
    prover.claim(
        f"{label}: what is read",
        "a clock behind a slice's number each of its neurons' spikes is at its place in it"
        + ("; a write shows for a clock" if "recent" in net.outputs else ""),
        violated(*equalities),
        [*now.clocks.quiet, now.neuron.below(facts.neurons).holds],
    )


# --- what hands columns to the scanner ------------------------------------------------------------


def prove_feed(prover: Prover, net: Netlist, network: NetworkSpec, facts: FeedFacts) -> None:
    """Add the claims about what hands the scanner its chunks to the prover."""
    label = f"layer {network.layers[facts.layer].name}, feed"
    clocks = Clocks(prover, net, 1)
    bits = (facts.columns + 2 * SLICE).bit_length() + 1
    part, after = (clocks.at(clock, "part") for clock in (0, 1))
    load, wants, valid, more = (clocks.at(0, name) for name in ("load", "wants", "valid", "more"))
    first = part.wide(bits).times(SLICE)  # column in front of the chunk
    of_inputs = first.below(facts.inputs)
    moves = load | (wants & more)
    following = (part + 1).gated(~part.equals(facts.chunks - 1))
    assumptions = [*clocks.quiet, part.below(facts.chunks).holds]
    prover.claim(
        f"{label}: chunks in turn",
        f"the {facts.chunks} chunks of a tick come in turn; one with inputs is there with their"
        " slice, which is taken for it alone; behind the last one the first is due again",
        violated(
            after.below(facts.chunks),
            same(after, mux(moves, following, part)),
            same(more, valid | ~of_inputs),
            same(clocks.at(0, "ready"), wants & of_inputs),
        ),
        assumptions,
        {"part": part.term},
    )
    columns = []
    own, inputs, values = (clocks.at(0, name) for name in ("own", "inputs", "values"))
    for place in range(SLICE):
        bottom, top = place * facts.width, (place + 1) * facts.width
        is_input = (first + place).below(facts.inputs)
        expected = mux(is_input, inputs[bottom:top], own[place].wide(facts.width))
        columns.append(same(values[bottom:top], expected))
    number = after.wide(bits) - facts.inputs // SLICE
    request = clocks.at(0, "slice")
    needs_own = ~after.wide(bits).below(facts.inputs // SLICE)
    prover.claim(
        f"{label}: the columns of a chunk",
        "a column of the inputs has its value in their slice; the others are the spikes in the"
        " slice that was asked for in the clock before, which is that of the chunk",
        violated(*columns, needs_own.implies(same(request.wide(bits), number))),
        assumptions,
        {"part": part.term},
    )
    prover.claim(
        f"{label}: after a reset",
        "the first chunk behind a reset is the first one of a tick",
        violated(~after.any()),
        [prover.on(clocks.frames.at(0, "rst"))],
    )
