"""Claims about the sequencer of a sparse layer: which synapses it issues, and for which neurons.

Each is a step from any state that satisfies the invariant. The list that is walked is given by
ghosts, its first synapse and its length. What lists the host loads is its own affair: that they are
within the synapses is assumed where a claim says that addresses are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sc_hw.proof.bits import Bits, cat, mux
from sc_hw.proof.blocks.network.addresses import Clocks, prove_memory, same, violated
from sc_hw.proof.blocks.network.facts import EventCounterFacts
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import word_at
from sc_model.spec import SparseSpec

LISTS, TARGETS = "lists", "targets"  # memories: of columns, of synapses


@dataclass(frozen=True)
class _List:
    """A list: its first synapse and its length, in as many bits as all numbers of the claims."""

    start: Bits
    count: Bits

    def or_else(self, condition: Bits, other: _List) -> _List:
        """This list where a bit is 1, else another one."""
        return _List(
            mux(condition, self.start, other.start), mux(condition, self.count, other.count)
        )

    def inside(self, synapses: int) -> Bits:
        """Whether it is within the synapses."""
        end = self.start + self.count
        return end.below(synapses + 1) & self.count.below(synapses + 1)


class _Sequencer:
    """The signals of the sequencer in some clock."""

    def __init__(self, clocks: Clocks, clock: int, spec: SparseSpec, loop: int) -> None:
        self.clocks, self.clock, self.spec = clocks, clock, spec
        # Room for the sum of a start and a count, whatever the host loads.
        self.bits = spec.synapses.bit_length() + 2

        def at(name: str) -> Bits:
            return clocks.at(clock, name)

        payload, self.value = at("i_event__payload"), at("value")
        width = len(self.value)
        self.end, self.event_value = payload[0], payload[len(payload) - width :]
        self.event_column = payload[1 : len(payload) - width]
        self.valid, self.ready = at("i_event__valid"), at("i_event__ready")
        self.hold, self.restart, self.ended = at("hold"), at("restart"), at("ended")
        self.busy, self.neuron, self.number = at("busy"), at("neuron"), at("number")
        self.reading, self.read = at("reading"), at("read_number")
        self.walking, self.place, self.left = at("walking"), at("place"), at("left")
        self.listing, self.column = at("listing"), at("column")
        self.values = [at(f"value_{name}") for name in ("r", "w", "l")]
        self.issue, self.address, self.group = at("issue"), at("address"), at("group")
        self.first, self.used, self.set = at("first"), at("used"), at("set")
        self.issued = [at(f"issued_{clocks}") for clocks in range(1, loop)]
        self.others = [at(f"neuron_{clocks}") for clocks in range(1, loop)]
        self.host = at("host")
        self.loads = at("load_target") | at("load_list")
        self.transfer = self.valid & self.ready
        self.begins, self.token = self.transfer & ~self.end, self.transfer & self.end
        # One place goes on when the next one has room.
        self.moves = ~self.busy | self.issue
        self.walks = self.walking & (~self.reading | self.moves)
        self.goes = self.listing & (~self.walking | (self.walks & self.left.equals(0)))
        self.under_way = self.busy | self.reading | self.walking | self.listing

    def word(self, memory: str, number: Bits) -> Bits:
        """The word of a memory."""
        words = self.clocks.frames.memory(self.clock, f"{memory}.words")
        return Bits(self.clocks.terms, word_at(self.clocks.terms, words, number.term))

    def read_data(self, memory: str) -> Bits:
        """What a memory shows."""
        return self.clocks.at(self.clock, f"{memory}.r_data")

    @property
    def list_of_event(self) -> _List:
        """The list of the column whose event is the latest."""
        word, bits = self.word(LISTS, self.column), len(self.number)
        return _List(word[:bits].wide(self.bits), word[bits:].wide(self.bits))

    def invariant(self, walked: _List) -> Bits:
        """What holds in every state, if `walked` is the list that is walked."""
        bits = self.bits
        at_place = self.place.wide(bits) + self.left.wide(bits) + 1
        return cat(
            [
                self.listing.implies(same(self.read_data(LISTS), self.word(LISTS, self.column))),
                self.reading.implies(same(self.read_data(TARGETS), self.word(TARGETS, self.read))),
                self.busy.implies(same(self.neuron, self.word(TARGETS, self.number))),
                self.walking.implies(same(at_place, walked.start + walked.count)),
                self.walking.implies(self.left.wide(bits).below(walked.count)),
                self.walking.implies(walked.inside(self.spec.synapses)),
                self.ended.implies(~self.under_way),
            ]
        ).all()


def prove_sparse_sequencer(
    prover: Prover, net: Netlist, spec: SparseSpec, facts: EventCounterFacts
) -> None:
    """Add the claims about the sequencer of a sparse layer to the prover."""
    label = f"layer {spec.name}, sequencer"
    clocks, t = Clocks(prover, net, 1), prover.terms
    now, then = (_Sequencer(clocks, clock, spec, facts.loop) for clock in (0, 1))
    walked = _List(
        *(Bits(t, t.var(f"{name} of the list", now.bits)) for name in ("start", "count"))
    )
    event_list = now.list_of_event
    # The layer restarts it only when the tick has ended, and lets the host in between ticks alone.
    assumptions = [
        *clocks.quiet,
        now.invariant(walked).holds,
        (~now.restart | now.ended).holds,
        (~now.host | ~(now.under_way | now.valid)).holds,
        (~now.loads | now.host).holds,
        (~now.listing | event_list.inside(spec.synapses)).holds,
    ]
    following = event_list.or_else(now.goes, walked)
    _prove_lists(prover, now, then, following, label, assumptions)
    _prove_order(prover, now, then, label, assumptions)
    _prove_end(prover, now, then, label, assumptions)
    _prove_distance(prover, net, spec, facts, label)
    for memory in (LISTS, TARGETS):
        prove_memory(prover, net, label, memory, latency=1)
    _prove_host(prover, net, label)
    prover.claim(
        f"{label}: after a reset",
        "a reset drops the events under way, and no synapse counts as issued",
        violated(~then.under_way, ~then.ended, *(~issued for issued in then.issued)),
        [prover.on(clocks.frames.at(0, "rst"))],
    )


def _prove_lists(
    prover: Prover,
    now: _Sequencer,
    then: _Sequencer,
    following: _List,
    label: str,
    assumptions: list[Any],
) -> None:
    event_list, bits = now.list_of_event, now.bits
    starts = then.walking.implies(
        same(then.place.wide(bits), event_list.start)
        & same(then.left.wide(bits), event_list.count - 1)
        & same(then.values[1], now.values[2])
    )
    stays = same(then.place, now.place) & same(then.left, now.left) & then.walking
    one_more = then.walking.implies(same(then.place, now.place + 1) & same(then.left, now.left - 1))
    list_stays = same(then.column, now.column) & same(then.values[2], now.values[2])
    prover.claim(
        f"{label}: the list of an event",
        "an event's list is that of its column; it is walked from its first synapse to its last,"
        " each once, behind that of the event before; where lists are within the synapses, so is"
        " every number",
        violated(
            then.invariant(following),
            now.begins.implies(
                then.listing
                & same(then.column, now.event_column)
                & same(then.values[2], now.event_value)
            ),
            now.begins.implies(~now.listing | now.goes),
            same(then.listing, now.begins | (now.listing & ~now.goes)),
            (now.listing & ~now.goes).implies(list_stays),
            now.goes.implies(same(then.walking, event_list.count.any()) & starts),
            (now.walks & ~now.goes).implies(same(then.walking, now.left.any()) & one_more),
            (now.walking & ~now.walks).implies(stays & same(then.values[1], now.values[1])),
            then.walking.implies(now.walking | now.goes),
            then.walking.implies(then.place.wide(bits).below(now.spec.synapses)),
        ),
        assumptions,
        {"place": now.place.term, "left": now.left.term},
    )


def _prove_order(
    prover: Prover, now: _Sequencer, then: _Sequencer, label: str, assumptions: list[Any]
) -> None:
    """Synapses go from the walk to the issue in order, none of them lost or twice."""
    stays = same(then.number, now.number) & same(then.neuron, now.neuron)
    handover = same(then.number, now.read) & same(then.value, now.values[0])
    target = now.word(TARGETS, now.read)
    clash = cat(
        [
            issued & same(other, now.neuron)
            for issued, other in zip(now.issued, now.others, strict=True)
        ]
    ).any()
    prover.claim(
        f"{label}: the synapses of a list",
        "each synapse that is walked is issued once, in order, with the value of its event, to the"
        " neuron that it has in memory; nothing else is issued, nothing while `hold` is high, and"
        " nothing while a sum of that neuron is on its way",
        violated(
            same(now.issue, now.busy & ~now.hold & ~clash),
            same(now.address, now.number.gated(now.busy)),
            same(now.group, now.neuron),
            same(then.busy, (now.busy & ~now.issue) | (now.reading & now.moves)),
            (now.busy & ~now.issue).implies(stays & same(then.value, now.value)),
            (now.reading & now.moves).implies(handover & same(then.neuron, target)),
            same(then.reading, now.walks | (now.reading & ~now.moves)),
            now.walks.implies(same(then.read, now.place) & same(then.values[0], now.values[1])),
            (now.reading & ~now.moves).implies(
                same(then.read, now.read) & same(then.values[0], now.values[0])
            ),
            now.used.all(),
            ~now.first,
            ~now.set.any(),
        ),
        assumptions,
        {"number": now.number.term, "neuron": now.neuron.term},
    )


def _prove_end(
    prover: Prover, now: _Sequencer, then: _Sequencer, label: str, assumptions: list[Any]
) -> None:
    resting = ~now.under_way & ~cat(now.issued).any()
    prover.claim(
        f"{label}: end of a tick",
        "the end token is taken when the synapses of all events have been issued, and the last of"
        " them so long ago that its sum meets no other access; then nothing is taken until the"
        " restart",
        violated(
            same(then.ended, (now.ended | now.token) & ~now.restart),
            now.token.implies(resting),
            now.ended.implies(~now.transfer & ~now.issue),
            same(now.ready, ~now.ended & mux(now.end, resting, ~now.listing | now.goes)),
        ),
        assumptions,
    )


def _prove_distance(
    prover: Prover, net: Netlist, spec: SparseSpec, facts: EventCounterFacts, label: str
) -> None:
    """Two issues to one neuron are far enough apart."""
    clocks = Clocks(prover, net, facts.loop)
    steps = [_Sequencer(clocks, clock, spec, facts.loop) for clock in range(facts.loop)]
    start = steps[0]
    near = [
        (start.issue & step.issue).implies(~same(step.group, start.group)) for step in steps[1:]
    ]
    prover.claim(
        f"{label}: distance of additions",
        f"within {facts.loop - 1} clocks behind an issue there is no other one to the same neuron,"
        " also of the next tick",
        violated(*near),
        clocks.quiet,
    )


def _prove_host(prover: Prover, net: Netlist, label: str) -> None:
    clocks = Clocks(prover, net, 1)
    host, address = clocks.at(0, "host"), clocks.at(0, "host_address")
    facts = []
    for memory, load, data in ((LISTS, "load_list", "list"), (TARGETS, "load_target", "target")):
        read = clocks.at(0, f"{memory}.r_addr")
        own = address[: len(read)]
        facts += [
            host.implies(same(read, own)),
            same(clocks.at(0, f"{memory}.write__en"), clocks.at(0, load)),
            same(clocks.at(0, f"{memory}.write__addr"), own),
            same(clocks.at(0, f"{memory}.write__data"), clocks.at(0, f"{data}_data")),
            same(clocks.at(0, data), clocks.at(0, f"{memory}.r_data")),
        ]
    prover.claim(
        f"{label}: what the host reads and writes",
        "the host's word of either memory is that of its address, written and read whole",
        violated(*facts),
        clocks.quiet,
        {"address": address.term},
    )
