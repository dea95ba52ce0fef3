# amaranth: UnusedElaboratable=no
"""Claims about the lists of inputs: every value that spikes is in the list of its step, once.

Inputs come in the order of their numbers, and each is put in front of its list. So links lead from
an input to a lower one, and whoever walks along a list meets each input once at most, and an end.
That each is met is shown of any one input, by who points to it: the head of its list, until another
input is put in front, and then that one's link, for as long as the buffer is not released. Claims
are steps from any state that satisfies the invariant to the next one.
"""

from __future__ import annotations

from typing import Any

from sc_hw.learning.plan import LearningPlan
from sc_hw.proof.bits import Bits, cat, mux
from sc_hw.proof.blocks.network.addresses import Clocks, same, violated
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import word_at
from sc_model.arithmetic.learning import spike_time
from sc_model.graph.smt import SmtInt, SmtOps


class _Lists:
    """The lists in this clock and the next.

    Members
    -------
    step, buffer : numbers of any one list.
    row : any one input.
    """

    def __init__(self, clocks: Clocks, plan: LearningPlan) -> None:
        self.clocks, self.plan, t = clocks, plan, clocks.terms
        self.step_bits = (plan.steps - 1).bit_length()
        self.link_bits = (plan.rows + (1 << self.step_bits) - 1).bit_length()
        self.place = Bits(t, t.var("any list", self.step_bits + 1))
        self.row = Bits(t, t.var("any input", plan.row_bits))

    def of(self, name: str, clock: int = 0) -> Bits:
        """A signal."""
        return self.clocks.at(clock, name)

    def bit(self, vector: Bits, place: Bits) -> Bits:
        """A bit by number; 0 beyond the vector."""
        found = self.clocks.const(0, 1)
        for number in range(len(vector)):
            found = found | (vector[number] & place.equals(number))
        return found

    def buffer(self, place: Bits) -> Bits:
        """The number of the buffer of a list."""
        return place[self.step_bits :]

    def list_of(self, step: Bits, buffer: Bits) -> Bits:
        """The number of a list."""
        return cat([step[: self.step_bits], buffer])

    def word(self, clock: int, address: Bits) -> Bits:
        """A word of the memory."""
        memory = self.clocks.frames.memory(clock, "links")
        return Bits(self.clocks.terms, word_at(self.clocks.terms, memory, address.term))

    def head(self, clock: int, place: Bits) -> Bits:
        """The input in front of a list: the one that becomes it in this clock, or a word."""
        step, buffer = place[: self.step_bits], self.buffer(place)
        ones = self.clocks.const(-1, self.link_bits - self.step_bits)
        word = self.word(clock, cat([~step, ones, buffer]))
        comes = self.of("fronts", clock) & same(self.of("place", clock), place)
        return mux(comes, self.of("placed_row", clock), word)

    def link(self, clock: int, row: Bits, buffer: Bits) -> Bits:
        """What an input's link says."""
        return self.word(clock, cat([row.low(self.link_bits).wide(self.link_bits), buffer]))

    def full(self, clock: int, buffer: Bits) -> Bits:
        """Whether a buffer holds a whole sample."""
        return self.bit(self.of("complete", clock), buffer)

    def bound(self, clock: int) -> Bits:
        """The least number that an input which is still to be put into a list may have."""
        plan, bits = self.plan, self.plan.row_bits
        most = self.clocks.const(plan.rows, bits)
        coming = self.of("number", clock)
        if plan.spec.bias:
            constant = self.clocks.const(plan.spec.inputs, bits)
            coming = mux(self.of("due", clock), constant, coming)
        held = self.of("held", clock)
        ended = self.of("left", clock) | self.of("closes", clock)
        after = mux(ended, most, coming)
        return mux(held, self.of("held_row", clock), after)

    def invariant(self, clock: int) -> list[Bits]:
        """What holds in every clock of the registers in front of the lists."""
        plan = self.plan

        def at(name: str) -> Bits:
            return self.of(name, clock)

        fills, reads = at("fills"), at("reads")
        held, ends, writes, fronts = (at(name) for name in ("held", "ends", "writes", "fronts"))
        left, closes = at("left"), at("closes")
        over = left | closes
        number, row = at("number"), at("held_row")
        inputs = plan.spec.inputs
        facts = [
            (held | writes | fronts | over | number.any() | self._due(clock)).implies(
                ~self.full(clock, fills)
            ),
            ends.implies(held),
            ~(held & over) & ~(left & closes) & ~(writes & fronts),
            number.below(inputs),
            held.implies(row.below(plan.rows)),
            (writes | fronts).implies(same(self.buffer(at("place")), fills)),
            (writes | fronts).implies(at("placed_row").below(plan.rows)),
            # the last one is the head of its list before the buffer is complete
            (writes & over).implies(left),
            (held & ends).implies(row.equals(plan.rows - 1)),
            over.implies(~number.any()),
            (held & ends).implies(~number.any()),
            # one that is put in front of its list has a lower number than those to come
            (writes & ~over).implies(at("placed_row").below(self.bound(clock))),
            (writes & ~held & ~over).implies(number.any() | self._due(clock)),
        ]
        if plan.spec.bias:
            due, constant = at("due"), at("constant")
            facts += [
                due.implies(~number.any() & ~over & ~(held & ends)),
                constant.implies(held & ends),
                (held & ~constant).implies(row.below(inputs)),
                (held & ends).implies(constant),
                (held & due).implies(row.equals(inputs - 1)),
                (held & ~due & ~ends).implies(same(row + 1, number)),
            ]
        else:
            facts.append((held & ~ends).implies(same(row + 1, number)))
            facts.append(~at("due") & ~at("constant"))
        complete = at("complete")
        facts += [
            same(complete[0] ^ complete[1], ~same(reads, fills)),
            self.full(clock, fills).implies(complete.all()),
            (~self.full(clock, reads)).implies(~complete.any()),
        ]
        return facts

    def _due(self, clock: int) -> Bits:
        return self.of("due", clock) if self.plan.spec.bias else self.clocks.const(0, 1)

    def fetched(self, clock: int) -> Bits:
        """What is put in front of a list knows whether that has a head, and which."""
        place = self.of("place", clock)
        had = self.bit(self.of("occupied", clock), place)
        behind, head = self.of("behind", clock), self.of("found", clock)
        return self.of("writes", clock).implies(
            same(behind, had) & had.implies(same(head, self.head(clock, place)))
        )


def prove_lists(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """Every input that spikes is in the list of its step once, and a walk meets it."""
    clocks = Clocks(prover, net, 1)
    lists = _Lists(clocks, plan)
    at, t = clocks.at, clocks.terms
    released = at(0, "release").implies(lists.full(0, at(0, "reads")))
    known = [
        *clocks.quiet,
        released.holds,
        *(fact.holds for fact in lists.invariant(0)),
        lists.fetched(0).holds,
    ]
    prover.claim(
        "lists: inputs in order",
        "inputs come to the lists in the order of their numbers, each once, the constant one last;"
        " a buffer that is being filled is not complete, and none is filled that is read",
        violated(*lists.invariant(1)),
        known,
    )
    prover.claim(
        "lists: what is in front",
        "an input that is put into a list knows whether there is one in front, and which",
        violated(lists.fetched(1)),
        known,
    )
    value = SmtInt.unsigned(t, at(0, "value").term)
    time = spike_time(plan.spec).apply(SmtOps(t), {"value": value})["time"]
    constant = at(0, "constant") if plan.spec.bias else clocks.const(0, 1)
    own = Bits(t, time.low(plan.time_bits))
    when = mux(constant, clocks.const(0, plan.time_bits), own)
    silent = when.equals(plan.steps)
    leaves = at(0, "leaves")
    put, held = at(1, "writes"), at(0, "held")
    fills = at(0, "fills")
    prover.claim(
        "lists: the step",
        "an input whose value spikes leaves its register for the list of its step, a silent one for"
        " none; the constant one goes to step 0; none leaves twice, and what is not taken waits",
        violated(
            put.implies(held & leaves & ~silent),
            put.implies(same(at(1, "place"), lists.list_of(when, fills))),
            put.implies(same(at(1, "placed_row"), at(0, "held_row"))),
            (leaves & ~silent).implies(put),
            leaves.implies(held),
            (held & silent).implies(leaves),
            same(at(1, "left"), leaves & at(0, "ends")) & same(at(1, "closes"), at(0, "left")),
            (held & ~leaves).implies(at(1, "held") & same(at(1, "held_row"), at(0, "held_row"))),
        ),
        known,
    )
    _prove_chain(prover, clocks, lists, known)
    _prove_walk(prover, net, plan)


def _prove_chain(prover: Prover, clocks: Clocks, lists: _Lists, known: list[Any]) -> None:
    """Who points to an input: the head of its list, or the one that was put in front of it."""
    at, plan, t = clocks.at, lists.plan, clocks.terms
    place, row = lists.place, lists.row
    buffer = lists.buffer(place)
    writes, placed = at(0, "writes"), at(0, "placed_row")
    here = writes & same(at(0, "place"), place)
    freed = at(0, "release") & same(at(0, "reads"), buffer)
    occupied, after = (lists.bit(at(clock, "occupied"), place) for clock in (0, 1))
    prover.claim(
        "lists: one more",
        "an input that is put in front of its list becomes its head, and its link leads to the one"
        " before, or is the end; no other list, link or sign of one changes, until the buffer is"
        " released, which empties its lists",
        violated(
            same(after, (occupied | here) & ~freed),
            same(lists.head(1, place), mux(here, placed, lists.head(0, place))),
            _links(lists, buffer),
        ),
        [*known, row.below(plan.rows).holds],
    )
    # Any one input of the list is pointed to by its head, or by a higher one, `front`.
    front = Bits(t, t.var("input in front", plan.row_bits))
    is_head = Bits(t, t.var("whether it is the head", 1))
    not_full = ~lists.full(0, buffer)
    filling = same(at(0, "fills"), buffer) & not_full
    pointed = mux(
        is_head,
        occupied & same(lists.head(0, place), row),
        row.below(front) & same(lists.link(0, front, buffer), row),
    )
    older = filling.implies(
        row.below(lists.bound(0))
        & (~writes | row.below(placed))
        & (is_head | front.below(plan.rows))
    )
    # what is put into the list now comes in front of the head
    front_then, head_then = mux(is_head & here, placed, front), is_head & ~here
    pointed_then = mux(
        head_then,
        after & same(lists.head(1, place), row),
        row.below(front_then) & same(lists.link(1, front_then, buffer), row),
    )
    bound = lists.bound(1)
    put = at(1, "writes")
    filling_then = same(at(1, "fills"), buffer) & ~lists.full(1, buffer)
    fresh = [
        front.below(plan.rows).holds,
        (
            filling.implies(is_head | front.below(lists.bound(0)) & (~writes | front.below(placed)))
        ).holds,
    ]
    prover.claim(
        "lists: an input stays in its list",
        "the input that points to another one does so until the buffer is released: the head of its"
        " list first, and then the link of the input that is put in front of it",
        violated(
            freed | pointed_then,
            (filling_then & ~freed & filling).implies(
                row.below(bound) & (~put | row.below(at(1, "placed_row")))
            ),
        ),
        [*known, pointed.holds, older.holds, row.below(plan.rows).holds, *fresh],
    )


def _links(lists: _Lists, buffer: Bits) -> Bits:
    """The link of any one input: that of the one that is put in front changes, no other."""
    at, row = lists.clocks.at, lists.row
    writes, placed = at(0, "writes"), at(0, "placed_row")
    mine = writes & same(lists.buffer(at(0, "place")), buffer) & same(placed, row)
    end = lists.clocks.const((1 << len(row)) - 1, len(row))
    leads = mux(at(0, "behind"), at(0, "found"), end)
    return same(lists.link(1, row, buffer), mux(mine, leads, lists.link(0, row, buffer)))


def _prove_walk(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """A list is looked up, and gone along, while inputs are put into lists of the other buffer."""
    clocks = Clocks(prover, net, 2)
    lists, at = _Lists(clocks, plan), clocks.at
    reads, look = at(0, "reads"), at(0, "look")

    def apart(clock: int) -> Bits:
        """Nothing is written for the buffer that is read."""
        writes = at(clock, "writes") | at(clock, "fronts")
        return writes.implies(~same(lists.buffer(at(clock, "place")), at(clock, "reads")))

    prover.claim(
        "lists: two buffers",
        "while a whole sample is read, inputs are put into the lists of the other buffer",
        violated(apart(0)),
        [lists.full(0, reads).holds, *(fact.holds for fact in lists.invariant(0))],
    )
    # A walk is one through a whole sample, which is not released meanwhile.
    stays = (apart(0), apart(1), ~at(0, "release"), ~at(1, "release"))
    known = [*clocks.quiet, *(fact.holds for fact in stays)]
    asked = lists.list_of(at(0, "step"), reads)
    prover.claim(
        "lists: looked up",
        "of the list that is looked up it is known a clock later whether it has an input, and its"
        " head stands two clocks later",
        violated(
            same(at(1, "some"), lists.bit(at(0, "occupied"), asked)),
            same(at(2, "row"), lists.head(0, asked)),
        ),
        [*known, look.holds],
    )

    def stands(clock: int) -> Bits:
        """What is behind the row is being read, or is there."""
        behind = lists.link(clock, at(clock, "row"), reads)
        return at(clock, "fresh") | same(at(clock, "following"), behind)

    row, looked = at(0, "row"), at(0, "looked")
    link = lists.link(0, row, reads)
    advance = at(0, "advance")
    begun = looked | advance
    prover.claim(
        "lists: gone along",
        "where the row has stood for a clock, `last` says whether its link is the end, and the row"
        " behind an advance is the one that the link says; without look or advance the row stays,"
        " and what is behind it, whatever is read for the other buffer",
        violated(
            same(at(1, "fresh"), begun),
            (~begun).implies(same(at(1, "row"), row) & same(at(1, "following"), link)),
            stands(1),
            same(at(1, "last"), at(1, "following").all()),
            (advance & ~looked & ~at(0, "fresh")).implies(same(at(1, "row"), link)),
        ),
        [*known, row.below(plan.rows).holds, (~look).holds, stands(0).holds],
    )
