"""Claims about the lanes of an event layer: events add their products to their own sums alone.

The claims hold from every state and for all inputs. Clock 0 is that of an issue or a fetch. The
first ones follow a lane's product to the memory of sums. The claim about one sum, of any place,
puts them together with that memory: the sums that an access reads are those before with the
products of each issue to that place, if accesses to one place keep their distance (claimed of the
sequencer, and of the layer for the neurons' fetches). So a sum is that of all events by induction.
"""

from __future__ import annotations

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
from sc_hw.proof.prover import Prover, number
from sc_hw.proof.words import address_width, resize_unsigned, slices, word_at
from sc_model.graph.smt import K, SmtInt, SmtOps
from sc_model.layer_kinds import kind_of
from sc_model.spec import NetworkSpec

# A product is proved for each value of its weight by itself where the weight has so few bits.
SPLIT_BITS = 10


def prove_event_lanes(
    prover: Prover, net: Netlist, network: NetworkSpec, facts: EventLanesFacts
) -> None:
    """Add the claims about the lanes of an event layer to the prover."""
    name = network.layers[facts.layer].name
    label = f"layer {name}, lanes"
    for lane in range(facts.lanes):
        _prove_product(prover, net, network, facts, lane)
    _prove_addition(prover, net, facts, label)
    _prove_one_sum(prover, net, facts, label)
    _prove_fetch(prover, net, facts, label)
    _prove_strobes(prover, net, facts, label)
    prove_memory(prover, net, label, "sums", latency=1)
    _prove_weights(prover, net, facts, label)


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
    given = t.const(1, 1) if value.width == 1 else clocks.at(0, "value").term
    operands["value"] = SmtInt.unsigned(t, given)
    wanted = synapse.unit.apply(SmtOps(t), operands)["product"]
    term = clocks.at(multiplied, f"lane_{lane}.adder.i_term").term
    prover.claim(
        f"layer {spec.name}, lane {lane}: product",
        f"{multiplied} clocks after an issue the term that is added is the product of the"
        " synapse's function, of the lane's weight in the word at its address and the event's"
        " value",
        t.differ(wanted.low(t.width(term)), term),
        clocks.quiet,
        {**operands, "product": wanted, "term": number(t, term, signed=True)},
        split=word["weight"] if spec.weight_bits <= SPLIT_BITS else None,
    )


def _sums_of(clocks: Clocks, multiplied: int, lanes: int) -> Bits:
    """The stored sums (0 for the first event of a set) and the products, lane by lane."""
    totals = []
    for lane in range(lanes):
        term = clocks.at(multiplied, f"lane_{lane}.adder.i_term")
        base = clocks.at(multiplied, f"lane_{lane}.adder.i_base")
        totals.append(base + Bits(clocks.terms, clocks.terms.resize(term.term, len(base))))
    return cat(totals)


def _prove_addition(prover: Prover, net: Netlist, facts: EventLanesFacts, label: str) -> None:
    """The sums at the issue's place, or 0, and the products are written back there."""
    multiplied = facts.memory + facts.product_ready
    landed = multiplied + facts.adding
    clocks = Clocks(prover, net, landed)
    first = clocks.at(0, "first") & ~clocks.at(0, "fetch")
    read = clocks.at(multiplied - 1, "sums.r_data").gated(~first)
    issued = clocks.at(0, "issue") & ~clocks.at(0, "fetch")
    bases = [
        same(clocks.at(multiplied, f"lane_{lane}.adder.i_base"), _part(read, lane, facts.lanes))
        for lane in range(facts.lanes)
    ]
    prover.claim(
        f"{label}: addition",
        f"the sums at an issue's place are read {facts.product_ready} clocks later, meet the"
        f" products, and are written back at that place {landed} clocks after the issue; they count"
        " as 0 for the first event of their set; nothing is written without an issue",
        violated(
            same(clocks.at(facts.product_ready, "sums.r_addr"), clocks.at(0, "place")),
            issued.implies(cat(bases).all()),
            same(clocks.at(landed, "sums.write__en"), clocks.at(0, "issue")),
            same(clocks.at(landed, "sums.write__addr"), clocks.at(0, "place")),
            same(clocks.at(landed, "sums.write__data"), _sums_of(clocks, multiplied, facts.lanes)),
        ),
        clocks.quiet,
    )


def _prove_one_sum(prover: Prover, net: Netlist, facts: EventLanesFacts, label: str) -> None:
    """What an access reads at some place, from one clock to the next.

    `seen` is the word that an access of clock `loop` would read there, and `next_seen` that of an
    access a clock later: between them lies the write of the issue of clock 1.
    """
    multiplied, loop = facts.memory + facts.product_ready, facts.loop
    clocks, t = Clocks(prover, net, loop + 1 + multiplied), prover.terms
    sampled = loop + facts.product_ready
    before = clocks.frames.memory(sampled, "sums.words")
    after = clocks.frames.memory(sampled + 1, "sums.words")
    place = clocks.at(0, "place")
    some = Bits(t, t.var("some place", len(place)))
    seen = Bits(t, t(K.ARRAY_SELECT, before, some.term))
    next_seen = Bits(t, t(K.ARRAY_SELECT, after, some.term))
    added = clocks.at(1, "issue") & same(clocks.at(1, "place"), some)
    here = same(clocks.at(loop, "place"), some)
    access = (clocks.at(loop, "issue") | clocks.at(loop, "fetch")) & here
    read = clocks.at(loop + multiplied - 1, "sums.r_data")
    # A read and a write of one address in the same clock: the block RAM's word is undefined then.
    meets = clocks.at(sampled, "sums.write__en") & same(
        clocks.at(sampled, "sums.write__addr"), clocks.at(sampled, "sums.r_addr")
    )
    earlier = either(
        [
            clocks.at(clock, "issue") & same(clocks.at(clock, "place"), some)
            for clock in range(1, loop)
        ],
        t,
    )
    prover.claim(
        f"{label}: one sum",
        f"of any place: an access reads its sums with the products of all issues to it that were"
        f" {loop} clocks before or more, each added once; and with no issue to it in the"
        f" {loop - 1} clocks before, no read meets a write",
        violated(
            same(next_seen, mux(added, _sums_of(clocks, 1 + multiplied, facts.lanes), seen)),
            here.implies(same(read, seen)),
            (access & ~earlier).implies(~meets),
        ),
        clocks.quiet,
        {"place": some.term},
    )


def _prove_fetch(prover: Prover, net: Netlist, facts: EventLanesFacts, label: str) -> None:
    """Partial sums are added up, those without an event as 0."""
    fetched = facts.memory + facts.product_ready
    clocks, lanes = Clocks(prover, net, fetched + facts.summing), facts.lanes
    stored = clocks.at(fetched - 1, "sums.r_data").gated(clocks.at(0, "counts"))
    after = clocks.at(fetched + facts.summing, "current")
    if facts.sets == 1:
        wanted = stored
        text = "`current` has the sums, which are 0 where they do not count"
    else:
        before = clocks.at(fetched + facts.summing - 1, "current")
        start = before.gated(~clocks.at(0, "begin"))
        parts = [_part(start, lane, lanes) + _part(stored, lane, lanes) for lane in range(lanes)]
        wanted = cat(parts)
        text = (
            "`current` is what it was before (0 at the first partial sums) plus the partial sums,"
            " which are 0 where they do not count"
        )
    prover.claim(
        f"{label}: sum of partial sums",
        f"{fetched + facts.summing} clocks after a fetch {text}",
        violated(clocks.at(0, "fetch").implies(same(after, wanted))),
        clocks.quiet,
    )


def _prove_strobes(prover: Prover, net: Netlist, facts: EventLanesFacts, label: str) -> None:
    """When sums are complete, and whether products are on their way."""
    landed = facts.memory + facts.product_ready + facts.adding
    last = max(facts.latency, landed)
    clocks = Clocks(prover, net, last)
    ends = clocks.at(0, "fetch") & clocks.at(0, "last")
    under_way = either(
        [clocks.at(clock, "issue") for clock in range(last - landed, last)], prover.terms
    )
    prover.claim(
        f"{label}: end of a sum",
        f"`done` is high {facts.latency} clocks after the fetch of a group's last partial sums,"
        f" `announced` {facts.ahead} clocks before that, and both at no other time; products are in"
        f" flight for {landed} clocks behind their issue",
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
    asked, turn = clocks.at(0, "host_address"), clocks.at(0, "address")
    bits = address_width(before)
    own = asked | turn  # one of them is 0 (claimed of the layer around the lanes)
    read = Bits(t, word_at(t, before, own.term))
    some = t.var("some word", bits)
    hit = Bits(t, resize_unsigned(t, own.term, bits)).equals(Bits(t, some))
    kept = Bits(t, t(K.ARRAY_SELECT, before, some))
    load, given = clocks.at(0, "load"), clocks.at(0, "load_data")
    wanted = cat([mux(hit & load[lane], given, _part(kept, lane, lanes)) for lane in range(lanes)])
    shown = clocks.at(facts.memory, "fixed.r_data")
    words = Bits(t, net_output(clocks, net, "words"))
    prover.claim(
        f"{label}: weights",
        f"the word of the event's number, or of the host's, is read {facts.memory} clocks later,"
        " where the host does not write; a write changes the parts of the lanes that it is for, in"
        " that word alone; the host sees the word that is read",
        violated(
            same(shown, read),
            same(Bits(t, t(K.ARRAY_SELECT, after, some)), wanted),
            same(words, clocks.at(0, "fixed.r_data")),
        ),
        (),
        {"turn": turn.term, "host": asked.term, "some": some},
    )
