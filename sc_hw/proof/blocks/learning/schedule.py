# amaranth: UnusedElaboratable=no
"""Claims about order: what may not be skipped is visited once, and nothing is read too early.

Each is a step from any state that satisfies the pass's invariant to the next one, so that all runs
follow by induction. What is still to come is stated of any one group or word, and so of all.
"""

from __future__ import annotations

from typing import Any

from sc_hw.learning.forward import ForwardPass
from sc_hw.learning.neurons import HiddenNeurons
from sc_hw.learning.plan import LOOP, PRODUCT, LearningPlan, Part
from sc_hw.proof.bits import Bits, cat, either, mux
from sc_hw.proof.blocks.network.addresses import Clocks, same, violated
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import word_at
from sc_model.arithmetic.learning import gated_signal
from sc_model.graph.smt import SmtInt, SmtOps


def _bit(vector: Bits, index: Bits) -> Bits:
    """One bit of a vector, by number; 0 beyond it."""
    chosen = [vector[place] & index.equals(place) for place in range(len(vector))]
    return either(chosen, vector.terms)


# --- weights


def prove_weights(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """A slot's word is read, and its change written to the same word, while `landing` is high."""
    written = plan.fetch + PRODUCT
    clocks = Clocks(prover, net, written + 1)
    t = prover.terms
    update, address = clocks.at(0, "update"), clocks.at(0, "address")
    load, changed = clocks.at(written, "load"), clocks.at(written, "changed")
    enable, data = clocks.at(written, "ram.w_en"), clocks.at(written, "ram.w_data")
    port = "ram.r_addr" if plan.single_port else "ram.w_addr"
    everything = clocks.const((1 << plan.lanes) - 1, plan.lanes)
    no_load = (~load.any()).holds
    prover.claim(
        "weights: the write",
        "a slot that updates writes the changed word to the word of the slot, all lanes of it; no"
        " other slot writes",
        violated(
            same(enable, everything.gated(update)),
            update.implies(same(clocks.at(written, port), address)),
            update.implies(same(data, changed)),
        ),
        [*clocks.quiet, no_load],
        {"address": address.term},
    )
    before = clocks.at(written - 1, "address")
    prover.claim(
        "weights: a load",
        "the host's data goes into the lanes of its mask, of the word whose address stood before",
        violated(
            same(enable, load),
            same(clocks.at(written, port), before),
            same(data, cat([clocks.at(written, "load_data")] * plan.lanes)),
        ),
        [*clocks.quiet, (~update).holds],
    )
    prover.claim(
        "weights: under way",
        "from the clock behind a slot that updates to its write, `landing` is high",
        violated(*(clocks.at(clock, "landing") for clock in range(1, written + 1))),
        [*clocks.quiet, update.holds],
    )
    memory = clocks.frames.memory(1, "ram.words")
    stored = Bits(t, word_at(t, memory, address.term))
    assumed = [*clocks.quiet]
    if plan.single_port:
        assumed.append((~clocks.at(1, "ram.w_en").any()).holds)
    prover.claim(
        "weights: the read",
        "a slot's weights are the word at its address"
        + (", in a clock without a write" if plan.single_port else ""),
        violated(same(clocks.at(plan.fetch, "words"), stored)),
        assumed,
    )
    if plan.single_port:
        _prove_one_port(prover, net, plan)


def _prove_one_port(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """Slots of one parity never meet a write."""
    written = plan.fetch + PRODUCT
    clocks = Clocks(prover, net, 2 * written)
    slots = range(0, 2 * written, 2)
    silent = [(~clocks.at(clock, "update")).holds for clock in range(1, 2 * written, 2)]
    no_load = [(~clocks.at(clock, "load").any()).holds for clock in range(2 * written + 1)]
    prover.claim(
        "weights: one port",
        "where slots are issued in clocks of one parity alone, each reads its own word: the port is"
        " taken by writes in the other clocks",
        violated(
            *(
                same(clocks.at(slot + 1, "ram.r_addr"), clocks.at(slot, "address"))
                for slot in slots
            ),
            *(~clocks.at(slot + 1, "ram.w_en").any() for slot in slots[written // 2 :]),
        ),
        [*clocks.quiet, *silent, *no_load, (~clocks.at(0, "landing")).holds],
    )


# --- update of the hidden layer


class _UpdateStep:
    """The groups of a row that are to come, in this clock and the next.

    Members
    -------
    some : the number of any one group.
    given : what is assumed of every clock of the pass.
    """

    def __init__(self, clocks: Clocks, plan: LearningPlan) -> None:
        self.clocks, self.plan, t = clocks, plan, clocks.terms
        self.active = clocks.at(0, "active")
        self.some = Bits(t, t.var("any group", plan.group_bits))
        self.given = [
            *clocks.quiet,
            self.some.below(plan.groups).holds,
            self.active.any().holds,
            same(clocks.at(1, "active"), self.active).holds,
        ]

    def pending(self, clock: int) -> Bits:
        """Whether the group is to come."""
        at, left = self.clocks.at(clock, "at_group"), self.clocks.at(clock, "left")
        return same(at, self.some) | _bit(left, self.some)

    def invariant(self, clock: int) -> list[Bits]:
        """The group that has its turn and those behind it have a signal, and are different ones."""
        at, left = self.clocks.at(clock, "at_group"), self.clocks.at(clock, "left")
        return [
            same(self.clocks.at(clock, "final"), ~left.any()),
            at.below(self.plan.groups),
            ~_bit(left, at),
            _bit(self.active, at),
            ~(left & ~self.active).any(),
        ]

    def first_groups(self, clock: int) -> list[Bits]:
        """The registers hold a group with a signal, and all the others."""
        found, behind = self.clocks.at(clock, "first_group"), self.clocks.at(clock, "behind_first")
        some, active = self.some, self.active
        return [
            found.below(self.plan.groups),
            _bit(active, found),
            ~_bit(behind, found),
            same(self.clocks.at(clock, "alone"), ~behind.any()),
            same(_bit(active, some), same(found, some) | _bit(behind, some)),
            ~(behind & ~active).any(),
        ]


def prove_update(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """Of each row of the lists each group with a signal is visited once, others never."""
    clocks = Clocks(prover, net, 1)
    step = _UpdateStep(clocks, plan)
    prover.claim(
        "update: a row's groups",
        "a clock behind the groups with a signal the first of them and the others stand",
        violated(*step.first_groups(1)),
        step.given,
    )
    known = [fact.holds for fact in (*step.invariant(0), *step.first_groups(0))]
    due, leaves, begins = (clocks.at(0, name) for name in ("due", "leaves", "begins"))
    final, some = clocks.at(0, "final"), step.some
    here = same(clocks.at(0, "at_group"), some)
    before, then = step.pending(0), step.pending(1)
    prover.claim(
        "update: each group once",
        "of any group: at a row's begin it is to come if it has a signal; a slot of the group takes"
        " it away; nothing else changes what is to come; a row is left with its last slot",
        violated(
            (begins | leaves).implies(same(then, _bit(step.active, some))),
            (due & ~final & ~begins).implies(same(then, before & ~here)),
            (~due & ~begins).implies(same(then, before)),
            leaves.implies(due & final & same(before, here)),
            (due & final).implies(leaves),
            *step.invariant(1),
        ),
        [*step.given, *known],
        {"group": some.term},
    )
    _prove_update_slots(prover, clocks, plan)


def _prove_update_slots(prover: Prover, clocks: Clocks, plan: LearningPlan) -> None:
    """What a slot is, and how rows follow each other."""
    due, leaves, begins = (clocks.at(0, name) for name in ("due", "leaves", "begins"))
    prover.claim(
        "update: the slot",
        "a slot is one of a row, of the group that has its turn; without a slot the group is 0",
        violated(
            same(clocks.at(0, "update"), due),
            due.implies(clocks.at(0, "rows")),
            same(clocks.at(0, "group"), clocks.at(0, "at_group").gated(due)),
            leaves.implies(clocks.at(0, "settled")),
        ),
        clocks.quiet,
    )
    prover.claim(
        "update: rows in turn",
        "a row that is left gives way to the next one of its list, the list's last row to the step"
        " behind; a new row has not stood for a clock",
        violated(
            same(clocks.at(0, "advance"), leaves & ~clocks.at(0, "last")),
            (leaves | begins).implies(~clocks.at(1, "settled")),
            (leaves & clocks.at(0, "last")).implies(clocks.at(1, "step_ends")),
            (leaves & ~clocks.at(0, "last")).implies(clocks.at(1, "rows")),
        ),
        clocks.quiet,
    )
    if plan.stride > 1:
        prover.claim(
            "update: every second clock",
            "slots are issued in clocks of one parity alone",
            violated(
                clocks.at(0, "update").implies(clocks.at(0, "turn")),
                same(clocks.at(1, "turn"), ~clocks.at(0, "turn")),
            ),
            clocks.quiet,
        )


# --- backward


class _BackwardStep:
    """The words of a row that are to come, in this clock and the next.

    Members
    -------
    word : the number of any one word.
    given : what is assumed of every clock of the pass.
    stands : the row stands, or is over; its slots begin when it has stood for a clock.
    """

    def __init__(self, clocks: Clocks, plan: LearningPlan) -> None:
        self.clocks, self.words, t = clocks, plan.out_groups, clocks.terms
        self.word = Bits(t, t.var("any word", plan.group_bits))
        self.wants, self.updates = clocks.at(0, "wants"), clocks.at(0, "updates")
        self.active = clocks.at(0, "active")
        self.marked = _bit(self.active, self.word)
        self.given = [
            *clocks.quiet,
            self.word.below(self.words).holds,
            (~clocks.at(0, "start")).holds,
            *(fact.holds for fact in self.invariant(0)),
        ]
        names = ("signals", "learns", "active", "valid", "trace", "near", "age", "row")
        moved = either([~same(clocks.at(1, name), clocks.at(0, name)) for name in names], t)
        due = clocks.at(0, "due")
        self.stands = (clocks.at(0, "next") | ~moved) & (~due | known_row(clocks, 0))
        for name in ("wants", "updates"):
            self.stands = self.stands & (due | same(clocks.at(1, name), clocks.at(0, name)))

    def to_read(self, clock: int) -> Bits:
        """Whether the word is to be read for the signal."""
        ahead = ~self.word.below(self.clocks.at(clock, "at_group"))
        return self.wants & ~self.clocks.at(clock, "updating") & ahead

    def to_update(self, clock: int) -> Bits:
        """Whether the word is to be updated."""
        ahead = ~self.word.below(self.clocks.at(clock, "at_group"))
        later = self.wants & ~self.clocks.at(clock, "updating")
        return self.updates & self.marked & (later | ahead)

    def invariant(self, clock: int) -> list[Bits]:
        """A row is updated behind its reading, and one without slots has no word."""
        wants, updates = self.clocks.at(clock, "wants"), self.clocks.at(clock, "updates")
        at, updating = self.clocks.at(clock, "at_group"), self.clocks.at(clock, "updating")
        return [
            at.below(self.words),
            updating.implies(wants & updates),
            (~wants & ~updates).implies(~at.any()),
        ]


def prove_backward(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """Each word of a row is read for its signal, and then updated, once; none may be missed."""
    clocks = Clocks(prover, net, 1)
    step = _BackwardStep(clocks, plan)
    due, next_ = clocks.at(0, "due"), clocks.at(0, "next")
    to_read, to_update = step.to_read, step.to_update
    at = clocks.at(0, "at_group")
    here = same(at, step.word)
    feedback, update = clocks.at(0, "feedback"), clocks.at(0, "update")
    prover.claim(
        "backward: each word once",
        "of any word of a row: it is to be read for the signal, if that may be anything but 0, and"
        " to be updated, if the row has spiked and the word has an error; its own slot takes that"
        " away, and nothing else does; with the last of them the row is over",
        violated(
            (feedback & ~next_).implies(same(to_read(1), to_read(0) & ~here)),
            (feedback & ~next_).implies(same(to_update(1), to_update(0))),
            (due & ~feedback & ~next_).implies(same(to_update(1), to_update(0) & ~here)),
            (due & ~feedback & ~next_).implies(same(to_read(1), to_read(0))),
            (~due).implies(same(to_read(1), to_read(0)) & same(to_update(1), to_update(0))),
            next_.implies(~(to_read(0) & ~(feedback & here))),
            next_.implies(~(to_update(0) & ~(update & here))),
            same(feedback, due & step.wants & ~clocks.at(0, "updating")),
            update.implies(~feedback),
            (due & ~feedback).implies(same(update, step.updates & _bit(step.active, at))),
            *((due & ~next_).implies(fact) for fact in step.invariant(1)),
        ),
        [*step.given, step.stands.holds],
        {"word": step.word.term},
    )
    prover.claim(
        "backward: old weights",
        "while a word of the row is still to be read for its signal, none of the row's words has"
        " been updated",
        violated(to_read(0).implies(same(to_update(0), step.updates & step.marked))),
        step.given,
    )
    prover.claim(
        "backward: a new row",
        "when a row is over the next one begins with its first word",
        violated(~clocks.at(1, "updating"), ~clocks.at(1, "at_group").any()),
        [*step.given, next_.holds],
    )
    _prove_backward_slots(prover, clocks)
    _prove_licence(prover, clocks, plan)


def _prove_backward_slots(prover: Prover, clocks: Clocks) -> None:
    """When slots are issued, and what a row asks for."""
    due, next_ = clocks.at(0, "due"), clocks.at(0, "next")
    prover.claim(
        "backward: every second clock",
        "slots are issued in clocks of one parity alone, which a new pass may change",
        violated(
            due.implies(clocks.at(0, "beat")),
            clocks.at(0, "start") | same(clocks.at(1, "beat"), ~clocks.at(0, "beat")),
        ),
        clocks.quiet,
    )
    trace, near = clocks.at(0, "trace"), clocks.at(0, "near")
    # The age's greatest value is shown by the claim about ages.
    reasons = trace.any() | near | clocks.at(1, "oldest")
    ready = clocks.at(0, "beat") & clocks.at(0, "stood")
    prover.claim(
        "backward: what a row asks for",
        "its signal is wanted where the neuron has spiked, is near the threshold or has been silent"
        " for long; its words are updated where it has spiked; by layers that learn; slots begin"
        " when the row has stood for a clock",
        violated(
            same(clocks.at(1, "wants"), clocks.at(0, "signals") & reasons),
            same(clocks.at(1, "updates"), clocks.at(0, "learns") & trace.any()),
            same(clocks.at(1, "stood"), clocks.at(0, "valid") & ~next_),
            same(due, clocks.at(0, "running") & ready & clocks.at(0, "valid")),
        ),
        clocks.quiet,
    )


def known_row(clocks: Clocks, clock: int) -> Bits:
    """Whether the registers of the backward pass are those of the row that stands."""
    trace, near = clocks.at(clock, "trace"), clocks.at(clock, "near")
    reasons = trace.any() | near | clocks.at(clock, "oldest")
    oldest = same(clocks.at(clock, "oldest"), clocks.at(clock + 1, "oldest"))
    return (
        same(clocks.at(clock, "wants"), clocks.at(clock, "signals") & reasons)
        & same(clocks.at(clock, "updates"), clocks.at(clock, "learns") & trace.any())
        & (oldest | clocks.at(clock, "next"))
    )


def _prove_licence(prover: Prover, clocks: Clocks, plan: LearningPlan) -> None:
    """Rows whose signal is not wanted would have none."""
    t, layer = prover.terms, plan.hidden
    signal = Bits(t, t.var("any signal", layer.signal_bits))
    age = Bits(t, t.var("any age", layer.age_bits))
    zero = clocks.const(0, plan.trace_bits)
    gate = gated_signal(layer, plan.spec.trace_format, plan.steps)
    gated = gate.apply(
        SmtOps(t),
        {
            "trace": SmtInt.unsigned(t, zero.term),
            "near": SmtInt.unsigned(t, clocks.const(0, 1).term),
            "age": SmtInt.unsigned(t, age.term),
            "signal": SmtInt.signed(t, signal.term),
        },
    )["gated"]
    prover.claim(
        "backward: what is skipped",
        "without a spike, not near the threshold and not silent for long, the gate gives 0 whatever"
        " the sum of the row is: the row need not be read",
        violated(same(Bits(t, gated.low(layer.signal_bits)), clocks.const(0, layer.signal_bits))),
        [age.below(layer.age_format.hi).holds],
    )


# --- forward


def prove_forward(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """Each input meets each group once, each step all neurons once, with time for an addition."""
    neuron_slots = ForwardPass(plan, HiddenNeurons(plan).spacing).neuron_slots
    clocks = Clocks(prover, net, 1)
    slot, after = clocks.at(0, "slot"), clocks.at(1, "slot")
    events, neurons = clocks.at(0, "events"), clocks.at(0, "neurons")
    event, visit = clocks.at(0, "event"), clocks.at(0, "visit")
    group, width = clocks.at(0, "group"), len(slot)

    def last(count: int) -> Bits:
        return slot.equals(count - 1)

    prover.claim(
        "forward: an input",
        "an input takes its slots one after the other: the first `groups` of them add the weights"
        " of each group once; it gives way after the last one, which is at least as many clocks"
        " later as an addition takes",
        violated(
            same(event, events & slot.below(plan.groups)),
            event.implies(
                same(group.wide(max(width, len(group))), slot.wide(max(width, len(group))))
            ),
            (events & ~last(plan.event_slots)).implies(
                clocks.at(1, "events") & same(after, slot + 1) & ~clocks.at(0, "advance")
            ),
            (events & last(plan.event_slots)).implies(~after.any()),
            (events & last(plan.event_slots)).implies(
                same(clocks.at(0, "advance"), ~clocks.at(0, "last"))
            ),
            (events & last(plan.event_slots)).implies(
                mux(clocks.at(0, "last"), clocks.at(1, "neurons"), clocks.at(1, "events"))
            ),
            clocks.const(plan.event_slots >= LOOP, 1),
        ),
        [*clocks.quiet, slot.below(max(plan.event_slots, neuron_slots)).holds],
    )
    high = slot[plan.share_bits :].wide(max(width, len(group)))
    step = clocks.at(0, "step")
    prover.claim(
        "forward: the neurons of a step",
        "each share of each group is visited once, before the next step is looked up",
        violated(
            same(visit, neurons & slot.below(plan.fold * plan.groups)),
            visit.implies(same(clocks.at(0, "share"), slot[: plan.share_bits])),
            visit.implies(same(group.wide(len(high)), high)),
            (neurons & ~last(neuron_slots)).implies(
                clocks.at(1, "neurons") & same(after, slot + 1) & same(clocks.at(1, "step"), step)
            ),
            (neurons & last(neuron_slots)).implies(
                ~after.any() & same(clocks.at(1, "step"), step + 1) & ~clocks.at(1, "neurons")
            ),
            (neurons & last(neuron_slots)).implies(
                same(clocks.at(0, "ended"), step.equals(plan.steps - 1))
            ),
            same(clocks.at(0, "first_step"), ~step.any()),
        ),
        clocks.quiet,
    )


# --- readout


def prove_readout(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """Each row's words are added as often as the row has spiked."""
    clocks = Clocks(prover, net, 1)
    trace, valid, running = (clocks.at(0, name) for name in ("trace", "valid", "running"))
    active = clocks.at(0, "active")
    event, next_ = clocks.at(0, "event"), clocks.at(0, "next")
    bits = plan.trace_bits + plan.group_bits + 2

    def count(clock: int) -> Bits:
        done = (clocks.at(clock, "done").wide(bits) - 1).times(plan.out_groups)
        return done + clocks.at(clock, "at_group").wide(bits)

    whole = trace.wide(bits).times(plan.out_groups)
    inside = clocks.at(0, "at_group").below(plan.out_groups) & (
        ~trace.any() | count(0).below(whole)
    )
    inside = inside & (trace.any() | ~count(0).any()) & same(active, trace.any())
    inside = inside & clocks.at(0, "done").any()
    prover.claim(
        "readout: a row",
        "slots of a row count through its words, as often as it has spiked; then the row is over,"
        " and the next one begins with its first word; a silent row has no slot",
        violated(
            same(event, running & valid & trace.any()),
            (event & ~next_).implies(same(count(1), count(0) + 1)),
            (event & ~next_).implies(count(1).below(whole)),
            (event & next_).implies(same(count(0) + 1, whole) & ~count(1).any()),
            (~event).implies(same(count(1), count(0))),
            (running & valid & ~trace.any()).implies(next_),
            event.implies(same(clocks.at(0, "group"), clocks.at(0, "at_group"))),
        ),
        [*clocks.quiet, inside.holds, (~clocks.at(0, "start")).holds],
    )
    if plan.sets > 1:
        ends = event & clocks.at(0, "at_group").equals(plan.out_groups - 1)
        set_, then = clocks.at(0, "at_set"), clocks.at(1, "at_set")
        prover.claim(
            "readout: partial sums in turn",
            "each visit of a row adds to the next partial sum: as many slots as an addition takes"
            " lie between two additions to the same one",
            violated(
                same(then, mux(ends, set_ + 1, set_)),
                event.implies(same(clocks.at(0, "set"), set_)),
                clocks.const(plan.sets * plan.out_groups >= LOOP, 1),
            ),
            [*clocks.quiet, (~clocks.at(0, "start")).holds],
        )


# --- rows


def prove_rows(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """Hidden neurons are rows in order, each once, with the values of their own lane."""
    clocks = Clocks(prover, net, 1)
    lane, group = clocks.at(0, "at"), clocks.at(0, "at_group")
    walking, fetching = clocks.at(0, "walking"), clocks.at(0, "fetching")
    takes = walking & clocks.at(0, "next")
    row, then = cat([lane, group]), cat([clocks.at(1, "at"), clocks.at(1, "at_group")])
    last = row.equals(plan.neurons - 1)
    quiet = [*clocks.quiet, (~clocks.at(0, "start")).holds]
    prover.claim(
        "rows: in order",
        "a row that is taken gives way to the next neuron, after the last one of a group to a fetch"
        " of the next group; the last neuron ends the walk",
        violated(
            (takes & ~last).implies(same(then, row + 1)),
            (takes & ~last & ~lane.all()).implies(clocks.at(1, "walking")),
            (takes & ~last & lane.all()).implies(
                clocks.at(1, "fetching") & ~clocks.at(1, "walking") & ~clocks.at(1, "clock").any()
            ),
            (takes & last).implies(~clocks.at(1, "walking") & ~clocks.at(1, "fetching")),
            same(clocks.at(0, "ended"), takes & last),
            (walking & ~takes).implies(same(then, row) & clocks.at(1, "walking")),
            same(clocks.at(0, "row"), row),
            same(clocks.at(0, "valid"), walking),
        ),
        [*quiet, (~(walking & fetching)).holds],
    )
    facts = []
    sizes = (("traces", plan.trace_bits + 1), ("ages", plan.hidden.age_bits))
    for name, bits in sizes:
        held, after = clocks.at(0, name), clocks.at(1, name)
        gone = cat([held[bits:], clocks.const(0, bits)])
        facts += [takes.implies(same(after, gone)), (walking & ~takes).implies(same(after, held))]
    shown = cat([clocks.at(0, "trace"), clocks.at(0, "near")])
    facts += [
        same(shown, clocks.at(0, "traces")[: plan.trace_bits + 1]),
        same(clocks.at(0, "age"), clocks.at(0, "ages")[: plan.hidden.age_bits]),
        takes.implies(same(clocks.at(1, "active"), clocks.at(1, "trace").any())),
        (walking & ~takes).implies(same(clocks.at(1, "active"), clocks.at(0, "active"))),
    ]
    prover.claim(
        "rows: the lanes move up",
        "with each row that is taken the values of the lanes move up by one, and the first ones are"
        " shown",
        violated(*facts),
        [*quiet, (~(walking & fetching)).holds],
    )
    clock, word = clocks.at(0, "clock"), clocks.at(0, "word")
    loads = []
    for (name, bits), when in zip(sizes, (plan.fetch, plan.fetch + 1), strict=True):
        lanes = [word[low : low + bits] for low in range(0, len(word), plan.state_bits)]
        taken = fetching & clock.equals(when)
        loads.append(taken.implies(same(clocks.at(1, name), cat(lanes))))
        loads.append((fetching & ~taken).implies(same(clocks.at(1, name), clocks.at(0, name))))

    def place(part: Part) -> Bits:
        return cat([group, clocks.const(int(part), 2)])

    address = clocks.at(0, "address")
    prover.claim(
        "rows: the fetch",
        "the words of a group's traces and ages are asked for in the first two clocks of a fetch,"
        " and taken when they come",
        violated(
            *loads,
            (fetching & clock.equals(0)).implies(same(address, place(Part.TRACE))),
            (fetching & clock.equals(1)).implies(same(address, place(Part.AGE))),
            (~fetching).implies(~address.any()),
            (fetching & clock.equals(plan.fetch)).implies(
                same(clocks.at(1, "active"), clocks.at(1, "trace").any())
            ),
            (fetching & clock.equals(plan.fetch + 1)).implies(
                clocks.at(1, "walking") & same(clocks.at(1, "active"), clocks.at(0, "active"))
            ),
            (fetching & ~clock.equals(plan.fetch + 1)).implies(
                clocks.at(1, "fetching") & same(clocks.at(1, "clock"), clock + 1)
            ),
        ),
        [*quiet, (~walking).holds, clock.below(plan.fetch + 2).holds],
    )


# --- control


def prove_control(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """No pass begins before all that was written has landed."""
    del plan
    clocks = Clocks(prover, net, 1)
    starts: Any = clocks.at(1, "starts")
    landing, release = clocks.at(0, "landing"), clocks.at(1, "release")
    one = same(starts & (starts - 1), clocks.const(0, len(starts)))
    prover.claim(
        "control: passes begin when all has landed",
        "a pass begins, and a sample ends, in a clock behind one in which nothing is on its way to"
        " a memory; one pass at a time",
        violated((starts.any() | release).implies(~landing), one, ~(starts.any() & release)),
        clocks.quiet,
    )
    serves = clocks.at(0, "serves")
    prover.claim(
        "control: the host",
        "the host has the memories only while no pass runs, and no pass begins meanwhile; what is"
        " told is taken when the host asks for nothing",
        violated(
            serves.implies(~clocks.at(0, "starts").any() & ~clocks.at(0, "o_valid")),
            serves.implies(~clocks.at(0, "release")),
            clocks.at(0, "teach__ready").implies(~clocks.at(0, "host")),
        ),
        clocks.quiet,
    )
    taken = clocks.at(0, "teach__valid") & clocks.at(0, "teach__ready")
    told = clocks.at(0, "told")
    prover.claim(
        "control: what is told",
        "it stands from the transfer to the end of the sample",
        violated(
            same(clocks.at(1, "told"), mux(taken, clocks.at(0, "teach__payload"), told)),
        ),
        clocks.quiet,
    )
