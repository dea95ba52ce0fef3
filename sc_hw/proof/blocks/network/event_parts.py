"""Claims about the parts of an event layer that find its events, issue their words and read sums.

Each is a step from any state that satisfies the part's invariant to the next one, so that all runs
follow by induction. A scanner's state is seen as the value of any one column, if it is still to
come.
"""

from __future__ import annotations

from typing import Any

from sc_hw.proof.bits import Bits, cat, either, mux
from sc_hw.proof.blocks.network.addresses import Clocks, same, violated
from sc_hw.proof.blocks.network.conv_parts import prove_conv_sequencer
from sc_hw.proof.blocks.network.facts import (
    EventCounterFacts,
    ScannerFacts,
    WiperFacts,
)
from sc_hw.proof.blocks.network.sparse_parts import prove_sparse_sequencer
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_model.graph.smt import K
from sc_model.spec import ConvSpec, NetworkSpec, SparseSpec


class _Event:
    """The fields of an event as it travels from scanner to sequencer."""

    def __init__(self, payload: Bits, width: int) -> None:
        self.end = payload[0]
        self.column, self.value = payload[1 : len(payload) - width], payload[len(payload) - width :]


# --- scanner --------------------------------------------------------------------------------------


def prove_scanner(prover: Prover, net: Netlist, network: NetworkSpec, facts: ScannerFacts) -> None:
    """Add the claims about a scanner to the prover."""
    label = f"layer {network.layers[facts.layer].name}, scanner"
    clocks = Clocks(prover, net, 1)
    step = _ScannerStep(clocks, facts)
    scanning, load, transfer = step.scanning, step.load, step.transfer
    # The layer hands over values only when the token of the last ones is out.
    assumptions = [
        *clocks.quiet,
        _scanner_invariant(clocks, 0, facts).holds,
        (~load | ~scanning).holds,
    ]
    if facts.sliced:
        _prove_wants(prover, clocks, step, label, assumptions)
    _prove_search(prover, clocks, step, facts, label, assumptions)
    if not facts.sliced:
        _prove_all_columns(prover, clocks, step, facts, label, assumptions)
    prover.claim(
        f"{label}: end of a tick",
        "the end token comes from the last columns when nothing is left of them, once; an event"
        " that is not taken stays as it is",
        violated(
            step.token.implies(scanning & ~step.left.any() & ~clocks.at(1, "scanning")),
            same(clocks.at(1, "scanning"), load | (scanning & ~step.token)),
            step.room | transfer | clocks.at(1, "o_event__valid"),
            step.room
            | transfer
            | same(clocks.at(1, "o_event__payload"), clocks.at(0, "o_event__payload")),
        ),
        assumptions,
    )
    prover.claim(
        f"{label}: it goes on",
        "in each clock in which its last event has been taken"
        + (" before" if facts.spaced else "")
        + " it gives an event or the token, or goes on to the next columns",
        violated((scanning & step.room & step.supply).implies(step.hit | step.token | step.moves)),
        assumptions,
    )
    prover.claim(
        f"{label}: after a reset",
        "a reset takes away what is to come",
        violated(~clocks.at(1, "scanning"), ~clocks.at(1, "o_event__valid")),
        [prover.on(clocks.frames.at(0, "rst"))],
    )


class _ScannerStep:
    """The signals of a scanner in a clock, and what it gives by the next one."""

    def __init__(self, clocks: Clocks, facts: ScannerFacts) -> None:
        self.scanning, self.load = clocks.at(0, "scanning"), clocks.at(0, "load")
        self.left, self.next_left = clocks.at(0, "left"), clocks.at(1, "left")
        self.number, self.next_number = (_number(clocks, clock, facts) for clock in (0, 1))
        valid, ready = clocks.at(0, "o_event__valid"), clocks.at(0, "o_event__ready")
        self.transfer = valid & ready
        self.room = ~valid if facts.spaced else ~valid | ready
        self.event = _Event(clocks.at(1, "o_event__payload"), facts.width)
        # With `spaced` too: an event that stayed behind its transfer would be another one.
        new_event = (~valid | ready) & clocks.at(1, "o_event__valid")
        self.hit, self.token = new_event & ~self.event.end, new_event & self.event.end
        # What a tick's next chunk has, where it comes from outside, and whether it is there.
        self.wants = clocks.at(0, "wants") if facts.sliced else None
        self.supply = clocks.const(1, 1)
        if self.wants is not None:
            self.supply = clocks.at(0, "more") | ~self.wants
        self.chunks = facts.chunks
        self.last_supply = clocks.const(facts.chunks == 1, 1)
        if facts.chunks > 1:
            self.last_supply = ~self.load & self.number.equals(facts.chunks - 2)
        self.moves = same(self.next_number, self.number + 1) & ~self.load


def _prove_search(
    prover: Prover,
    clocks: Clocks,
    step: _ScannerStep,
    facts: ScannerFacts,
    label: str,
    assumptions: list[Any],
) -> None:
    """One event is one column in front; an empty chunk gives way to the next one."""
    chunk, width = facts.chunk * facts.width, facts.width
    left, after, column = step.left, step.next_left, step.event.column
    front = [left[place * width : (place + 1) * width] for place in range(facts.chunk)]
    rest = [after[place * width : (place + 1) * width] for place in range(facts.chunk)]
    bits = len(column) + len(step.number) + facts.chunk.bit_length()
    first = step.number.wide(bits).times(facts.chunk)
    searched = []
    for place in range(facts.chunk):
        here = same(column.wide(bits), first + place)
        value = same(step.event.value, front[place]) & front[place].any()
        searched.append((step.hit & here).implies(value & ~rest[place].any()))
        searched.append((step.hit & ~here).implies(same(rest[place], front[place])))
    in_front = [same(column.wide(bits), first + place) for place in range(facts.chunk)]
    above = same(after[chunk:], left[chunk:]) if len(left) > chunk else clocks.const(1, 1)
    stands = same(step.next_number, step.number)
    stays = stands & same(after, left)
    if len(left) > chunk:
        shifted = same(after, left[chunk:].wide(len(left)))
        next_chunk = step.scanning & step.moves & ~left[:chunk].any() & shifted
        stays = stays | next_chunk
    values = clocks.at(0, "values").wide(len(left))
    if facts.sliced:
        values = mux(step.last_supply, _in_columns(values, facts), values)
        takes = clocks.at(0, "wants") & clocks.at(0, "more")
        stays = (stands & same(after, left) & ~takes) | (
            step.scanning & step.moves & ~left.any() & same(after, values) & takes
        )
    handover = same(after, values) & step.next_number.equals(0)
    prover.claim(
        f"{label}: the search",
        "an event has the number and the value of one of the columns in front that is not 0, and"
        " clears it; columns in front that are all 0 give way to the next ones; values that are"
        " handed over are all taken in; nothing else changes a value that is left",
        violated(
            _scanner_invariant(clocks, 1, facts),
            *searched,
            step.hit.implies(either(in_front, clocks.terms) & above & stands),
            step.hit.implies(column.below(facts.columns) & step.scanning & ~step.load),
            step.load.implies(handover & ~step.hit & ~step.token),
            step.hit | step.load | stays | ~step.scanning,
        ),
        assumptions,
        {"column": column.term, "value": step.event.value.term},
    )


def _prove_all_columns(
    prover: Prover,
    clocks: Clocks,
    step: _ScannerStep,
    facts: ScannerFacts,
    label: str,
    assumptions: list[Any],
) -> None:
    """The same of any one column at its own place, and so of all."""
    t, event, width = clocks.terms, step.event, facts.width
    bits = len(step.left).bit_length() + len(event.column) + len(step.number)
    column = Bits(t, t.var("any column", bits))

    def value_of(values: Bits, place: Bits) -> Bits:
        wide = max(bits, len(values))
        shift = place.times(width).wide(wide)
        return Bits(t, t(K.BV_SHR, values.wide(wide).term, shift.term))[:width]

    def pending(clock: int) -> Bits:
        """Its value, if it is still to come."""
        first = _number(clocks, clock, facts).wide(bits).times(facts.chunk)
        ahead = clocks.at(clock, "scanning") & ~column.below(first)
        return value_of(clocks.at(clock, "left"), column - first).gated(ahead)

    before, after = pending(0), pending(1)
    here = step.hit & same(event.column.wide(bits), column)
    prover.claim(
        f"{label}: each active column once",
        "of any column: its value is to come when it is handed over; an event of the column has"
        " that value, which is not 0, and takes it away; nothing else changes what is to come",
        violated(
            step.load.implies(same(after, value_of(clocks.at(0, "values"), column))),
            here.implies(same(event.value, before) & event.value.any() & ~after.any()),
            (~here & ~step.load).implies(same(after, before)),
        ),
        [*assumptions, column.below(facts.columns).holds],
        {"column": column.term, "value": event.value.term},
    )


def _number(clocks: Clocks, clock: int, facts: ScannerFacts) -> Bits:
    """Number of the chunk in front: of one alone there is no register."""
    return clocks.at(clock, "number") if facts.chunks > 1 else clocks.const(0, 1)


def _in_columns(values: Bits, facts: ScannerFacts) -> Bits:
    """The values of a tick's last chunk: those that a column has, and the constant column's 1."""
    width, inside = facts.width, facts.columns - (facts.chunks - 1) * facts.chunk
    # The constant column is 1 whatever its place in the chunk says, in all bits of its value.
    mask = (1 << (inside - facts.constant) * width) - 1
    one = facts.constant << (inside - 1) * width
    return (values & Bits.const(values.terms, mask, len(values))) | Bits.const(
        values.terms, one, len(values)
    )


def _prove_wants(
    prover: Prover, clocks: Clocks, step: _ScannerStep, label: str, assumptions: list[Any]
) -> None:
    """When the next chunk is taken in."""
    left = step.left
    prover.claim(
        f"{label}: chunks come in turn",
        "the next chunk is wanted when nothing is left of the last one and the tick has more",
        violated(
            same(
                clocks.at(0, "wants"),
                step.scanning & ~left.any() & ~step.number.equals(step.chunks - 1),
            )
        ),
        assumptions,
    )


def _scanner_invariant(clocks: Clocks, clock: int, facts: ScannerFacts) -> Bits:
    """Behind the last column, which moves on with its chunk, there is nothing."""
    left, number = clocks.at(clock, "left"), _number(clocks, clock, facts)
    chunk, used = facts.chunk * facts.width, facts.columns * facts.width
    facts_of_chunks = [number.below(facts.chunks)]
    in_front = left[:chunk].any()
    scanning = clocks.at(clock, "scanning")
    facts_of_chunks.append(scanning.implies(same(clocks.at(clock, "found"), in_front)))
    if facts.chunks > 1:
        at_last = clocks.at(clock, "at_last")
        facts_of_chunks.append(scanning.implies(same(at_last, number.equals(facts.chunks - 1))))
    if facts.sliced:
        end = used - (facts.chunks - 1) * chunk
        if end < chunk:
            here = scanning & number.equals(facts.chunks - 1)
            facts_of_chunks.append(here.implies(~left[end:].any()))
        return cat(facts_of_chunks).all()
    chunks = facts.chunks
    for steps in range(chunks):
        end = used - steps * chunk
        if end < len(left):
            behind = ~left[end:].any()
            here = scanning & number.equals(steps)
            facts_of_chunks.append(here.implies(behind))
    return cat(facts_of_chunks).all()


# --- sequencer ------------------------------------------------------------------------------------


class _Sequencer:
    """The signals of a sequencer in some clock."""

    def __init__(self, clocks: Clocks, clock: int, network: NetworkSpec, facts: EventCounterFacts):
        self.spec, self.clocks = network.layers[facts.layer], clocks

        def at(name: str) -> Bits:
            return clocks.at(clock, name)

        width = network.crossing(facts.layer).value.width
        self.event = _Event(at("i_event__payload"), width)
        self.valid, self.hold, self.restart = at("i_event__valid"), at("hold"), at("restart")
        self.ready, self.issue, self.address = at("i_event__ready"), at("issue"), at("address")
        self.busy, self.place, self.value = at("busy"), at("place"), at("value")
        self.group, self.set, self.wrapped = at("group"), at("set"), at("wrapped")
        last = self.group.equals(self.spec.groups - 1)
        self.at_last = at("at_last") if self.spec.groups > 2 else last
        self.marked = same(self.at_last, last)
        self.ended, self.used, self.first = at("ended"), at("used"), at("first")
        self.transfer = self.valid & self.ready
        self.over = self.issue & last
        self.begins, self.token = self.transfer & ~self.event.end, self.transfer & self.event.end

    @property
    def anew(self) -> tuple[Bits, ...]:
        """What holds when it begins anew."""
        counts = (self.group.equals(0), self.set.equals(0), self.marked)
        return (~self.busy, ~self.ended, ~self.used.any(), *counts)

    def of_column(self, column: Bits, group: Bits) -> Bits:
        """Number of a column's word of a group, in as many bits as it may need."""
        bits = self.spec.depth.bit_length() + 1
        return column.wide(bits).times(self.spec.groups) + group.wide(bits)

    def invariant(self, column: Bits, sets: int) -> Bits:
        """What holds in every state, if `column` is that of the event under way."""
        spec, bits = self.spec, self.spec.depth.bit_length() + 1
        at_word = same(self.place.wide(bits), self.of_column(column, self.group))
        return (
            self.group.below(spec.groups)
            & self.marked
            & self.set.below(sets)
            & (self.busy | self.group.equals(0))
            & ~(self.ended & self.busy)
            & (~self.busy | (at_word & column.below(spec.columns)))
        )


def prove_sequencer(
    prover: Prover, net: Netlist, network: NetworkSpec, facts: EventCounterFacts
) -> None:
    """Add the claims about a sequencer to the prover."""
    layer = network.layers[facts.layer]
    if isinstance(layer, ConvSpec):
        prove_conv_sequencer(prover, net, layer, facts)
        return
    if isinstance(layer, SparseSpec):
        prove_sparse_sequencer(prover, net, layer, facts)
        return
    label = f"layer {network.layers[facts.layer].name}, sequencer"
    clocks = Clocks(prover, net, 1)
    t, sets = prover.terms, facts.sets
    now, then = (_Sequencer(clocks, clock, network, facts) for clock in (0, 1))
    column = Bits(t, t.var("column of the event under way", len(now.event.column)))
    # The layer restarts it only when the tick has ended; the scanner gives columns of the layer.
    assumptions = [
        *clocks.quiet,
        now.invariant(column, sets).holds,
        (~now.restart | now.ended).holds,
        (~now.begins | now.event.column.below(now.spec.columns)).holds,
    ]
    next_column = mux(now.begins, now.event.column, column)
    following = mux(now.issue, (now.group + 1).gated(~now.over), now.group)
    prover.claim(
        f"{label}: the words of an event",
        f"an event that is taken issues the {now.spec.groups} words of its column, groups in order,"
        " each once, with its value; nothing else is issued, and nothing while `hold` is high",
        violated(
            then.invariant(next_column, sets),
            same(now.issue, now.busy & ~now.hold),
            same(now.address, now.place.gated(now.busy)),
            now.issue.implies(now.address.below(now.spec.depth)),
            same(then.group, following),
            same(then.busy, now.begins | (now.busy & ~now.over)),
            now.begins.implies(~now.busy | now.over),
            same(then.value, mux(now.begins, now.event.value, now.value)),
        ),
        assumptions,
        {"place": now.place.term, "group": now.group.term},
    )
    prover.claim(
        f"{label}: end of a tick",
        "the end token is taken when the words of all events have been issued; then nothing is"
        " taken until the restart",
        violated(
            same(then.ended, (now.ended | now.token) & ~now.restart),
            now.token.implies(~now.busy),
            now.ended.implies(~now.transfer & ~now.issue),
            same(now.ready, ~now.ended & (~now.busy | (now.over & ~now.event.end))),
        ),
        assumptions,
    )
    facts_of_sets = []
    for number in range(sets):
        here = now.over & now.set.equals(number)
        expected = (now.used[number] | here) & ~now.restart
        facts_of_sets.append(same(then.used[number], expected))
        # The first event of a set in a tick, for all of its groups, is that which finds it unused.
        facts_of_sets.append(now.set.equals(number).implies(same(now.first, ~now.used[number])))
    turns = (now.set + 1).gated(~now.set.equals(sets - 1))
    expected_set = mux(now.over, turns, now.set).gated(~now.restart)
    prover.claim(
        f"{label}: sets of sums",
        f"the events of a tick go to the {sets} sets by turns; the first event of a set overwrites,"
        " and a set counts as used from its first event to the restart",
        violated(*facts_of_sets, same(then.set, expected_set)),
        assumptions,
    )
    _prove_distance(prover, net, network, facts, label)
    prover.claim(
        f"{label}: after a reset",
        "a reset drops the event under way, and no set counts as used",
        violated(*then.anew),
        [prover.on(clocks.frames.at(0, "rst"))],
    )


def _prove_distance(
    prover: Prover, net: Netlist, network: NetworkSpec, facts: EventCounterFacts, label: str
) -> None:
    """Two issues to the same sums are far enough apart."""
    clocks, t = Clocks(prover, net, facts.loop), prover.terms
    steps = [_Sequencer(clocks, clock, network, facts) for clock in range(facts.loop)]
    start = steps[0]
    column = Bits(t, t.var("column of the event under way", len(start.event.column)))
    near = []
    for step in steps[1:]:
        alike = same(step.group, start.group) & same(step.set, start.set)
        near.append((start.issue & step.issue).implies(~alike))
    prover.claim(
        f"{label}: distance of additions",
        f"within {facts.loop - 1} clocks behind an issue there is no other one to the same sums of"
        " the tick",
        violated(*near),
        [
            *clocks.quiet,
            start.invariant(column, facts.sets).holds,
            *((~step.restart).holds for step in steps),
        ],
    )


# --- reader ---------------------------------------------------------------------------------------


def prove_reader(
    prover: Prover, net: Netlist, network: NetworkSpec, facts: EventCounterFacts
) -> None:
    """Add the claim about a reader to the prover."""
    spec, sets = network.layers[facts.layer], facts.sets
    label = f"layer {spec.name}, reader"
    clocks = Clocks(prover, net, 1)
    slots = max(sets, spec.group_turns)
    sweeping, slot, group = (clocks.at(0, name) for name in ("sweeping", "slot", "group"))
    start, held = clocks.at(0, "start"), clocks.at(0, "held")
    last_slot, last_group = slot.equals(slots - 1), group.equals(spec.groups - 1)
    over = last_slot & last_group
    fetch = sweeping & slot.below(sets)
    here = clocks.at(0, "set")
    used = cat([held[number] & here.equals(number) for number in range(sets)]).any()

    def invariant(clock: int) -> Bits:
        idle = clocks.at(clock, "slot").equals(0) & clocks.at(clock, "group").equals(0)
        of_set = clocks.at(clock, "sweeping") & clocks.at(clock, "slot").below(sets)
        return (
            clocks.at(clock, "slot").below(slots)
            & clocks.at(clock, "group").below(spec.groups)
            & (clocks.at(clock, "sweeping") | idle)
            & same(clocks.at(clock, "fetch"), of_set)
        )

    prover.claim(
        f"{label}: each partial sum once",
        f"from a start on each of the {sets} partial sums of each of the {spec.groups} groups is"
        f" fetched once, in order, a group in {slots} clocks; those of sets without an event do not"
        " count",
        violated(
            invariant(1),
            fetch.implies(same(here.wide(len(slot) + len(here)), slot.wide(len(slot) + len(here)))),
            same(clocks.at(0, "begin"), slot.equals(0)),
            same(clocks.at(0, "last"), slot.equals(sets - 1)),
            fetch.implies(same(clocks.at(0, "counts"), used)),
            same(clocks.at(1, "sweeping"), start | (sweeping & ~over)),
            same(clocks.at(1, "slot"), mux(sweeping, (slot + 1).gated(~last_slot), slot)),
            same(
                clocks.at(1, "group"),
                mux(sweeping & last_slot, (group + 1).gated(~last_group), group),
            ),
            same(clocks.at(1, "held"), mux(start, clocks.at(0, "used"), held)),
        ),
        [*clocks.quiet, invariant(0).holds, (~start | ~sweeping).holds],
        {"slot": slot.term, "group": group.term},
    )
    prover.claim(
        f"{label}: after a reset",
        "a reset ends it, and the first partial sum of the first group is next",
        violated(invariant(1), ~clocks.at(1, "sweeping")),
        [prover.on(clocks.frames.at(0, "rst"))],
    )


# --- wiper ----------------------------------------------------------------------------------------


def prove_wiper(prover: Prover, net: Netlist, network: NetworkSpec, facts: WiperFacts) -> None:
    """Add the claims about a wiper to the prover."""
    label = f"layer {network.layers[facts.layer].name}, wiper"
    clocks, end = Clocks(prover, net, 1), facts.words + facts.landed
    busy, place, restart = (clocks.at(0, name) for name in ("busy", "place", "restart"))
    last, begins = place.equals(end - 1), restart & ~busy
    prover.claim(
        f"{label}: every sum once",
        f"from its beginning on the {facts.words} words are set to 0, one after the other, each"
        f" once; then it waits {facts.landed} clocks, until the last zero is written, and rests",
        violated(
            same(clocks.at(0, "wipe"), busy & place.below(facts.words)),
            same(clocks.at(1, "busy"), (busy & ~last) | begins),
            same(clocks.at(1, "place"), mux(busy, place + 1, place.gated(~begins))),
            clocks.at(1, "busy").implies(clocks.at(1, "place").below(end)),
        ),
        [*clocks.quiet, busy.implies(place.below(end)).holds],
        {"place": place.term},
    )
    prover.claim(
        f"{label}: after a reset",
        "a reset makes it begin with the first word",
        violated(clocks.at(1, "busy"), clocks.at(1, "place").equals(0)),
        [prover.on(clocks.frames.at(0, "rst"))],
    )
