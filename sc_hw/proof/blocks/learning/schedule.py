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
from sc_hw.learning.spike_queue import SpikeQueue
from sc_hw.proof.bits import Bits, cat, either, mux
from sc_hw.proof.blocks.learning.layers import AtLayer, hidden_layers
from sc_hw.proof.blocks.network.addresses import Clocks, same, violated
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import word_at
from sc_model.arithmetic.learning import gated_signal
from sc_model.graph.smt import SmtInt, SmtOps


def _bit(vector: Bits, index: Bits) -> Bits:
    """One bit of a vector, by number; 0 beyond it."""
    bits = [vector[place] & index.equals(place) for place in range(len(vector))]
    return either(bits, vector.terms)


# --- weights


def prove_weights(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """A slot's word is read, and its change written to the same word, while `landing` is high."""
    landing_clock = plan.fetch + PRODUCT
    clocks = Clocks(prover, net, landing_clock + 1)
    t = prover.terms
    update, address = clocks.at(0, "update"), clocks.at(0, "address")
    load, new_word = clocks.at(landing_clock, "load"), clocks.at(landing_clock, "changed")
    enable, data = clocks.at(landing_clock, "ram.w_en"), clocks.at(landing_clock, "ram.w_data")
    port = "ram.r_addr" if plan.single_port else "ram.w_addr"
    everything = clocks.const((1 << plan.lanes) - 1, plan.lanes)
    no_load = (~load.any()).holds
    prover.claim(
        "weights: the write",
        "a slot that updates writes the changed word to the word of the slot, all lanes of it; no"
        " other slot writes",
        violated(
            same(enable, everything.gated(update)),
            update.implies(same(clocks.at(landing_clock, port), address)),
            update.implies(same(data, new_word)),
        ),
        [*clocks.quiet, no_load],
        {"address": address.term},
    )
    before = clocks.at(landing_clock - 1, "address")
    prover.claim(
        "weights: a load",
        "the host's data goes into the lanes of its mask, of the word whose address stood before",
        violated(
            same(enable, load),
            same(clocks.at(landing_clock, port), before),
            same(data, cat([clocks.at(landing_clock, "load_data")] * plan.lanes)),
        ),
        [*clocks.quiet, (~update).holds],
    )
    prover.claim(
        "weights: under way",
        "from the clock behind a slot that updates to its write, `landing` is high",
        violated(*(clocks.at(clock, "landing") for clock in range(1, landing_clock + 1))),
        [*clocks.quiet, update.holds],
    )
    memory = clocks.frames.memory(1, "ram.words")
    stored = Bits(t, word_at(t, memory, address.term))
    assumptions = [*clocks.quiet]
    if plan.single_port:
        assumptions.append((~clocks.at(1, "ram.w_en").any()).holds)
    prover.claim(
        "weights: the read",
        "a slot's weights are the word at its address"
        + (", in a clock without a write" if plan.single_port else ""),
        violated(same(clocks.at(plan.fetch, "words"), stored)),
        assumptions,
    )
    if plan.single_port:
        _prove_one_port(prover, net, plan)


def _prove_one_port(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """Slots of one parity never meet a write."""
    landing_clock = plan.fetch + PRODUCT
    clocks = Clocks(prover, net, 2 * landing_clock)
    slots = range(0, 2 * landing_clock, 2)
    silent = [(~clocks.at(clock, "update")).holds for clock in range(1, 2 * landing_clock, 2)]
    no_load = [(~clocks.at(clock, "load").any()).holds for clock in range(2 * landing_clock + 1)]
    prover.claim(
        "weights: one port",
        "where slots are issued in clocks of one parity alone, each reads its own word: the port is"
        " taken by writes in the other clocks",
        violated(
            *(
                same(clocks.at(slot + 1, "ram.r_addr"), clocks.at(slot, "address"))
                for slot in slots
            ),
            *(~clocks.at(slot + 1, "ram.w_en").any() for slot in slots[landing_clock // 2 :]),
        ),
        [*clocks.quiet, *silent, *no_load, (~clocks.at(0, "landing")).holds],
    )


# --- update of the hidden layer


class _UpdateStep:
    """The groups of a row that are to come, in this clock and the next.

    Members
    -------
    some : the number of any one group.
    assumptions : what is assumed of every clock of the pass.
    """

    def __init__(self, clocks: Clocks, plan: LearningPlan) -> None:
        self.clocks, self.plan, t = clocks, plan, clocks.terms
        self.active = clocks.at(0, "active")
        self.some = Bits(t, t.var("any group", plan.group_bits))
        self.assumptions = [
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
        first, behind = self.clocks.at(clock, "first_group"), self.clocks.at(clock, "behind_first")
        some, active = self.some, self.active
        return [
            first.below(self.plan.groups),
            _bit(active, first),
            ~_bit(behind, first),
            same(self.clocks.at(clock, "alone"), ~behind.any()),
            same(_bit(active, some), same(first, some) | _bit(behind, some)),
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
        step.assumptions,
    )
    invariants = [fact.holds for fact in (*step.invariant(0), *step.first_groups(0))]
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
        [*step.assumptions, *invariants],
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
    assumptions : what is assumed of every clock of the pass.
    stands : the row stands, or is over; its slots begin when it has stood for a clock.
    """

    def __init__(self, clocks: Clocks, plan: LearningPlan, layer: AtLayer) -> None:
        self.clocks, self.words, t = clocks, plan.groups_of(layer.index + 1), clocks.terms
        self.word = Bits(t, t.var("any word", plan.group_bits))
        self.wants, self.updates = clocks.at(0, "wants"), clocks.at(0, "updates")
        self.active = clocks.at(0, "active")
        self.marked = _bit(self.active, self.word)
        self.assumptions = [
            *clocks.quiet,
            *layer.condition,
            self.word.below(self.words).holds,
            (~clocks.at(0, "start")).holds,
            *(fact.holds for fact in self.invariant(0)),
        ]
        names = ("signals", "learns", "active", "valid", "trace", "near", "age", "row")
        changes = either([~same(clocks.at(1, name), clocks.at(0, name)) for name in names], t)
        due = clocks.at(0, "due")
        self.stands = (clocks.at(0, "next") | ~changes) & (~due | known_row(clocks, 0))
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
    for layer in hidden_layers(clocks, plan, 1):
        _prove_backward_rows(prover, clocks, plan, layer)
    _prove_backward_slots(prover, clocks)
    _prove_licence(prover, clocks, plan)


def _prove_backward_rows(
    prover: Prover, clocks: Clocks, plan: LearningPlan, layer: AtLayer
) -> None:
    """The words of a row of the layer behind a hidden one."""
    step = _BackwardStep(clocks, plan, layer)
    due, next_ = clocks.at(0, "due"), clocks.at(0, "next")
    to_read, to_update = step.to_read, step.to_update
    at = clocks.at(0, "at_group")
    here = same(at, step.word)
    feedback, update = clocks.at(0, "feedback"), clocks.at(0, "update")
    prover.claim(
        f"backward: each word once{layer.suffix}",
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
        [*step.assumptions, step.stands.holds],
        {"word": step.word.term},
    )
    prover.claim(
        f"backward: old weights{layer.suffix}",
        "while a word of the row is still to be read for its signal, none of the row's words has"
        " been updated",
        violated(to_read(0).implies(same(to_update(0), step.updates & step.marked))),
        step.assumptions,
    )
    prover.claim(
        f"backward: a new row{layer.suffix}",
        "when a row is over the next one begins with its first word",
        violated(~clocks.at(1, "updating"), ~clocks.at(1, "at_group").any()),
        [*step.assumptions, next_.holds],
    )


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
    part = ForwardPass(plan, HiddenNeurons(plan).spacing)
    clocks = Clocks(prover, net, 1)
    for layer in hidden_layers(clocks, plan, 0):
        _prove_events(prover, clocks, plan, part, layer)
        _prove_visits(prover, clocks, plan, part, layer)
    if plan.layer_bits:
        _prove_picks(prover, clocks)


def _prove_events(
    prover: Prover, clocks: Clocks, plan: LearningPlan, part: ForwardPass, layer: AtLayer
) -> None:
    """The slots of an event."""
    slot, after = clocks.at(0, "slot"), clocks.at(1, "slot")
    events, event = clocks.at(0, "events"), clocks.at(0, "event")
    group, width = clocks.at(0, "group"), len(slot)
    slots, index = plan.event_slots(layer.index), layer.index
    ends = events & slot.equals(slots - 1)
    none = clocks.const(0, 1)
    further = plan.layer_bits > 0 and index > 0
    advance, last = clocks.at(0, "advance"), clocks.at(0, "last")
    facts = [
        same(event, events & slot.below(plan.groups_of(index))),
        event.implies(same(group.wide(max(width, len(group))), slot.wide(max(width, len(group))))),
        (events & ~ends).implies(clocks.at(1, "events") & same(after, slot + 1) & ~advance),
        ends.implies(~after.any()),
        clocks.const(slots >= LOOP, 1),
    ]
    if further:
        facts += [
            ends.implies(~advance & clocks.at(1, "picks")),
            same(clocks.at(0, "take"), ends),
        ]
    else:
        facts += [
            ends.implies(same(advance, ~last)),
            ends.implies(mux(last, clocks.at(1, "neurons"), clocks.at(1, "events"))),
            same(clocks.at(0, "take") if plan.layer_bits else none, none),
        ]
    if plan.layer_bits:
        facts.append(events.implies(same(clocks.at(1, "layer"), clocks.at(0, "layer"))))
    most = max(slots, part.neuron_slots[index])
    prover.claim(
        f"forward: an {'event' if further else 'input'}{layer.suffix}",
        "it takes its slots one after the other: the first `groups` of them add the weights of each"
        " group once; it gives way after the last one, which is at least as many clocks later as an"
        " addition takes: an input to the next one of its list, a neuron is taken from the queue",
        violated(*facts),
        [*clocks.quiet, slot.below(most).holds, *layer.condition],
    )


def _prove_visits(
    prover: Prover, clocks: Clocks, plan: LearningPlan, part: ForwardPass, layer: AtLayer
) -> None:
    """The neurons of a layer in a step."""
    slot, after = clocks.at(0, "slot"), clocks.at(1, "slot")
    neurons, visit, group = (clocks.at(0, name) for name in ("neurons", "visit", "group"))
    index, slots = layer.index, part.neuron_slots[layer.index]
    visits, width = plan.fold * plan.groups_of(index), len(slot)
    ends = neurons & slot.equals(slots - 1)
    high = slot[plan.share_bits :].wide(max(width, len(group)))
    step, then = clocks.at(0, "step"), clocks.at(1, "step")
    share = clocks.at(0, "share")
    facts = [
        same(visit, neurons & slot.below(visits)),
        visit.implies(same(share, slot[: plan.share_bits])),
        visit.implies(same(group.wide(len(high)), high)),
        (neurons & ~ends).implies(
            clocks.at(1, "neurons") & same(after, slot + 1) & same(then, step)
        ),
        same(clocks.at(0, "first_step"), ~step.any()),
    ]
    over = ends.implies(~after.any() & same(then, step + 1) & ~clocks.at(1, "neurons"))
    if index == plan.stages - 1:
        facts += [over, ends.implies(same(clocks.at(0, "ended"), step.equals(plan.steps - 1)))]
    else:
        facts += [
            ends.implies(~after.any() & same(then, step) & ~clocks.at(1, "neurons")),
            ends.implies(~clocks.at(0, "ended") & clocks.at(1, "picks")),
            clocks.const(slots >= visits + HiddenNeurons(plan).written, 1),
        ]
    if plan.layer_bits:
        at, behind = clocks.at(0, "layer"), clocks.at(1, "layer")
        spent = visit & share.all() if index else clocks.const(0, 1)
        facts += [
            (neurons & ~ends).implies(same(behind, at)),
            ends.implies(behind.equals((index + 1) % plan.stages)),
            same(clocks.at(0, "spent"), spent),
        ]
    prover.claim(
        f"forward: the neurons of a step{layer.suffix}",
        "each share of each group is visited once, before the next step is looked up, or, of a"
        " layer with one behind it, before a spike of the step is asked for, which is written by"
        " then; sums of a further layer are spent with the last share",
        violated(*facts),
        [*clocks.quiet, *layer.condition],
    )


def _prove_picks(prover: Prover, clocks: Clocks) -> None:
    """Between the events of spikes: one that waits is next, and without any the neurons are."""
    picks, then = clocks.at(0, "picks"), clocks.at(1, "picks")
    waiting, empty, renew = (clocks.at(0, name) for name in ("waiting", "empty", "renew"))
    events, neurons = clocks.at(1, "events"), clocks.at(1, "neurons")
    same_layer = same(clocks.at(1, "layer"), clocks.at(0, "layer"))
    prover.claim(
        "forward: spikes in turn",
        "a neuron that waits has its event next, and without any the layer's own neurons are next,"
        " the queue being cleared, and at no other time",
        violated(
            (picks & waiting).implies(events & ~then & ~renew & same_layer),
            (picks & ~waiting & empty).implies(neurons & ~then & renew & same_layer),
            (picks & ~waiting & ~empty).implies(then & ~renew & same_layer),
            renew.implies(picks),
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
            # that a group is one of the readout's is a fact of the claim above
            [
                *clocks.quiet,
                (~clocks.at(0, "start")).holds,
                clocks.at(0, "at_group").below(plan.out_groups).holds,
            ],
        )


# --- rows


def prove_rows(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """Hidden neurons are rows in order, each once, with the values of their own lane."""
    clocks = Clocks(prover, net, 1)
    lane, group = clocks.at(0, "at"), clocks.at(0, "at_group")
    walking, fetching = clocks.at(0, "walking"), clocks.at(0, "fetching")
    takes = walking & clocks.at(0, "next")
    row, then = cat([lane, group]), cat([clocks.at(1, "at"), clocks.at(1, "at_group")])
    first = clocks.const(0, plan.lane_bits)
    quiet = [*clocks.quiet, (~clocks.at(0, "start")).holds]
    for layer in hidden_layers(clocks, plan, 1):
        lanes = plan.lanes_of(layer.index)
        end, highest = plan.place_of(layer.index, plan.neurons_of(layer.index) - 1)
        last = group.equals(end) & lane.equals(highest)
        over = lane.equals(lanes - 1)
        following = mux(over, cat([first, group + 1]), row + 1)
        prover.claim(
            f"rows: in order{layer.suffix}",
            "a row that is taken gives way to the next neuron, after the last one of a group to a"
            " fetch of the next group; the last neuron ends the walk",
            violated(
                (takes & ~last).implies(same(then, following)),
                (takes & ~last & ~over).implies(clocks.at(1, "walking")),
                (takes & ~last & over).implies(
                    clocks.at(1, "fetching")
                    & ~clocks.at(1, "walking")
                    & ~clocks.at(1, "clock").any()
                ),
                (takes & last).implies(~clocks.at(1, "walking") & ~clocks.at(1, "fetching")),
                same(clocks.at(0, "ended"), takes & last),
                (walking & ~takes).implies(same(then, row) & clocks.at(1, "walking")),
                same(clocks.at(0, "row"), row),
                same(clocks.at(0, "valid"), walking),
            ),
            [*quiet, (~(walking & fetching)).holds, lane.below(lanes).holds, *layer.condition],
        )
    facts = []
    sizes = (("traces", plan.trace_bits + 1), ("ages", plan.hidden.age_bits))
    for name, bits in sizes:
        before, after = clocks.at(0, name), clocks.at(1, name)
        shifted = cat([before[bits:], clocks.const(0, bits)])
        facts += [
            takes.implies(same(after, shifted)),
            (walking & ~takes).implies(same(after, before)),
        ]
    output = cat([clocks.at(0, "trace"), clocks.at(0, "near")])
    facts += [
        same(output, clocks.at(0, "traces")[: plan.trace_bits + 1]),
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
    _prove_fetch(prover, clocks, plan, quiet)


def _prove_fetch(prover: Prover, clocks: Clocks, plan: LearningPlan, quiet: list[Any]) -> None:
    """The words of a group, for its rows."""
    group, walking, fetching = (clocks.at(0, name) for name in ("at_group", "walking", "fetching"))
    sizes = (("traces", plan.trace_bits + 1), ("ages", plan.hidden.age_bits))
    clock, word = clocks.at(0, "clock"), clocks.at(0, "word")
    loads = []
    for (name, bits), when in zip(sizes, (plan.fetch, plan.fetch + 1), strict=True):
        lanes = [word[low : low + bits] for low in range(0, len(word), plan.state_bits)]
        arrives = fetching & clock.equals(when)
        loads.append(arrives.implies(same(clocks.at(1, name), cat(lanes))))
        loads.append((fetching & ~arrives).implies(same(clocks.at(1, name), clocks.at(0, name))))

    def place(part: Part) -> Bits:
        at = [clocks.at(0, "layer")] if plan.layer_bits else []
        return cat([group, *at, clocks.const(int(part), 2)])

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
    transfer = clocks.at(0, "teach__valid") & clocks.at(0, "teach__ready")
    labels = clocks.at(0, "told")
    prover.claim(
        "control: what is told",
        "it stands from the transfer to the end of the sample",
        violated(
            same(clocks.at(1, "told"), mux(transfer, clocks.at(0, "teach__payload"), labels)),
        ),
        clocks.quiet,
    )
    if plan.layer_bits:
        _prove_layers_in_turn(prover, clocks, plan)


def _prove_layers_in_turn(prover: Prover, clocks: Clocks, plan: LearningPlan) -> None:
    """Rows are those of the last hidden layer, and of each one in front of it once."""
    layer, then = clocks.at(0, "layer"), clocks.at(1, "layer")
    starts, learn = clocks.at(1, "starts"), clocks.at(0, "learn")
    release, goes_on = clocks.at(0, "release"), clocks.at(0, "goes_on")
    learning = [layer.equals(index) & learn[: index + 1].any() for index in range(1, plan.stages)]
    backward = clocks.const(1 << 3, len(starts))  # the fourth pass
    prover.claim(
        "control: layers in turn",
        "the layer whose rows are walked goes down by one, if it is not the first and it or one in"
        " front of it learns, and a backward pass over its rows is next; it is the last one again"
        " when the sample is over, and nothing else changes it",
        violated(
            goes_on.implies(same(then, layer - 1) & either(learning, clocks.terms)),
            goes_on.implies(~(starts & ~backward).any() & ~release),
            release.implies(then.equals(plan.stages - 1)),
            (~goes_on & ~release).implies(same(then, layer)),
        ),
        [*clocks.quiet, layer.below(plan.stages).holds],
    )


# --- queue


def prove_queue(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """Every spike that is added is given once, and nothing else is."""
    clocks = Clocks(prover, net, 1)
    t, queue = prover.terms, SpikeQueue(plan)
    bits = (queue.places - 1).bit_length()
    push, spikes, clear = (clocks.at(0, name) for name in ("push", "spikes", "clear"))
    adds, opens, take = push & spikes.any(), clocks.at(0, "opens"), clocks.at(0, "take")
    written, taken = clocks.at(0, "written"), clocks.at(0, "taken")
    left, stands = clocks.at(0, "left"), clocks.at(0, "stands")
    before, after = (clocks.frames.memory(clock, "words") for clock in (0, 1))
    some = Bits(t, t.var("any place", bits))

    def word(memory: Any, at: Bits) -> Bits:
        return Bits(t, word_at(t, memory, at.term))

    def stood(clock: int, memory: Any) -> Bits:
        """What stands at the memory's port is the word that comes next."""
        here, next_ = clocks.at(clock, "fetched"), clocks.at(clock, "taken")
        waits = next_.below(clocks.at(clock, "written"))
        return clocks.at(clock, "stands").implies(waits & same(here, word(memory, next_[:bits])))

    data = cat([spikes, clocks.at(0, "share"), clocks.at(0, "group")])
    whole = 1 << bits
    assumptions = [
        *clocks.quiet,
        stood(0, before).holds,
        (~written.below(taken)).holds,
        (~(push & clear)).holds,
        take.implies(left.any()).holds,
        # No more words than the layer has shares are added to a queue that was cleared.
        (~adds | written.below(whole)).holds,
    ]
    fetched = word(before, taken[:bits])
    prover.claim(
        "queue: words in turn",
        "a share in which a neuron fires is added behind the words that are there, and the words"
        " are opened in that order, each once, when no neuron of the one before is left; clearing"
        " forgets them",
        violated(
            same(
                clocks.at(1, "written"),
                mux(clear, clocks.const(0, bits + 1), written + adds.wide(bits + 1)),
            ),
            same(
                clocks.at(1, "taken"),
                mux(clear, clocks.const(0, bits + 1), taken + opens.wide(bits + 1)),
            ),
            opens.implies(stands & ~left.any()),
            same(
                word(after, some),
                mux(adds & same(some, written[:bits]), data, word(before, some)),
            ),
            ~clocks.at(1, "written").below(clocks.at(1, "taken")),
        ),
        assumptions,
    )
    prover.claim(
        "queue: the word in front",
        "what stands at the memory's port is the word that comes next, and was added",
        violated(stood(1, after)),
        assumptions,
    )
    _prove_neurons_of_word(prover, clocks, plan, fetched, assumptions)


def _prove_neurons_of_word(
    prover: Prover, clocks: Clocks, plan: LearningPlan, fetched: Bits, assumptions: list[Any]
) -> None:
    """The neurons of a word of spikes."""
    left, then, place = clocks.at(0, "left"), clocks.at(1, "left"), clocks.at(0, "place")
    written, taken = clocks.at(0, "written"), clocks.at(0, "taken")
    clear, opens, take = (clocks.at(0, name) for name in ("clear", "opens", "take"))
    t = clocks.terms
    lowest = left & (~left + 1)
    own = [lowest[n] for n in range(len(left))]
    number = cat(
        [
            *(
                either([own[n] for n in range(len(left)) if n >> bit & 1], t)
                for bit in range((len(left) - 1).bit_length())
            ),
            place,
        ]
    )
    prover.claim(
        "queue: a word's neurons",
        "the neurons of a word are given from the lowest up, each once: a neuron that is taken is"
        " no longer left, and no other one goes",
        violated(
            same(clocks.at(0, "some"), left.any()),
            same(clocks.at(0, "row"), number),
            same(clocks.at(0, "empty"), ~left.any() & same(taken, written)),
            clear.implies(~then.any()),
            (~clear & opens).implies(
                same(then, fetched[: plan.share])
                & same(clocks.at(1, "place"), fetched[plan.share :])
            ),
            (~clear & ~opens & take).implies(same(then, left & ~lowest)),
            (~clear & ~opens & ~take).implies(same(then, left)),
            (~opens).implies(same(clocks.at(1, "place"), place)),
        ),
        assumptions,
    )
