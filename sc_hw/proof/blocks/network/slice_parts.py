"""Claims about the queue in which spikes leave in slices, and about numbers behind an image."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from sc_hw.proof.bits import Bits, cat, mux
from sc_hw.proof.blocks.network.addresses import Clocks, same, violated
from sc_hw.proof.blocks.network.facts import OrderFacts, SliceFacts
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import word_at
from sc_model.graph.smt import K
from sc_model.spec import SLICE, NetworkSpec

_PLACE = SLICE.bit_length() - 1  # bits of a place in a slice

# --- the queue of slices --------------------------------------------------------------------------


class _Queue:
    """The signals of a queue in some clock.

    Members
    -------
    neuron, fires : any neuron, and its spike in the tick: ghosts.
    """

    def __init__(
        self, clocks: Clocks, clock: int, facts: SliceFacts, neuron: Bits, fires: Bits
    ) -> None:
        self.facts, self.clocks, self.neuron, self.fires = facts, clocks, neuron, fires

        def at(name: str) -> Bits:
            return clocks.at(clock, name)

        self.bits = len(neuron)
        self.restart, self.valid, self.last = at("restart"), at("valid"), at("last")
        self.spike, self.behind = at("spike"), at("behind")
        # spikes of the slice that have come
        self.place = at("place").wide(self.bits).times(facts.together)
        self.written, self.taken = at("written").wide(self.bits), at("taken").wide(self.bits)
        self.offered, self.over = at("offered"), at("over")
        self.slice, self.memory = at("o__payload"), clocks.frames.memory(clock, "memory.words")
        self.moves = self.offered & at("o__ready")
        self.complete = self.written.equals(facts.transfers)

    @property
    def number(self) -> Bits:
        """Spikes that have come in the tick."""
        so_far = self.written.times(SLICE) + self.place
        return mux(self.complete, self.clocks.const(self.facts.neurons, self.bits), so_far)

    def word(self, number: Bits) -> Bits:
        """A slice in the memory."""
        return Bits(self.clocks.terms, word_at(self.clocks.terms, self.memory, number.term))

    def bit(self, vector: Bits, place: Bits) -> Bits:
        """A bit of a vector, by its number."""
        wide = max(len(vector), len(place))
        shifted = self.clocks.terms(K.BV_SHR, vector.wide(wide).term, place.wide(wide).term)
        return Bits(self.clocks.terms, shifted)[0]

    @property
    def in_slice(self) -> tuple[Bits, Bits]:
        """Slice of the neuron, and its place in it."""
        of_slice = self.neuron[_PLACE:].wide(self.bits)
        return of_slice, self.neuron[:_PLACE].wide(self.bits)

    def counters(self) -> Bits:
        """What the counters are to each other."""
        facts, filling = self.facts, ~self.complete
        return cat(
            [
                filling.implies(self.number.below(facts.neurons)),
                filling.implies(self.written.below(facts.slices)),
                filling | self.place.equals(0),
                ~self.written.below(self.taken),
                self.offered.implies(self.taken.below(self.written)),
            ]
        ).all()

    def invariant(self) -> Bits:
        """The neuron's spike, if it has come, is in its place; the slice in turn is offered."""
        of_slice, place = self.in_slice
        there = self.neuron.below(self.number)
        in_memory = self.bit(self.word(of_slice), place)
        behind = self.bit(self.behind, place + (SLICE - self.facts.together) - self.place)
        spike = mux(self.complete | of_slice.below(self.written), in_memory, behind)
        offered = self.offered.implies(same(self.slice, self.word(self.taken)))
        return there.implies(same(spike, self.fires)) & offered

    def environment(self) -> Bits:
        """What is claimed of the neurons and the layer: their spikes come in turn, once each."""
        since, together = self.neuron - self.number, self.facts.together
        here = self.valid & ~self.neuron.below(self.number) & since.below(together)
        last = self.number.equals(self.facts.neurons - together)
        return cat(
            [
                self.valid.implies(~self.complete & same(self.last, last)),
                here.implies(same(self.bit(self.spike, since), self.fires)),
                self.restart.implies(~self.valid & same(self.taken, self.written)),
            ]
        ).all()


def prove_slices(prover: Prover, net: Netlist, network: NetworkSpec, facts: SliceFacts) -> None:
    """Add the claims about a queue of slices to the prover."""
    label = f"layer {network.layers[facts.layer].name}, slices"
    clocks, t = Clocks(prover, net, 1), prover.terms
    bits = (SLICE * (facts.transfers + 1)).bit_length() + 1
    neuron, fires = Bits(t, t.var("any neuron", bits)), Bits(t, t.var("its spike", 1))
    now, then = (_Queue(clocks, clock, facts, neuron, fires) for clock in (0, 1))
    assumptions = [
        *clocks.quiet,
        neuron.below(facts.neurons).holds,
        now.counters().holds,
        now.invariant().holds,
        now.environment().holds,
    ]
    of_slice, place = now.in_slice
    in_turn = now.offered & same(now.taken, of_slice)
    prover.claim(
        f"{label}: each spike in its place",
        "of any neuron: from its spike on that is kept, and it is the bit with its place in the"
        " slice with its number when this is offered",
        violated(
            then.counters(),
            then.invariant(),
            in_turn.implies(same(now.bit(now.slice, place), fires)),
        ),
        assumptions,
        {"written": now.written.term, "taken": now.taken.term},
    )
    next_count = mux(now.last, clocks.const(facts.neurons, bits), now.number + facts.together)
    following = mux(now.valid, next_count, now.number)
    next_taken = now.taken + now.moves.wide(bits)
    stays = now.offered & ~now.moves & ~now.restart
    is_last = now.taken.equals(facts.transfers - 1)
    marked = [same(clocks.at(0, "last_slice"), is_last)] if facts.marks_last else []
    prover.claim(
        f"{label}: each slice once",
        f"the {facts.transfers} slices of a tick are offered in turn, each when its spikes are"
        " there, and until it is taken; then nothing is offered until the next tick"
        + ("; the last one is marked" if facts.marks_last else ""),
        violated(
            *marked,
            same(then.number, following.gated(~now.restart)),
            same(then.taken, next_taken.gated(~now.restart)),
            same(then.offered, next_taken.below(now.written)),
            same(now.over, now.moves & is_last),
            stays.implies(then.offered & same(then.slice, now.slice)),
        ),
        assumptions,
    )
    prover.claim(
        f"{label}: after a reset",
        "a reset drops all spikes, and the next one is that of the first neuron",
        violated(then.counters(), ~then.offered, ~then.number.any(), ~then.taken.any()),
        [prover.on(clocks.frames.at(0, "rst"))],
    )


# --- the order of columns -------------------------------------------------------------------------


@dataclass(frozen=True)
class _Column:
    """A column of an event: ghosts.

    Members
    -------
    place, channel : in the image.
    behind : it is the one behind the image, and has neither.
    """

    place: Bits
    channel: Bits
    behind: Bits

    @classmethod
    def of(cls, prover: Prover, name: str, bits: int) -> _Column:
        """New ghosts."""
        t = prover.terms
        place, channel = (
            Bits(t, t.var(f"{each} of {name}", bits)) for each in ("place", "channel")
        )
        return cls(place, channel, Bits(t, t.var(f"{name} is behind", 1)))

    def inside(self, facts: OrderFacts) -> Bits:
        """Whether it is one of the columns."""
        there = self.place.below(facts.places) & self.channel.below(facts.channels)
        behind = self.behind if facts.constant else Bits.const(there.terms, 0, 1)
        return (there & ~self.behind) | behind

    def _or_behind(self, number: Bits, facts: OrderFacts) -> Bits:
        image = facts.places * facts.channels
        return mux(self.behind, Bits.const(number.terms, image, len(number)), number)

    def number_by_place(self, facts: OrderFacts) -> Bits:
        """Its number where spikes come place by place."""
        return self._or_behind(self.place.times(facts.channels) + self.channel, facts)

    def number_in_model(self, facts: OrderFacts) -> Bits:
        """Its number in the model."""
        return self._or_behind(self.channel.times(facts.places) + self.place, facts)

    def or_else(self, condition: Bits, other: _Column) -> _Column:
        """This column where a bit is 1, else another one."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return _Column(*(mux(condition, one, two) for one, two in pairs))


class _Order:
    """The signals of an order in some clock."""

    def __init__(self, clocks: Clocks, clock: int, facts: OrderFacts, bits: int) -> None:
        self.facts = facts

        def at(name: str) -> Bits:
            return clocks.at(clock, name)

        def split(payload: Bits) -> tuple[Bits, Bits, Bits]:
            end = len(payload) - facts.width
            return payload[0], payload[1:end].wide(bits), payload[end:]

        self.ready, self.moves = at("i_event__ready"), at("moves")
        self.o_ready = at("o_event__ready")
        # At the input, in the stages behind it, and at the output
        self.valid = [at(n) for n in ("i_event__valid", "valid_1", "valid_2", "o_event__valid")]
        source, out = split(at("i_event__payload")), split(at("o_event__payload"))
        self.end = [source[0], at("end_1"), at("end_2"), out[0]]
        self.value = [source[2], at("value_1"), at("value_2"), out[2]]
        self.source, self.out = source[1], out[1]
        self.column, self.found = at("column").wide(bits), at("found").wide(bits)
        self.place, self.channel = at("place").wide(bits), at("channel").wide(bits)

    def invariant(self, columns: list[_Column]) -> Bits:
        """What the stages hold of the columns that are in them, the first one first."""
        facts, (one, two, three) = self.facts, columns

        def or_behind(behind: Bits, number: Bits, otherwise: int) -> Bits:
            return mux(behind, Bits.const(number.terms, otherwise, len(number)), number)

        stages = [
            same(self.column, one.number_by_place(facts))
            & same(self.found, or_behind(one.behind, one.place, facts.places)),
            same(self.place, or_behind(two.behind, two.place, 0))
            & same(self.channel, or_behind(two.behind, two.channel, facts.channels)),
            same(self.out, three.number_in_model(facts)),
        ]
        facts_of_stages = [
            (valid & ~end).implies(stage & column.inside(facts))
            for valid, end, stage, column in zip(
                self.valid[1:], self.end[1:], stages, columns, strict=True
            )
        ]
        return cat(facts_of_stages).all()


def prove_order(prover: Prover, net: Netlist, network: NetworkSpec, facts: OrderFacts) -> None:
    """Add the claims about the order of columns to the prover."""
    label = f"layer {network.layers[facts.layer].name}, order"
    clocks = Clocks(prover, net, 1)
    bits = facts.columns.bit_length() + 2
    now, then = (_Order(clocks, clock, facts, bits) for clock in (0, 1))
    names = ("the event that comes", "the first one", "the second one", "the event that goes")
    columns = [_Column.of(prover, name, bits) for name in names]
    assumptions = [
        *clocks.quiet,
        now.invariant(columns[1:]).holds,
        (now.valid[0] & ~now.end[0])
        .implies(same(now.source, columns[0].number_by_place(facts)) & columns[0].inside(facts))
        .holds,
    ]
    following = [before.or_else(now.moves, column) for before, column in pairwise(columns)]
    prover.claim(
        f"{label}: the number of a column",
        f"a column comes with the number of its place, of {facts.places}, and of its channel there,"
        f" of {facts.channels}; it goes with the number of its channel and of its place there, and"
        " a column behind the image keeps its number",
        violated(then.invariant(following)),
        assumptions,
        {"column": now.column.term, "given": now.source.term},
    )
    goes_on = []
    for stage in range(1, len(now.valid)):
        for name in ("valid", "end", "value"):
            before, here = getattr(now, name)[stage - 1 : stage + 1]
            goes_on.append(same(getattr(then, name)[stage], mux(now.moves, before, here)))
    still = cat([now.column, now.found, now.place, now.channel, now.out])
    stays = cat([then.column, then.found, then.place, then.channel, then.out])
    prover.claim(
        f"{label}: each event once",
        "events and end tokens go on in their order with their values, each once, and wait while"
        " the one in front is not taken",
        violated(
            same(now.moves, ~now.valid[3] | now.o_ready),
            same(now.ready, now.moves),
            *goes_on,
            now.moves | same(still, stays),
        ),
        clocks.quiet,
    )
    prover.claim(
        f"{label}: after a reset",
        "a reset drops the events on their way",
        violated(*(~valid for valid in then.valid[1:])),
        [prover.on(clocks.frames.at(0, "rst"))],
    )
