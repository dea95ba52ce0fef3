# amaranth: UnusedElaboratable=no
"""Claims about the lists of inputs: every value that spikes is in the list of its step, once.

Names of signals are those of `sc_hw.learning.input_lists.InputLists`. There is a linked list for
each step of each of the two buffers. Its *head* is the number of its first input, and each input
has a *link*, the number of the input behind it, or all ones if it is the last.

Inputs come in the order of their numbers, and each is put in front of the others of its list. So a
link always leads to a lower number, and a walk along a list meets each input once at most and comes
to an end. That it meets every input is proved for one arbitrary input, by what points to it: the
head of its list, until another input is put in front of it; then the link of that input, until the
buffer is released. Each claim goes from an arbitrary state that satisfies the invariant to the next
clock.
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
    """The lists as terms of the solver, in the clocks of a claim.

    Parameters
    ----------
    clocks : the netlist, unrolled.
    plan : sizes of the network.

    Members
    -------
    step_bits : bits of the number of a step.
    link_bits : bits of an address within the words of a buffer.
    place : number of one arbitrary list: its step in the low bits, then the bit of its buffer.
    row : number of one arbitrary input.
    """

    def __init__(self, clocks: Clocks, plan: LearningPlan) -> None:
        self.clocks, self.plan, t = clocks, plan, clocks.terms
        self.step_bits = (plan.steps - 1).bit_length()
        self.link_bits = (plan.rows + (1 << self.step_bits) - 1).bit_length()
        self.place = Bits(t, t.var("any list", self.step_bits + 1))
        self.row = Bits(t, t.var("any input", plan.row_bits))

    def of(self, name: str, clock: int = 0) -> Bits:
        """A signal of the netlist in a clock."""
        return self.clocks.at(clock, name)

    def bit(self, vector: Bits, place: Bits) -> Bits:
        """The bit `place` of a vector; 0 beyond its end."""
        bit = self.clocks.const(0, 1)
        for number in range(len(vector)):
            bit = bit | (vector[number] & place.equals(number))
        return bit

    def buffer(self, place: Bits) -> Bits:
        """The number of the buffer that a list is in."""
        return place[self.step_bits :]

    def list_of(self, step: Bits, buffer: Bits) -> Bits:
        """The number of the list of a step in a buffer."""
        return cat([step[: self.step_bits], buffer])

    def word(self, clock: int, address: Bits) -> Bits:
        """A word of the memory of links and heads."""
        memory = self.clocks.frames.memory(clock, "links")
        return Bits(self.clocks.terms, word_at(self.clocks.terms, memory, address.term))

    def head(self, clock: int, place: Bits) -> Bits:
        """The head of a list.

        It is a word of the memory, counted from the end of the buffer's words; in the clock in
        which an input becomes the head, and the word is written, that input.
        """
        step, buffer = place[: self.step_bits], self.buffer(place)
        ones = self.clocks.const(-1, self.link_bits - self.step_bits)
        word = self.word(clock, cat([~step, ones, buffer]))
        is_written = self.of("fronts", clock) & same(self.of("place", clock), place)
        return mux(is_written, self.of("placed_row", clock), word)

    def link(self, clock: int, row: Bits, buffer: Bits) -> Bits:
        """The link of an input: the number of the input behind it, or all ones."""
        return self.word(clock, cat([row.low(self.link_bits).wide(self.link_bits), buffer]))

    def full(self, clock: int, buffer: Bits) -> Bits:
        """Whether all inputs of a sample are in the lists of a buffer."""
        return self.bit(self.of("complete", clock), buffer)

    def bound(self, clock: int) -> Bits:
        """A number that no input is below which has yet to be put into a list.

        That is the input in the register in front of the lists, or else the one whose value comes
        next; `rows`, more than any input has, when the last one has left the register.
        """
        plan, bits = self.plan, self.plan.row_bits
        beyond = self.clocks.const(plan.rows, bits)
        next_input = self.of("number", clock)
        if plan.spec.bias:
            constant = self.clocks.const(plan.spec.inputs, bits)
            next_input = mux(self.of("due", clock), constant, next_input)
        held = self.of("held", clock)
        ended = self.of("left", clock) | self.of("closes", clock)
        return mux(held, self.of("held_row", clock), mux(ended, beyond, next_input))

    def invariant(self, clock: int) -> list[Bits]:
        """What holds in every clock of the registers between the values and the lists."""
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
            # The last input is the head of its list before the buffer is complete.
            (writes & over).implies(left),
            (held & ends).implies(row.equals(plan.rows - 1)),
            over.implies(~number.any()),
            (held & ends).implies(~number.any()),
            # An input that is put in front of its list has a lower number than those to come.
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
        """Whether the constant input comes next; never in a network without one."""
        return self.of("due", clock) if self.plan.spec.bias else self.clocks.const(0, 1)

    def head_is_known(self, clock: int) -> Bits:
        """Where an input's link is written, `behind` and `found` say what the list held before.

        `behind` says whether the list had an input, and `found` is its head if it had.
        """
        place = self.of("place", clock)
        occupied = self.bit(self.of("occupied", clock), place)
        behind, head = self.of("behind", clock), self.of("found", clock)
        return self.of("writes", clock).implies(
            same(behind, occupied) & occupied.implies(same(head, self.head(clock, place)))
        )


def prove_lists(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """Add the claims that each input that spikes is once in the list of its step, and is met.

    Parameters
    ----------
    prover : gets the claims.
    net : netlist of `InputLists`.
    plan : sizes of the network.
    """
    clocks = Clocks(prover, net, 1)
    lists = _Lists(clocks, plan)
    at, t = clocks.at, clocks.terms
    # Assumed of the network: only a whole sample is released.
    release_of_whole = at(0, "release").implies(lists.full(0, at(0, "reads")))
    assumptions = [
        *clocks.quiet,
        release_of_whole.holds,
        *(fact.holds for fact in lists.invariant(0)),
        lists.head_is_known(0).holds,
    ]
    prover.claim(
        "lists: inputs in order",
        "inputs come to the lists in the order of their numbers, each once, the constant one last;"
        " a buffer that is being filled is not complete, and none is filled that is read",
        violated(*lists.invariant(1)),
        assumptions,
    )
    prover.claim(
        "lists: what is in front",
        "an input that is put into a list knows whether there is one in front, and which",
        violated(lists.head_is_known(1)),
        assumptions,
    )
    value = SmtInt.unsigned(t, at(0, "value").term)
    time = spike_time(plan.spec).apply(SmtOps(t), {"value": value})["time"]
    constant = at(0, "constant") if plan.spec.bias else clocks.const(0, 1)
    value_step = Bits(t, time.low(plan.time_bits))
    step = mux(constant, clocks.const(0, plan.time_bits), value_step)
    silent = step.equals(plan.steps)  # one beyond the last step
    leaves, held = at(0, "leaves"), at(0, "held")
    writes_next = at(1, "writes")
    fills = at(0, "fills")
    prover.claim(
        "lists: the step",
        "an input whose value spikes leaves its register for the list of its step, a silent one for"
        " none; the constant one goes to step 0; none leaves twice, and what is not taken waits",
        violated(
            writes_next.implies(held & leaves & ~silent),
            writes_next.implies(same(at(1, "place"), lists.list_of(step, fills))),
            writes_next.implies(same(at(1, "placed_row"), at(0, "held_row"))),
            (leaves & ~silent).implies(writes_next),
            leaves.implies(held),
            (held & silent).implies(leaves),
            same(at(1, "left"), leaves & at(0, "ends")) & same(at(1, "closes"), at(0, "left")),
            (held & ~leaves).implies(at(1, "held") & same(at(1, "held_row"), at(0, "held_row"))),
        ),
        assumptions,
    )
    _prove_chain(prover, clocks, lists, assumptions)
    _prove_walk(prover, net, plan)


def _prove_chain(prover: Prover, clocks: Clocks, lists: _Lists, assumptions: list[Any]) -> None:
    """Claim that an input in a list always has a head or a link that points to it."""
    at, plan, t = clocks.at, lists.plan, clocks.terms
    place, row = lists.place, lists.row
    buffer = lists.buffer(place)
    # `place` is one arbitrary list, `row` one arbitrary input. `new_row` is the input that is put
    # into a list in this clock, if `writes`; into the arbitrary list, if `into_list`.
    writes, new_row = at(0, "writes"), at(0, "placed_row")
    into_list = writes & same(at(0, "place"), place)
    is_released = at(0, "release") & same(at(0, "reads"), buffer)
    occupied, occupied_next = (lists.bit(at(clock, "occupied"), place) for clock in (0, 1))
    prover.claim(
        "lists: one more",
        "an input that is put in front of its list becomes its head, and its link leads to the one"
        " before, or is the end; no other list, link or sign of one changes, until the buffer is"
        " released, which empties its lists",
        violated(
            same(occupied_next, (occupied | into_list) & ~is_released),
            same(lists.head(1, place), mux(into_list, new_row, lists.head(0, place))),
            _one_link_changes(lists, buffer),
        ),
        [*assumptions, row.below(plan.rows).holds],
    )
    # Either the input is the head of its list, or the link of a higher input, `front`, leads to it.
    front = Bits(t, t.var("input in front", plan.row_bits))
    is_head = Bits(t, t.var("whether it is the head", 1))
    filling = same(at(0, "fills"), buffer) & ~lists.full(0, buffer)
    has_pointer = mux(
        is_head,
        occupied & same(lists.head(0, place), row),
        row.below(front) & same(lists.link(0, front, buffer), row),
    )
    # While the buffer is filled, both have lower numbers than the inputs that have yet to come, and
    # than the one that is put into a list in this clock. So the write of its link changes neither
    # of their links.
    row_is_older = filling.implies(
        row.below(lists.bound(0))
        & (~writes | row.below(new_row))
        & (is_head | front.below(plan.rows))
    )
    front_is_older = filling.implies(
        is_head | front.below(lists.bound(0)) & (~writes | front.below(new_row))
    )
    # An input that is put into the list in this clock comes in front of its head.
    front_next, is_head_next = mux(is_head & into_list, new_row, front), is_head & ~into_list
    has_pointer_next = mux(
        is_head_next,
        occupied_next & same(lists.head(1, place), row),
        row.below(front_next) & same(lists.link(1, front_next, buffer), row),
    )
    filling_next = same(at(1, "fills"), buffer) & ~lists.full(1, buffer)
    row_is_older_next = row.below(lists.bound(1)) & (
        ~at(1, "writes") | row.below(at(1, "placed_row"))
    )
    prover.claim(
        "lists: an input stays in its list",
        "the input that points to another one does so until the buffer is released: the head of its"
        " list first, and then the link of the input that is put in front of it",
        violated(
            is_released | has_pointer_next,
            (filling_next & ~is_released & filling).implies(row_is_older_next),
        ),
        [
            *assumptions,
            has_pointer.holds,
            row_is_older.holds,
            row.below(plan.rows).holds,
            front.below(plan.rows).holds,
            front_is_older.holds,
        ],
    )


def _one_link_changes(lists: _Lists, buffer: Bits) -> Bits:
    """The link of the input that is put into a list is written, and no other link changes."""
    at, row = lists.clocks.at, lists.row
    writes, new_row = at(0, "writes"), at(0, "placed_row")
    is_written = writes & same(lists.buffer(at(0, "place")), buffer) & same(new_row, row)
    end = lists.clocks.const((1 << len(row)) - 1, len(row))
    head_or_end = mux(at(0, "behind"), at(0, "found"), end)
    link = lists.link(0, row, buffer)
    return same(lists.link(1, row, buffer), mux(is_written, head_or_end, link))


def _prove_walk(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """Add the claims about a walk: a list is looked up, and its inputs are read one by one.

    Meanwhile inputs are put into the lists of the other buffer.
    """
    clocks = Clocks(prover, net, 2)
    lists, at = _Lists(clocks, plan), clocks.at
    reads, look = at(0, "reads"), at(0, "look")

    def other_buffer(clock: int) -> Bits:
        """Nothing is written to the lists of the buffer that is read."""
        writes = at(clock, "writes") | at(clock, "fronts")
        return writes.implies(~same(lists.buffer(at(clock, "place")), at(clock, "reads")))

    prover.claim(
        "lists: two buffers",
        "while a whole sample is read, inputs are put into the lists of the other buffer",
        violated(lists.full(0, reads).implies(other_buffer(0))),
        [fact.holds for fact in lists.invariant(0)],
    )
    # A walk is one through a whole sample, which is not released meanwhile.
    buffers = (other_buffer(0), other_buffer(1), ~at(0, "release"), ~at(1, "release"))
    assumptions = [*clocks.quiet, *(fact.holds for fact in buffers)]
    place = lists.list_of(at(0, "step"), reads)
    prover.claim(
        "lists: looked up",
        "of the list that is looked up it is known a clock later whether it has an input, and its"
        " head stands two clocks later",
        violated(
            same(at(1, "some"), lists.bit(at(0, "occupied"), place)),
            same(at(2, "row"), lists.head(0, place)),
        ),
        [*assumptions, look.holds],
    )

    def link_is_known(clock: int) -> Bits:
        """The link of the row of the walk is being read, or `following` holds it."""
        link = lists.link(clock, at(clock, "row"), reads)
        return at(clock, "fresh") | same(at(clock, "following"), link)

    row, looked = at(0, "row"), at(0, "looked")
    link = lists.link(0, row, reads)
    advance = at(0, "advance")
    row_changes = looked | advance
    prover.claim(
        "lists: gone along",
        "where the row has stood for a clock, `last` says whether its link is the end, and the row"
        " behind an advance is the one that the link says; without look or advance the row stays,"
        " and what is behind it, whatever is read for the other buffer",
        violated(
            same(at(1, "fresh"), row_changes),
            (~row_changes).implies(same(at(1, "row"), row) & same(at(1, "following"), link)),
            link_is_known(1),
            same(at(1, "last"), at(1, "following").all()),
            (advance & ~looked & ~at(0, "fresh")).implies(same(at(1, "row"), link)),
        ),
        [*assumptions, row.below(plan.rows).holds, (~look).holds, link_is_known(0).holds],
    )
