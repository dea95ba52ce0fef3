"""Claims about a lane of an event layer: an event adds its product to its sum, and to no other.

The claims hold from every state and for all inputs. Clock 0 is that of an issue or a fetch. The
first ones follow one product to the memory of sums. The claim about one sum, of any place, puts
them together with that memory: the sum that an access reads is the one before with the product of
each issue to that place, if accesses to one place keep their distance (claimed of the sequencer,
and of the layer for the neurons' fetches). So a sum is that of all events by induction.
"""

from __future__ import annotations

from sc_hw.proof.bits import Bits, either, mux
from sc_hw.proof.blocks.network.addresses import (
    Clocks,
    prove_host_writes,
    prove_memory,
    prove_reads,
    same,
    violated,
)
from sc_hw.proof.blocks.network.facts import EventLaneFacts
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover, number
from sc_hw.proof.words import slices
from sc_model.graph.smt import K, SmtInt, SmtOps
from sc_model.layer_kinds import kind_of
from sc_model.spec import NetworkSpec

# A product is proved for each value of its weight by itself where the weight has so few bits.
SPLIT_BITS = 10


def prove_event_lane(
    prover: Prover, net: Netlist, network: NetworkSpec, facts: EventLaneFacts
) -> None:
    """Add the claims about a lane of an event layer to the prover."""
    label = f"layer {network.layers[facts.layer].name}, lane"
    _prove_product(prover, net, network, facts, label)
    _prove_addition(prover, net, facts, label)
    _prove_one_sum(prover, net, facts, label)
    _prove_fetch(prover, net, facts, label)
    _prove_strobes(prover, net, facts, label)
    for path in ("fixed", "sums"):
        prove_memory(prover, net, label, path)
    prove_reads(prover, net, label, ["fixed"], "address", "host_address")
    bits = sum(field.width for field in facts.fixed)
    prove_host_writes(prover, net, label, {"fixed": (0, bits)}, "host_address", {})


def _prove_product(
    prover: Prover, net: Netlist, network: NetworkSpec, facts: EventLaneFacts, label: str
) -> None:
    """The term that is added is the product of the synapse's function."""
    spec, value = network.layers[facts.layer], network.crossing(facts.layer).value
    synapse = kind_of(spec).synapse(spec, value, network.tick_ms)
    multiplied = facts.memory + facts.product_ready
    clocks, t = Clocks(prover, net, multiplied), prover.terms
    word = slices(prover, clocks.at(facts.memory, "fixed.r_data").term, facts.fixed)
    operands = {field.name: number(t, word[field.name], field.signed) for field in facts.fixed}
    # An event's value is not 0 (claimed of the scanner): one of a single bit is 1, without a port.
    given = t.const(1, 1) if value.width == 1 else clocks.at(0, "value").term
    operands["value"] = SmtInt.unsigned(t, given)
    wanted = synapse.unit.apply(SmtOps(t), operands)["product"]
    term = clocks.at(multiplied, "adder.i_term").term
    prover.claim(
        f"{label}: product",
        f"{multiplied} clocks after an issue the term that is added is the product of the"
        " synapse's function, of the weight at its address and the event's value",
        t.differ(wanted.low(t.width(term)), term),
        clocks.quiet,
        {**operands, "product": wanted, "term": number(t, term, signed=True)},
        split=word["weight"] if spec.weight_bits <= SPLIT_BITS else None,
    )


def _sum_of(clocks: Clocks, multiplied: int) -> Bits:
    """The sum before (0 for the first event of a set) and the product, as the lane adds them."""
    term, base = clocks.at(multiplied, "adder.i_term"), clocks.at(multiplied, "adder.i_base")
    return base + Bits(clocks.terms, clocks.terms.resize(term.term, len(base)))


def _prove_addition(prover: Prover, net: Netlist, facts: EventLaneFacts, label: str) -> None:
    """The sum at the issue's place, or 0, and the product are written back there."""
    multiplied = facts.memory + facts.product_ready
    landed = multiplied + facts.adding
    clocks = Clocks(prover, net, landed)
    stored, first = clocks.at(multiplied, "sums.r_data"), clocks.at(0, "first")
    prover.claim(
        f"{label}: addition",
        f"the sum at an issue's place is read {facts.product_ready} clocks later, meets the"
        f" product, and is written back at that place {landed} clocks after the issue; it counts"
        " as 0 for the first event of its set; nothing is written without an issue",
        violated(
            same(clocks.at(facts.product_ready, "sums.r_addr"), clocks.at(0, "place")),
            same(clocks.at(multiplied, "adder.i_base"), stored.gated(~first)),
            same(clocks.at(landed, "sums.write__en"), clocks.at(0, "issue")),
            same(clocks.at(landed, "sums.write__addr"), clocks.at(0, "place")),
            same(clocks.at(landed, "sums.write__data"), _sum_of(clocks, multiplied)),
        ),
        clocks.quiet,
    )


def _prove_one_sum(prover: Prover, net: Netlist, facts: EventLaneFacts, label: str) -> None:
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
    accesses = [
        (clocks.at(clock, "issue") | clocks.at(clock, "fetch"))
        & same(clocks.at(clock, "place"), some)
        for clock in range(1, loop + 1)
    ]
    read = clocks.at(loop + multiplied, "sums.r_data")
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
        f"of any sum: an access reads it with the products of all issues to it that were {loop}"
        f" clocks before or more, each added once; and with no issue to it in the {loop - 1} clocks"
        " before, no read meets a write",
        violated(
            same(next_seen, mux(added, _sum_of(clocks, 1 + multiplied), seen)),
            here.implies(same(read, seen)),
            (accesses[-1] & ~earlier).implies(~meets),
        ),
        clocks.quiet,
        {"place": some.term},
    )


def _prove_fetch(prover: Prover, net: Netlist, facts: EventLaneFacts, label: str) -> None:
    """Partial sums are added up, those without an event as 0."""
    fetched = facts.memory + facts.product_ready
    clocks = Clocks(prover, net, fetched + facts.summing)
    stored = clocks.at(fetched, "sums.r_data")
    term = stored.gated(clocks.at(0, "counts"))
    before = clocks.at(fetched + facts.summing - 1, "current")
    start = before.gated(~clocks.at(0, "begin"))
    prover.claim(
        f"{label}: sum of partial sums",
        f"{fetched + facts.summing} clocks after a fetch `current` is what it was before (0 at the"
        " first partial sum) plus the partial sum, which is 0 where it does not count",
        violated(same(clocks.at(fetched + facts.summing, "current"), start + term)),
        clocks.quiet,
    )


def _prove_strobes(prover: Prover, net: Netlist, facts: EventLaneFacts, label: str) -> None:
    """When a sum is complete, and whether a product is on its way."""
    landed = facts.memory + facts.product_ready + facts.adding
    last = max(facts.latency, landed)
    clocks = Clocks(prover, net, last)
    ends = clocks.at(0, "fetch") & clocks.at(0, "last")
    under_way = either(
        [clocks.at(clock, "issue") for clock in range(last - landed, last)], prover.terms
    )
    prover.claim(
        f"{label}: end of a sum",
        f"`done` is high {facts.latency} clocks after the fetch of a group's last partial sum,"
        f" `announced` {facts.ahead} clocks before that, and both at no other time; a product is in"
        f" flight for {landed} clocks behind its issue",
        violated(
            same(clocks.at(facts.latency, "done"), ends),
            same(clocks.at(facts.latency - facts.ahead, "announced"), ends),
            same(clocks.at(last, "in_flight"), under_way),
        ),
        clocks.quiet,
    )
