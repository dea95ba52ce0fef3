"""Claims about the lanes of an event layer: events add their products to their own sums alone.

The claims hold from every state and for all inputs. Clock 0 is that of an issue or a fetch. The
first ones follow a lane's product to the memory of sums. The claim about one sum, of any place,
puts them together with that memory: the sums that an access reads are those before with the
products of each issue to that place, if accesses to one place keep their distance (claimed of the
sequencer, and of the layer for the neurons' fetches). So a sum is that of all events by induction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sc_hw.proof.bits import Bits, cat, either, mux
from sc_hw.proof.blocks.network.addresses import (
    Clocks,
    net_output,
    prove_memory,
    same,
    violated,
)
from sc_hw.proof.blocks.network.facts import EventLanesFacts
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Abstraction, Piece, Prover, number
from sc_hw.proof.words import address_width, resize_unsigned, slices, word_at
from sc_model.graph.smt import K, SmtInt, SmtOps
from sc_model.layer_kinds import kind_of
from sc_model.spec import NetworkSpec, TrainedLayerSpec

# A product is proved for each value of its weight by itself where the weight has so few bits.
SPLIT_BITS = 10


def prove_event_lanes(
    prover: Prover, net: Netlist, network: NetworkSpec, facts: EventLanesFacts
) -> None:
    """Add the claims about the lanes of an event layer to the prover."""
    spec = network.layers[facts.layer]
    label = f"layer {spec.name}, lanes"
    for lane in range(facts.lanes):
        _prove_product(prover, net, network, facts, lane)
    for sums in _memories(spec, facts):
        _prove_addition(prover, net, sums, f"layer {spec.name}, {sums.name}")
        _prove_one_sum(prover, net, sums, f"layer {spec.name}, {sums.name}")
        prove_memory(prover, net, f"layer {spec.name}, {sums.name}", sums.path, latency=1)
    _prove_fetch(prover, net, spec, facts, label)
    _prove_strobes(prover, net, facts, label)
    _prove_weights(prover, net, facts, label)
    if facts.clears:
        _prove_host(prover, net, spec, facts, label)


@dataclass(frozen=True)
class _Sums:
    """A memory of sums: that of all lanes, or with cleared sums that of one lane.

    Members
    -------
    spec, facts : of the layer and its lanes.
    lanes : the lanes whose sums are in it.
    path : its path in the lanes.
    name : of its claims.
    """

    spec: TrainedLayerSpec
    facts: EventLanesFacts
    lanes: range
    path: str
    name: str

    def place(self, clocks: Clocks, clock: int) -> Bits:
        """The place of an access in some clock: that of an issue has the bank of its delay."""
        place = clocks.at(clock, "place")
        if not self.spec.max_delay:
            return place
        banks, bits = self.spec.banks, (self.spec.banks - 1).bit_length()
        word = _part(
            clocks.at(clock + self.facts.memory, "fixed.r_data"), self.lanes[0], self.facts.lanes
        )
        (field,) = (each for each in self.facts.fixed if each.name == "delay")
        delay = word[field.offset : field.offset + field.width]
        wide = max(bits, field.width) + 1
        ahead = place[len(place) - bits :].wide(wide) + delay.gated(
            self.issued(clocks, clock)
        ).wide(wide)
        wrapped = mux(ahead.below(banks), ahead, ahead - banks)
        return cat([place[: len(place) - bits], wrapped[:bits]])

    @staticmethod
    def issued(clocks: Clocks, clock: int) -> Bits:
        """Whether an event adds to it."""
        return clocks.at(clock, "issue")

    def writes(self, clocks: Clocks, clock: int) -> Bits:
        """Whether an access of this clock leads to a write."""
        issue = self.issued(clocks, clock)
        return issue | self.clears(clocks, clock) if self.facts.clears else issue

    @staticmethod
    def clears(clocks: Clocks, clock: int) -> Bits:
        """Whether the sums at the place become 0."""
        return clocks.at(clock, "fetch") | clocks.at(clock, "wipe")

    def new_word(self, clocks: Clocks, clock: int) -> Bits:
        """What the access of that clock writes."""
        multiplied = clock + self.facts.memory + self.facts.product_ready
        total = _sums_of(clocks, multiplied, self.lanes)
        return total.gated(~self.clears(clocks, clock)) if self.facts.clears else total

    def assumptions(self, clocks: Clocks, last: int) -> list[Any]:
        """No reset; and where the host has sums, it is away: it works between ticks."""
        if not self.facts.clears:
            return list(clocks.quiet)
        away = [
            (~(clocks.at(clock, "host") | clocks.at(clock, "load_sum").any())).holds
            for clock in range(last + 1)
        ]
        # An access is one of three.
        once = [
            (~(self.issued(clocks, clock) & self.clears(clocks, clock))).holds
            for clock in range(last + 1)
        ]
        return [*clocks.quiet, *away, *once]


def _memories(spec: TrainedLayerSpec, facts: EventLanesFacts) -> list[_Sums]:
    """The memories of sums."""
    if not facts.clears:
        return [_Sums(spec, facts, range(facts.lanes), "sums", "lanes")]
    return [
        _Sums(spec, facts, range(lane, lane + 1), f"sums_{lane}", f"lane {lane}")
        for lane in range(facts.lanes)
    ]


def _part(bits: Bits, lane: int, lanes: int) -> Bits:
    """A lane's part of a word."""
    width = len(bits) // lanes
    return bits[lane * width : (lane + 1) * width]


def _prove_product(
    prover: Prover, net: Netlist, network: NetworkSpec, facts: EventLanesFacts, lane: int
) -> None:
    """The term that a lane adds is the product of the synapse's function."""
    spec, value = network.layers[facts.layer], network.crossing(facts.layer).value
    synapse = kind_of(spec).synapse(spec, value, network.tick_ms)
    multiplied = facts.memory + facts.product_ready
    clocks, t = Clocks(prover, net, multiplied), prover.terms
    own = _part(clocks.at(facts.memory, "fixed.r_data"), lane, facts.lanes)
    word = slices(prover, own.term, facts.fixed)
    operands = {field.name: number(t, word[field.name], field.signed) for field in facts.fixed}
    # An event's value is not 0 (claimed of the scanner): one of a single bit is 1, without a port.
    event_value = t.const(1, 1) if value.width == 1 else clocks.at(0, "value").term
    operands["value"] = SmtInt.unsigned(t, event_value)
    expected = synapse.unit.apply(SmtOps(t), operands)["product"]
    term = clocks.at(multiplied, f"lane_{lane}.adder.i_term").term
    prover.claim(
        f"layer {spec.name}, lane {lane}: product",
        f"{multiplied} clocks after an issue the term that is added is the product of the"
        " synapse's function, of the lane's weight in the word at its address and the event's"
        " value",
        t.differ(expected.low(t.width(term)), term),
        clocks.quiet,
        {**operands, "product": expected, "term": number(t, term, signed=True)},
        split=word["weight"] if spec.weight_bits <= SPLIT_BITS else None,
    )


def _any_operands(clocks: Clocks, multiplied: int, lanes: range) -> Abstraction:
    """What adders add may be anything: a claim about where a total goes needs no product."""
    free = {}
    for lane in lanes:
        for name in ("i_term", "i_base"):
            term = clocks.at(multiplied, f"lane_{lane}.adder.{name}").term
            free[term] = clocks.terms.var(f"any {name} of lane {lane}", clocks.terms.width(term))
    return Abstraction(free)


def _sums_of(clocks: Clocks, multiplied: int, lanes: range) -> Bits:
    """The stored sums (0 for the first event of a set) and the products, lane by lane."""
    totals = []
    for lane in lanes:
        term = clocks.at(multiplied, f"lane_{lane}.adder.i_term")
        base = clocks.at(multiplied, f"lane_{lane}.adder.i_base")
        totals.append(base + Bits(clocks.terms, clocks.terms.resize(term.term, len(base))))
    return cat(totals)


def _prove_addition(prover: Prover, net: Netlist, sums: _Sums, label: str) -> None:
    """The sums at an access's place, or 0, and the products are written back there."""
    facts, path = sums.facts, sums.path
    multiplied = facts.memory + facts.product_ready
    landed = multiplied + facts.adding
    clocks = Clocks(prover, net, landed)
    issued, place = sums.issued(clocks, 0), sums.place(clocks, 0)
    read = clocks.at(multiplied - 1, f"{path}.r_data")
    if facts.clears:
        text = "with a fetch and a wipe 0 is written; nothing is written otherwise"
    else:
        first = clocks.at(0, "first") & ~clocks.at(0, "fetch")
        read, issued = read.gated(~first), issued & ~clocks.at(0, "fetch")
        text = "they count as 0 for the first event of their set; nothing is written without one"
    delayed = ", in the bank of its synapse's delay" if sums.spec.max_delay else ""
    bases = [
        same(clocks.at(multiplied, f"lane_{lane}.adder.i_base"), _part(read, at, len(sums.lanes)))
        for at, lane in enumerate(sums.lanes)
    ]
    writes = sums.writes(clocks, 0)
    prover.claim(
        f"{label}: addition",
        f"the sums at an issue's place{delayed} are read {facts.product_ready} clocks later, meet"
        f" the products, and are written back there {landed} clocks after the issue; {text}",
        violated(
            same(clocks.at(facts.product_ready, f"{path}.r_addr"), place),
            issued.implies(cat(bases).all()),
            same(clocks.at(landed, f"{path}.write__en"), writes),
            same(clocks.at(landed, f"{path}.write__addr"), place),
            writes.implies(
                same(clocks.at(landed, f"{path}.write__data"), sums.new_word(clocks, 0))
            ),
        ),
        sums.assumptions(clocks, landed),
    )


def _prove_one_sum(prover: Prover, net: Netlist, sums: _Sums, label: str) -> None:
    """What an access reads at some place, from one clock to the next.

    `word` is the word that an access of clock `loop` would read there, and `next_word` that of an
    access a clock later: between them lies the write of the access of clock 1.
    """
    facts, path = sums.facts, sums.path
    multiplied, loop = facts.memory + facts.product_ready, facts.loop
    clocks, t = Clocks(prover, net, loop + 1 + multiplied), prover.terms
    sampled = loop + facts.product_ready
    before = clocks.frames.memory(sampled, f"{path}.words")
    after = clocks.frames.memory(sampled + 1, f"{path}.words")
    some = Bits(t, t.var("some place", len(clocks.at(0, "place"))))
    word = Bits(t, t(K.ARRAY_SELECT, before, some.term))
    next_word = Bits(t, t(K.ARRAY_SELECT, after, some.term))
    added = sums.writes(clocks, 1) & same(sums.place(clocks, 1), some)
    here = same(sums.place(clocks, loop), some)
    access = (clocks.at(loop, "issue") | clocks.at(loop, "fetch")) & here
    read = clocks.at(loop + multiplied - 1, f"{path}.r_data")
    # A read and a write of one address in the same clock: the block RAM's word is undefined then.
    meets = clocks.at(sampled, f"{path}.write__en") & same(
        clocks.at(sampled, f"{path}.write__addr"), clocks.at(sampled, f"{path}.r_addr")
    )
    earlier = either(
        [
            sums.writes(clocks, clock) & same(sums.place(clocks, clock), some)
            for clock in range(1, loop)
        ],
        t,
    )
    zeros = ", or 0 behind a fetch or a wipe of it" if facts.clears else ""
    equalities = (
        same(next_word, mux(added, sums.new_word(clocks, 1), word)),
        here.implies(same(read, word)),
        (access & ~earlier).implies(~meets),
    )
    # One by one, for any operands: of the words of 64 lanes at once the solver finds no end.
    operands = _any_operands(clocks, 1 + multiplied, sums.lanes)
    faults = map(violated, equalities)
    prover.claim(
        f"{label}: one sum",
        f"of any place: an access reads its sums with the products of all issues to it that were"
        f" {loop} clocks before or more, each added once{zeros}; and with no access to it in the"
        f" {loop - 1} clocks before, no read meets a write",
        violated(*equalities),
        sums.assumptions(clocks, loop + 1 + multiplied),
        {"place": some.term},
        pieces=[Piece(operands.term(t, fault), fault) for fault in faults],
    )


def _prove_fetch(
    prover: Prover, net: Netlist, spec: TrainedLayerSpec, facts: EventLanesFacts, label: str
) -> None:
    """Partial sums are added up, those without an event as 0."""
    fetched = facts.memory + facts.product_ready
    clocks, lanes = Clocks(prover, net, fetched + facts.summing), facts.lanes
    memories = _memories(spec, facts)
    stored = cat([clocks.at(fetched - 1, f"{sums.path}.r_data") for sums in memories])
    if not facts.clears:
        stored = stored.gated(clocks.at(0, "counts"))
    after = clocks.at(fetched + facts.summing, "current")
    unused = "" if facts.clears else ", which are 0 where they do not count"
    if facts.sets == 1:
        expected = stored
        text = f"`current` has the sums{unused}"
    else:
        before = clocks.at(fetched + facts.summing - 1, "current")
        start = before.gated(~clocks.at(0, "begin"))
        parts = [_part(start, lane, lanes) + _part(stored, lane, lanes) for lane in range(lanes)]
        expected = cat(parts)
        text = (
            "`current` is what it was before (0 at the first partial sums) plus the partial"
            f" sums{unused}"
        )
    prover.claim(
        f"{label}: sum of partial sums",
        f"{fetched + facts.summing} clocks after a fetch {text}",
        violated(clocks.at(0, "fetch").implies(same(after, expected))),
        clocks.quiet,
    )


def _prove_strobes(prover: Prover, net: Netlist, facts: EventLanesFacts, label: str) -> None:
    """When sums are complete, and whether products are on their way."""
    landed = facts.memory + facts.product_ready + facts.adding
    last = max(facts.latency, landed)
    clocks = Clocks(prover, net, last)
    ends = clocks.at(0, "fetch") & clocks.at(0, "last")
    names = ("issue", "fetch", "wipe") if facts.clears else ("issue",)
    under_way = either(
        [clocks.at(clock, name) for clock in range(last - landed, last) for name in names],
        prover.terms,
    )
    what = "products and zeros" if facts.clears else "products"
    prover.claim(
        f"{label}: end of a sum",
        f"`done` is high {facts.latency} clocks after the fetch of a group's last partial sums,"
        f" `announced` {facts.ahead} clocks before that, and both at no other time; {what} are in"
        f" flight for {landed} clocks behind their access",
        violated(
            same(clocks.at(facts.latency, "done"), ends),
            same(clocks.at(facts.latency - facts.ahead, "announced"), ends),
            same(clocks.at(last, "in_flight"), under_way),
        ),
        clocks.quiet,
    )


def _prove_weights(prover: Prover, net: Netlist, facts: EventLanesFacts, label: str) -> None:
    """Which word is read, and that the host writes the parts of lanes that it means."""
    clocks, lanes = Clocks(prover, net, facts.memory), facts.lanes
    t, frames = prover.terms, clocks.frames
    before, after = (frames.memory(clock, "fixed.words") for clock in (0, 1))
    requests, turn = clocks.at(0, "host_address"), clocks.at(0, "address")
    bits = address_width(before)
    own = requests | turn  # one of them is 0 (claimed of the layer around the lanes)
    read = Bits(t, word_at(t, before, own.term))
    some = Bits(t, t.var("some word", bits))
    hit = Bits(t, resize_unsigned(t, own.term, bits)).equals(some)
    old_word, new_word = (
        Bits(t, t(K.ARRAY_SELECT, memory, some.term)) for memory in (before, after)
    )
    load, load_data = clocks.at(0, "load"), clocks.at(0, "load_data")
    output = clocks.at(facts.memory, "fixed.r_data")
    words = Bits(t, net_output(clocks, net, "words"))
    prover.claim(
        f"{label}: weights",
        f"the word of the event's number, or of the host's, is read {facts.memory} clocks later,"
        " where the host does not write; the host sees the word that is read",
        violated(same(output, read), same(words, clocks.at(0, "fixed.r_data"))),
        (),
        {"turn": turn.term, "host": requests.term},
    )
    # Lane by lane, as the host writes them (claimed of the layer): of all writes at once the solver
    # needs twice the time for each lane more.
    for lane in range(lanes):
        parts = [_part(old_word, each, lanes) for each in range(lanes)]
        parts[lane] = mux(hit, load_data, parts[lane])
        prover.claim(
            f"{label}: weights of lane {lane}",
            "a write of the host for the lane changes its part of that word, and nothing else",
            violated(same(new_word, cat(parts))),
            [load.equals(1 << lane).holds],
            {"host": requests.term, "some": some.term},
        )
    prover.claim(
        f"{label}: weights stay",
        "without a write of the host no word changes",
        violated(same(new_word, old_word)),
        [load.equals(0).holds],
        {"some": some.term},
    )


def _prove_host(
    prover: Prover, net: Netlist, spec: TrainedLayerSpec, facts: EventLanesFacts, label: str
) -> None:
    """The host reads and writes the sums that it asks for, where nothing is on its way to them."""
    clocks, memories = Clocks(prover, net, facts.memory), _memories(spec, facts)
    host, place = clocks.at(0, "host"), clocks.at(0, "host_place")
    load, load_data = clocks.at(0, "load_sum"), clocks.at(0, "load_sum_data")
    landed = facts.memory + facts.product_ready + facts.adding
    still = [~clocks.at(0, f"{name}_d{landed}") for name in ("issue", "fetch", "wipe")]
    stored = Bits(prover.terms, clocks.frames.at(facts.memory, "stored"))
    equalities = []
    for lane, sums in enumerate(memories):
        equalities += [
            same(clocks.at(0, f"{sums.path}.r_addr"), place),
            same(_part(stored, lane, facts.lanes), clocks.at(1, f"{sums.path}.r_data")),
            same(clocks.at(0, f"{sums.path}.write__en"), load[lane]),
            same(clocks.at(0, f"{sums.path}.write__addr"), place),
            load[lane].implies(same(clocks.at(0, f"{sums.path}.write__data"), load_data)),
        ]
    prover.claim(
        f"{label}: sums for the host",
        f"with `host` the sums at its place are read, and shown {facts.memory} clocks later; it"
        " writes those of the lanes that it means, at its place",
        violated(*equalities),
        [host.holds, *(bit.holds for bit in still)],
        {"place": place.term},
    )
