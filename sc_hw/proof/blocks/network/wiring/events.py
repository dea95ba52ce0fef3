"""Claims about an event layer in `top.v`: what joins its parts, and what is under way when.

Three ticks may be under way: the scanner searches the columns of one, the events of the one before
are added up, and the neurons take the sums of the one before that. A tick's end token tells where
it is: to be scanned, at the scanner's output, or taken; so there are as many tokens as ticks that
are not with the neurons. The neurons' clocks are followed as those of a sweep are, from the
hand-over on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from sc_hw.parts.space import Space
from sc_hw.proof.bits import Bits, cat, either, mux
from sc_hw.proof.blocks.network.facts import EventLanesFacts
from sc_hw.proof.blocks.network.wiring.instances import Outputs
from sc_hw.proof.blocks.network.wiring.layer_parts import (
    Request,
    data_of,
    host_number,
    prove_answer,
    prove_first_tick,
    prove_host,
    prove_neuron_inputs,
    prove_own_inputs,
    prove_readout_inputs,
    prove_spikes,
)
from sc_hw.proof.blocks.network.wiring.shape import LayerShape, address_bits
from sc_hw.proof.blocks.network.wiring.statements import Pair
from sc_hw.proof.blocks.network.wiring.sweep import QUEUE_REGISTERS, Layer, end_of_tick
from sc_hw.proof.blocks.network.wiring.timing import (
    TickTimes,
    Time,
    prove_own_turns,
    prove_queue,
    prove_times,
)
from sc_hw.proof.flattened import Instance
from sc_hw.trained.lane import MEMORY
from sc_model.spec import SLICE, SparseSpec


@dataclass(frozen=True)
class EventShape(LayerShape):
    """Sizes of an event layer.

    Members
    -------
    event_lanes : facts of its lanes.
    """

    event_lanes: EventLanesFacts

    @property
    def slots(self) -> int:
        """Clocks of a group in which its sums are fetched."""
        return max(self.event_lanes.sets, self.spec.group_turns)

    @property
    def fetch_register(self) -> bool:
        """Whether the reader says by a register of its own that it fetches."""
        return self.slots > self.event_lanes.sets

    @property
    def synapse_bits(self) -> int:
        """Bits of a synapse's word."""
        return sum(field.width for field in self.event_lanes.fixed)

    @property
    def place_bits(self) -> tuple[int, int, int]:
        """Bits of a sum's place: group, set, bank."""
        sets, banks = self.event_lanes.sets, self.spec.banks
        return address_bits(self.spec.groups), (sets - 1).bit_length(), (banks - 1).bit_length()

    @property
    def list_bits(self) -> tuple[int, int]:
        """Bits of a synapse's neuron, and of a column's list; 0 where there are no lists."""
        spec = self.spec
        if not isinstance(spec, SparseSpec):
            return 0, 0
        count = spec.synapses.bit_length()
        return address_bits(spec.neurons), address_bits(spec.synapses) + count

    @property
    def data_bits(self) -> int:
        """Bits of a word that the host writes or reads: those of the widest space."""
        target, lists = self.list_bits
        return max(super().data_bits, self.synapse_bits + target, lists)

    @property
    def history_bits(self) -> int:
        """Bits of a sum, where the host finds it; else 0."""
        return self.spec.current_format(self.value).width if self.event_lanes.clears else 0

    @property
    def number_bits(self) -> int:
        """Bits of a word's number in a host's request: those of the largest space."""
        place = sum(self.place_bits) if self.event_lanes.clears else 0
        return max(super().number_bits, place)

    @property
    def settling(self) -> int:
        """Clocks from the last neuron's spike to the end of its tick.

        The places of lanes without a neuron in the last group must have left the neurons' row, and
        the zeros behind the last fetch must be written.
        """
        decided = self.neurons.ahead + self.neurons.update_latency
        last_neuron = (self.spec.turns - 1) % self.spec.group_turns
        surplus = self.spec.group_turns - (1 + last_neuron + decided)
        last_sum = self.event_lanes.latency + 1 + self.neurons.update_latency + last_neuron
        zeros = self.landed - last_sum if self.event_lanes.clears else 0
        return max(0, surplus, zeros, self.answering)

    @property
    def landed(self) -> int:
        """Clocks from an issue to the write of its sum."""
        lanes = self.event_lanes
        return lanes.memory + lanes.product_ready + lanes.adding


@dataclass
class EventParts:
    """Outputs of the parts that an event layer has beside lanes and neurons.

    Members
    -------
    scanner, sequencer, reader : those that every one has.
    order : of its columns, behind a convolution; else None.
    wiper : of its sums, where these are cleared; else None.
    feed : of a recurrent layer whose own spikes lie in slices; else None.
    """

    scanner: Outputs
    sequencer: Outputs
    reader: Outputs
    order: Outputs | None = None
    wiper: Outputs | None = None
    feed: Outputs | None = None


@dataclass
class EventLayer(Layer):
    """An event layer in a flattened design, and the signals that its claims speak of.

    Members
    -------
    parts : outputs of its other parts.
    """

    busy: ClassVar[str] = "deciding"

    shape: EventShape
    parts: EventParts

    def of(self, part: str, name: str) -> Bits:
        """The present value of a register of one of the layer's parts."""
        return self.wiring.state(self.part.part(part), name)

    @property
    def free(self) -> Bits:
        """No tick is under way, no spikes wait to be taken, and no word is being read."""
        busy = self.state("adding") | self.state("deciding")
        return ~(busy | self.state("waiting") | self.state("reading") | self.wiping)

    @property
    def wiping(self) -> Bits:
        """All sums are being set to 0."""
        if self.parts.wiper is None:
            return self.wiring.const(0, 1)
        return self.of("wiper", "busy")

    @property
    def further_words(self) -> dict[tuple[Space, int], Bits]:
        """What the host finds beside synapses and neurons, by space and lane."""
        words = super().further_words
        if self.parts.wiper is not None:
            stored = ((Space.HISTORY, number) for number in range(len(self.lanes)))
            words |= {key: self.lanes[key[1]]["stored"] for key in stored}
        if isinstance(self.shape.spec, SparseSpec):
            words[Space.INPUT, 0] = self.parts.sequencer["list"]
        return words

    def synapse_word(self, lane: Outputs) -> Bits:
        """A synapse's word as the host reads it: in a list with its neuron behind it."""
        own = [self.parts.sequencer["target"]] if isinstance(self.shape.spec, SparseSpec) else []
        return cat([lane["word"], *own])

    def under_way(self) -> list[str]:
        """Registers of the sequencer that say that a part of an event is there."""
        sparse = isinstance(self.shape.spec, SparseSpec)
        return ["busy", *(["listing", "walking", "reading"] if sparse else [])]

    def ahead(self, bank: Bits, delay: Bits | int) -> Bits:
        """The bank so many ticks behind another one."""
        banks = self.shape.spec.banks
        wide = len(bank) + 1
        far = bank.wide(wide) + (delay if isinstance(delay, int) else delay.wide(wide))
        return mux(far.below(banks), far, far - banks)[: len(bank)]

    @property
    def begins(self) -> Bits:
        """A tick begins in this clock."""
        return self.signal("i__valid") & self.open

    @property
    def events(self) -> Outputs:
        """The part that gives the sequencer its events."""
        return self.parts.scanner if self.parts.order is None else self.parts.order

    @property
    def sliced(self) -> bool:
        """Whether a tick takes in its inputs slice by slice."""
        return self.shape.sliced

    @property
    def open(self) -> Bits:
        """A tick may begin in this clock."""
        busy = self.state("reading") | self.state("load_now") | self.wiping | self.state("ahead")
        if self.shape.spec.recurrent:
            busy = busy | self.state("adding") | self.state("deciding")
            if self.own is not None and "recent" in self.own.terms:
                busy = busy | self.own["recent"]
        else:
            busy = busy | self.of("scanner", "scanning")
        return ~busy & ~self.host_asks

    @property
    def hands_over(self) -> Bits:
        """The sums of a tick are handed to the neurons in this clock."""
        ready = self.of("sequencer", "ended") & ~self.in_flight
        return ready & ~self.state("deciding") & ~self.state("waiting")

    @property
    def restarts(self) -> Bits:
        """The neurons begin anew in this clock."""
        return self.hands_over

    @property
    def in_flight(self) -> Bits:
        """A product is on its way to its sum."""
        return self.lanes[0]["in_flight"]

    def invariants(self) -> list[Bits]:
        """What holds in every state that a reset leads to (claimed by :func:`prove_events`)."""
        adding, deciding, waiting = (self.state(n) for n in ("adding", "deciding", "waiting"))
        reading, load_now, arrived = (self.state(n) for n in ("reading", "load_now", "arrived"))
        busy = adding | deciding | waiting
        on_its_way = [self.state(f"read_d{clock}") for clock in range(1, MEMORY + 1)]
        facts = [
            ~(deciding & waiting),
            ~(busy & (load_now | reading)),
            ~(load_now & reading),
            # The word being read is in one place, and in none where nothing is read.
            reading.equals(arrived | on_its_way[0] | on_its_way[1]),
            ~(arrived & (on_its_way[0] | on_its_way[1])),
            ~(on_its_way[0] & on_its_way[1]),
            # Where a recurrent layer adds up events, the spikes of the tick before are complete.
            *([~(adding & deciding), ~self.state("ahead")] if self.shape.spec.recurrent else []),
        ]
        facts += [*self._token(adding), *self._flight(adding), *self._fetches(deciding)]
        if self.parts.wiper is not None:
            facts += self._zeros(adding, deciding, waiting)
        if self.parts.feed is not None:
            facts += self._chunks()
        return [*facts, *self.slices_left()]

    def _chunks(self) -> list[Bits]:
        """What hands the scanner its chunks is one chunk ahead of it, and at the first between."""
        scanning, at_last = self.of("scanner", "scanning"), self.of("scanner", "at_last")
        number, part = self.of("scanner", "number"), self.of("feed", "part")
        last = number.equals(-(-self.shape.spec.columns // SLICE) - 1)
        more = scanning & ~last
        return [
            scanning.implies(at_last.equals(last)),
            part.equals((number + 1).gated(more)),
            scanning.implies(number.below(-(-self.shape.spec.columns // SLICE))),
        ]

    def _zeros(self, adding: Bits, deciding: Bits, waiting: Bits) -> list[Bits]:
        """Sums are wiped outside of ticks, and cleared while a tick is decided.

        While a tick is decided, its bank is the one in front of that of the events.
        """
        wiping, place = self.wiping, self.of("wiper", "place")
        bank, decided = self.state("bank"), self.state("decided_bank")
        landed, banks = self.shape.landed, self.shape.spec.banks
        words = self.words_of_sums
        facts = [
            ~(wiping & (adding | deciding | waiting | self.state("reading"))),
            (wiping & self.state("load_now")).implies(place.equals(0)),
            wiping.implies(place.below(words + landed)),
            bank.below(banks) & decided.below(banks),
            deciding.implies(self.ahead(decided, 1).equals(bank)),
        ]
        for clock in range(1, landed + 1):
            since = place - clock
            there = wiping & ~place.below(clock) & since.below(words)
            facts.append(self.of("lanes", f"wipe_d{clock}").implies(there))
            facts.append(self.of("lanes", f"fetch_d{clock}").implies(deciding))
        return facts

    @property
    def words_of_sums(self) -> int:
        """Words of a memory of sums."""
        of_group, of_set, _ = self.shape.place_bits
        return self.shape.spec.banks << (of_group + of_set)

    def _token(self, adding: Bits) -> list[Bits]:
        """There is an end token for each tick that is not with the neurons.

        Events go in front of theirs: one that is on its way has a token behind it.
        """
        ended = self.of("sequencer", "ended")
        behind = self.of("scanner", "scanning")
        tokens, facts = [behind, ended], []
        for part, valid_name, end_name in self._on_their_way():
            valid, end = self.of(part, valid_name), self.of(part, end_name)[0]
            facts.append((valid & ~end).implies(behind))
            behind = behind | (valid & end)
            tokens.append(valid & end)
        if self.shape.spec.CONNECTIVITY == "kernel":  # its sums begin with a bias in front of it
            facts.append(ended.implies(self.of("sequencer", "filled")))
        ahead, wide = self.state("ahead"), len(tokens).bit_length() + 1
        number = adding.wide(wide) + ahead.wide(wide)
        for token in tokens:
            number = number - token.wide(wide)
        return [
            number.equals(0),
            ahead.implies(adding),
            *facts,
            *(self.of("sequencer", n).implies(behind & ~ended) for n in self.under_way()),
        ]

    def _on_their_way(self) -> Iterator[tuple[str, str, str]]:
        """Registers of the events between scanner and sequencer: the part, `valid`, and `end`."""
        yield "scanner", "o_event__valid", "o_event__payload"
        if self.parts.order is not None:
            yield "order", "valid_1", "end_1"
            yield "order", "valid_2", "end_2"
            yield "order", "o_event__valid", "o_event__payload"

    def _flight(self, adding: Bits) -> list[Bits]:
        """Products in flight are of the tick whose events are added, and go to its bank."""
        facts = []
        for clock in range(1, self.shape.landed + 1):
            issued = self.of("lanes", f"issue_d{clock}")
            facts.append(issued.implies(adding))
            if self.parts.wiper is None:
                place = self.of("lanes", f"place_d{clock}")
                bank = place[len(place) - 1].equals(self.state("bank"))
                facts.append(issued.implies(bank))
        return facts

    def _fetches(self, deciding: Bits) -> list[Bits]:
        """The reader works for the neurons; its counters rest at 0."""
        sweeping, spec = self.of("reader", "sweeping"), self.shape.spec
        facts = [sweeping.implies(deciding)]
        for name, count in (("slot", self.shape.slots), ("group", spec.groups)):
            counter = self.wiring.counter(self.part.part("reader"), name, count)
            facts += [counter.below(count), sweeping | counter.equals(0)]
        if self.shape.fetch_register:
            slot = self.wiring.counter(self.part.part("reader"), "slot", self.shape.slots)
            of_set = sweeping & slot.below(self.shape.event_lanes.sets)
            facts.append(self.of("reader", "fetch").equals(of_set))
        return facts

    def registers(self) -> Iterator[tuple[Instance, str]]:
        """The registers that the invariants speak of."""
        names = ["adding", "ahead", "deciding", "waiting", "reading", "load_now", "arrived", "bank"]
        for name in [*names, *(f"read_d{clock}" for clock in range(1, MEMORY + 1))]:
            yield self.part, name
        yield self.part.part("scanner"), "scanning"
        for part, *names_of_stage in self._on_their_way():
            for name in names_of_stage:
                yield self.part.part(part), name
        for name in QUEUE_REGISTERS if self.queue is not None else ():
            yield self.part.part("slices"), name
        if self.parts.feed is not None:
            yield self.part.part("feed"), "part"
            yield self.part.part("scanner"), "number"
            yield self.part.part("scanner"), "at_last"
        kernel = self.shape.spec.CONNECTIVITY == "kernel"
        for name in ("ended", *self.under_way(), *(("filled",) if kernel else ())):
            yield self.part.part("sequencer"), name
        clears = self.parts.wiper is not None
        lines = ("issue", "fetch", "wipe") if clears else ("issue", "place")
        for clock in range(1, self.shape.landed + 1):
            for line in lines:
                yield self.part.part("lanes"), f"{line}_d{clock}"
        if clears:
            yield self.part, "decided_bank"
            yield self.part.part("wiper"), "busy"
            yield self.part.part("wiper"), "place"
        reader = self.part.part("reader")
        yield reader, "sweeping"
        if self.shape.fetch_register:
            yield reader, "fetch"
        if self.shape.slots > 1:
            yield reader, "slot"
        if self.shape.spec.groups > 1:
            yield reader, "group"


def each_lane(lanes: Outputs, shape: EventShape) -> list[Outputs]:
    """What each lane gives, by itself; the strobes are those of all."""

    def part(name: str, number: int) -> Bits:
        bits = lanes[name]
        width = len(bits) // shape.spec.lanes
        return bits[number * width : (number + 1) * width]

    strobes = {name: lanes[name] for name in ("in_flight", "announced", "done")}
    ports = {"word": "words", "current": "current"}
    if shape.event_lanes.clears:
        ports["stored"] = "stored"
    return [
        Outputs(
            lanes.instance,
            {**strobes, **{name: part(port, number) for name, port in ports.items()}},
        )
        for number in range(shape.spec.lanes)
    ]


class DecisionTimes(TickTimes):
    """What every register of the neurons' part of a tick holds, from the hand-over of its sums."""

    layer: EventLayer
    origin, strobes = "the hand-over of its sums", "lanes"

    def __init__(self, layer: EventLayer) -> None:
        super().__init__(layer, columns=layer.shape.event_lanes.sets)
        self.sweeper = layer.part.part("reader")

    def registers(self, time: Time) -> Iterator[tuple[Instance, str, Bits]]:
        """Every register of the control, and what it holds at a time of the tick."""
        yield from super().registers(time)
        if self.layer.shape.fetch_register:
            fetched = time.group.below(self.shape.spec.groups) & time.slot.below(self.columns)
            yield self.sweeper, "fetch", fetched
        if self.layer.parts.wiper is not None:
            for clock in range(1, self.layer.shape.landed + 1):
                then = time.before(clock)
                fetched = then.group.below(self.shape.spec.groups) & then.slot.below(self.columns)
                yield self.layer.part.part("lanes"), f"fetch_d{clock}", fetched

    @property
    def starts(self) -> Bits:
        """The sums are handed over in this clock."""
        return self.layer.hands_over


def prove_events(layer: EventLayer) -> None:
    """Add the claims about an event layer's wiring, its ticks, and the neurons' clocks."""
    _prove_invariants(layer)
    _prove_handshakes(layer)
    _prove_ticks(layer)
    _prove_scanner_inputs(layer)
    _prove_sequencer_inputs(layer)
    _prove_lanes_inputs(layer)
    _prove_apart(layer)
    prove_neuron_inputs(layer)
    times = DecisionTimes(layer)
    if layer.queue is not None:
        prove_queue(layer, layer.queue, times)
    else:
        prove_spikes(layer)
    if layer.own is not None:
        prove_own_inputs(layer, layer.own)
        prove_own_turns(layer, layer.own, times)
    prove_readout_inputs(layer)
    prove_first_tick(layer)
    prove_host(layer)
    prove_answer(layer)
    prove_times(times)


def _prove_invariants(layer: EventLayer) -> None:
    wiring = layer.wiring

    def following() -> Iterator[Pair]:
        net = wiring.design.net
        names = [owner.register(name) for owner, name in layer.registers()]
        step = {net.states[name]: net.following[name] for name in names}
        for number, fact in enumerate(layer.invariants()):
            next_fact = Bits(fact.terms, net.substitute(fact.term, step))
            yield f"invariant {number}", next_fact, wiring.const(1, 1)

    # That a decision ends only while one is under way, and behind its last fetch, is claimed below.
    def assumptions() -> list[Bits]:
        ends = end_of_tick(layer)
        facts = [
            *(layer.reset | fact for fact in layer.invariants()),
            ends.implies(layer.state("deciding") & ~layer.of("reader", "sweeping")),
        ]
        if layer.parts.wiper is not None:  # and then all zeros behind its fetches are written
            facts += [
                ends.implies(~layer.of("lanes", f"fetch_d{clock}"))
                for clock in range(1, layer.shape.landed)
            ]
        facts += layer.spikes_in_turn(ends)
        return facts

    wiring.claim(
        f"{layer.label}: one thing at a time",
        "after a reset and ever after: writes and reads of the host exclude ticks and each other;"
        " each tick that is not with the neurons has one end token on its way, behind its events;"
        " products in flight are of a tick whose events are added and go to its bank; sums are"
        " fetched for a tick that is decided",
        following,
        assumptions,
    )


def _prove_handshakes(layer: EventLayer) -> None:
    wiring, part = layer.wiring, layer.part

    def handshakes() -> Iterator[Pair]:
        free, load_now = layer.free, layer.state("load_now")
        more = [layer.parts.scanner["wants"]] if layer.sliced else []
        if (feed := layer.parts.feed) is not None:
            more = [feed["ready"]]
        yield wiring.pair(part, "i__ready", either([layer.open, *more], wiring.prover.terms))
        yield wiring.pair(part, "load__ready", free)
        yield wiring.pair(part, "read__ready", free & ~layer.signal("load__valid") & ~load_now)
        if part.has("idle"):
            yield wiring.pair(part, "idle", free)

    wiring.claim(
        f"{layer.label}: who gets in",
        "between ticks a write of the host is accepted, before a read; a tick begins when the"
        " scanner is free, at most one tick ahead, and the host asks for nothing"
        + (", and takes in more when the scanner wants it" if layer.sliced else "")
        + (
            ", and when the spikes of the tick before are complete"
            if layer.shape.spec.recurrent
            else ""
        ),
        handshakes,
    )


def _prove_ticks(layer: EventLayer) -> None:
    wiring, part = layer.wiring, layer.part

    def tick() -> Iterator[Pair]:
        ends, begins, over = end_of_tick(layer), layer.begins, layer.hands_over
        adding, deciding, waiting = (layer.state(n) for n in ("adding", "deciding", "waiting"))
        transfer, ahead = layer.spikes_taken, layer.state("ahead")
        for name, expected in (
            ("adding", (adding & ~over) | begins | ahead),
            ("ahead", (ahead | (begins & adding)) & ~over),
            ("deciding", (deciding & ~ends) | over),
            ("waiting", (waiting & ~transfer) | ends),
        ):
            yield wiring.next_pair(part, name, layer.unless_reset(expected))
        yield from _banks(layer, over)
        number = layer.signal("i__payload")[: layer.shape.step_bits]
        step, decided = layer.state("step"), layer.state("decided_step")
        yield wiring.next_pair(part, "step", mux(begins, number, step))
        before = layer.state("step_before")
        yield wiring.next_pair(part, "step_before", mux(begins, step, before))
        last_step = mux(ahead, before, step)
        yield wiring.next_pair(part, "decided_step", mux(over, last_step, decided))
        if (queue := layer.queue) is not None:
            yield wiring.pair(part, "o__valid", queue["o__valid"])
            payload = cat([decided, queue["o__payload"], *layer.answer])
            yield wiring.pair(part, "o__payload", payload)
            yield from layer.answers_in_time()
            return
        yield wiring.pair(part, "o__valid", waiting)
        spikes = _in_order(layer, layer.state("spikes"))
        yield wiring.pair(part, "o__payload", cat([decided, spikes, *layer.answer]))

    wiring.claim(
        f"{layer.label}: a tick",
        "a tick begins when its inputs are transferred and keeps their step; when all its events"
        " are added, no product is in flight and the neurons are free, they take over its sums, and"
        " events go to the other bank; with the last neuron's spike its spikes are offered until"
        " they are taken" + layer.leaving,
        tick,
        lambda: [*layer.invariants(), end_of_tick(layer).implies(layer.state("deciding"))],
    )


def _banks(layer: EventLayer, over: Bits) -> Iterator[Pair]:
    """The banks of the tick whose events are added, and of that which is decided."""
    wiring, part, bank = layer.wiring, layer.part, layer.state("bank")
    if layer.parts.wiper is None:
        yield wiring.next_pair(part, "bank", bank ^ over)
        return
    request = Request(layer, "loaded", write=True)
    restored = request.loads(layer, Space.CONTROL)
    following = mux(over, layer.ahead(bank, 1), bank)
    yield wiring.next_pair(part, "bank", layer.unless_reset(following))
    decided = mux(over, bank, layer.state("decided_bank"))
    yield wiring.next_pair(part, "decided_bank", layer.unless_reset(decided))
    wiper = part.part("wiper")
    yield wiring.pair(wiper, "restart", restored & data_of(request, 1))


def _in_order(layer: EventLayer, spikes: Bits) -> Bits:
    """The spikes in the order of the model: a kernel gives them place by place."""
    spec = layer.shape.spec
    if spec.CONNECTIVITY == "full":
        return spikes
    return cat([spikes[spec.place(neuron)] for neuron in range(spec.neurons)])


def _prove_scanner_inputs(layer: EventLayer) -> None:
    wiring, shape = layer.wiring, layer.shape
    scanner, spec, width = layer.part.part("scanner"), shape.spec, shape.value.width

    def inputs() -> Iterator[Pair]:
        parts = [layer.signal("i__payload")[shape.step_bits :]]
        if spec.recurrent and not layer.sliced:
            # After a reset there is no tick before: its spikes are 0.
            spikes = layer.state("spikes").gated(~layer.state("fresh"))
            parts += [spikes[n].wide(width) for n in range(spec.neurons)]
        if spec.bias_column and not layer.sliced:  # else the scanner adds it
            parts.append(wiring.const(1, width))
        yield wiring.pair(scanner, "load", layer.begins)
        if (feed := layer.parts.feed) is not None:
            yield from _fed(layer, feed)
            yield wiring.pair(scanner, "more", feed["more"])
            yield wiring.pair(scanner, "values", feed["values"])
        elif layer.sliced:
            yield wiring.pair(scanner, "more", layer.signal("i__valid"))
            yield wiring.pair(scanner, "values", cat(parts))
        else:
            yield wiring.pair(scanner, "values", cat(parts))
        if layer.parts.order is None:
            yield wiring.pair(scanner, "o_event__ready", layer.parts.sequencer["i_event__ready"])
            return
        order = layer.part.part("order")
        yield wiring.pair(scanner, "o_event__ready", layer.parts.order["i_event__ready"])
        yield wiring.pair(order, "i_event__valid", layer.parts.scanner["o_event__valid"])
        yield wiring.pair(order, "i_event__payload", layer.parts.scanner["o_event__payload"])
        yield wiring.pair(order, "o_event__ready", layer.parts.sequencer["i_event__ready"])

    own = ", the spikes of the tick before" if spec.recurrent else ""
    bias = " and a 1" if spec.bias_column else ""
    wiring.claim(
        f"{layer.label}: the columns",
        f"with the beginning of a tick the scanner takes in the inputs' values{own}{bias}, when the"
        " end token of the tick before is out of it",
        lambda: (
            *inputs(),
            (
                "the scanner is empty",
                layer.begins.implies(~layer.of("scanner", "scanning")),
                wiring.const(1, 1),
            ),
        ),
        lambda: [
            *layer.invariants(),
            layer.neurons["o_valid"].implies(layer.state("deciding")),
        ],
    )


def _fed(layer: EventLayer, feed: Outputs) -> Iterator[Pair]:
    """What hands the scanner its chunks gets the inputs' slices, and those of the tick before."""
    wiring, own = layer.wiring, layer.own
    if own is None:
        raise ValueError("a layer that feeds its spikes back must keep them")
    part, values = feed.instance, layer.signal("i__payload")[layer.shape.step_bits :]
    begins, request = layer.begins, feed["slice"]
    expected = {
        "load": begins,
        "wants": layer.parts.scanner["wants"],
        "valid": layer.signal("i__valid"),
        "inputs": values,
        # After a reset there is no tick before: its spikes are 0.
        "own": own["found"].gated(~layer.state("fresh")),
    }
    for name, value in expected.items():
        yield wiring.pair(part, name, value)
    slice_ = wiring.signal(own.instance, "slice")
    yield wiring.pair(own.instance, "slice", request.low(len(slice_)))
    first = begins.implies(layer.of("feed", "part").equals(0))
    yield "a tick begins with its first chunk", first, wiring.const(1, 1)
    # A slice that is asked for now is there in the next clock, in a tick that has begun by then. A
    # tick that begins in the next clock does so when nothing is written now (`recent`).
    reads = begins | layer.state("adding")
    writes = wiring.signal(own.instance, "valid") | wiring.signal(own.instance, "load")
    yield "no slice is written while it is read", reads & writes, wiring.const(0, 1)


def _prove_sequencer_inputs(layer: EventLayer) -> None:
    wiring = layer.wiring
    sequencer, reader = layer.part.part("sequencer"), layer.part.part("reader")

    def inputs() -> Iterator[Pair]:
        yield wiring.pair(sequencer, "i_event__valid", layer.events["o_event__valid"])
        yield wiring.pair(sequencer, "i_event__payload", layer.events["o_event__payload"])
        yield wiring.pair(sequencer, "hold", layer.parts.reader["fetch"])
        yield wiring.pair(sequencer, "restart", layer.hands_over)
        yield wiring.pair(reader, "start", layer.hands_over)
        if layer.parts.wiper is None:  # else all sums count
            yield wiring.pair(reader, "used", layer.parts.sequencer["used"])
        restarted = layer.hands_over.implies(layer.of("sequencer", "ended"))
        yield "a restart is behind the end token", restarted, wiring.const(1, 1)
        if isinstance(layer.shape.spec, SparseSpec):
            yield from _lists_of_host(layer)
        idle = layer.hands_over.implies(~layer.of("reader", "sweeping"))
        yield "a hand-over is behind the last fetch", idle, wiring.const(1, 1)

    wiring.claim(
        f"{layer.label}: events and fetches",
        "the sequencer takes the scanner's events and issues nothing in the clock of a fetch; with"
        " the hand-over it begins anew, and the reader with the sets that it has used",
        inputs,
        layer.invariants,
    )


def _lists_of_host(layer: EventLayer) -> Iterator[Pair]:
    """The host's words for the lists, which come between ticks alone."""
    wiring, shape = layer.wiring, layer.shape
    sequencer, request = layer.part.part("sequencer"), Request(layer, "loaded", write=True)
    target, lists = shape.list_bits
    host = layer.state("load_now") | layer.state("reading")
    own = max(address_bits(shape.spec.depth), address_bits(shape.spec.columns))
    yield wiring.pair(sequencer, "host", host)
    yield wiring.pair(sequencer, "host_address", host_number(layer)[:own])
    yield wiring.pair(sequencer, "load_target", request.loads(layer, Space.SYNAPSE))
    data = data_of(request, shape.synapse_bits + target)[shape.synapse_bits :]
    yield wiring.pair(sequencer, "target_data", data)
    yield wiring.pair(sequencer, "load_list", request.loads(layer, Space.INPUT))
    yield wiring.pair(sequencer, "list_data", data_of(request, lists))
    under_way = [layer.of("sequencer", name) for name in layer.under_way()]
    events = either([*under_way, layer.events["o_event__valid"]], wiring.prover.terms)
    yield "the host and events at a time", host & events, wiring.const(0, 1)


def _prove_lanes_inputs(layer: EventLayer) -> None:
    wiring, shape, spec = layer.wiring, layer.shape, layer.shape.spec
    lanes, parts = layer.part.part("lanes"), layer.parts

    def inputs() -> Iterator[Pair]:
        request = Request(layer, "loaded", write=True)
        fetch = parts.reader["fetch"]
        expected = {
            "issue": parts.sequencer["issue"],
            "address": parts.sequencer["address"],
            "value": parts.sequencer["value"],
            "fetch": fetch,
            "begin": parts.reader["begin"],
            "last": parts.reader["last"],
            **_places(layer, fetch),
            "host_address": host_number(layer)[: address_bits(spec.depth)],
            "load": cat(
                [
                    request.loads(layer, Space.SYNAPSE) & request.lane.equals(number)
                    for number in range(spec.lanes)
                ]
            ),
            "load_data": data_of(request, shape.synapse_bits),
        }
        for name, value in expected.items():
            if lanes.has(name):  # with values of one bit there is no value
                yield wiring.pair(lanes, name, value)
        load = wiring.signal(lanes, "load").wide(spec.lanes + 1)
        yield "the host writes one lane at a time", load & (load - 1), load.gated(load.equals(0))

    wiring.claim(
        f"{layer.label}: the lanes' inputs",
        "the lanes are handed the word and the sums of the event under way, or those that the"
        " neurons are to have from the other bank, and each those words of the host that are for"
        " it",
        inputs,
        layer.invariants,
    )


def _places(layer: EventLayer, fetch: Bits) -> dict[str, Bits]:
    """Where the sums of a clock's access are, and what goes with it."""
    parts, bank = layer.parts, layer.state("bank")
    place = [mux(fetch, parts.reader["group"], parts.sequencer["group"])]
    if layer.shape.event_lanes.sets > 1:
        place.append(mux(fetch, parts.reader["set"], parts.sequencer["set"]))
    if parts.wiper is None:
        # The neurons' sums are in the other bank than those of the events.
        place.append(bank ^ fetch)
        more = {"first": parts.sequencer["first"], "counts": parts.reader["counts"]}
        return {"place": cat(place), **more}
    place.append(mux(fetch, layer.state("decided_bank"), bank))
    request, bits = Request(layer, "loaded", write=True), sum(layer.shape.place_bits)
    host_word, within = host_number(layer), bits - len(bank)
    loads = request.loads(layer, Space.HISTORY)
    lanes = range(layer.shape.spec.lanes)
    return {
        "place": mux(layer.wiping, parts.wiper["place"].low(bits), cat(place)),
        "wipe": parts.wiper["wipe"],
        "host": layer.state("reading") | layer.state("load_now"),
        "host_place": cat([host_word[:within], layer.ahead(bank, host_word[within:bits])]),
        "load_sum": cat([loads & request.lane.equals(number) for number in lanes]),
        "load_sum_data": data_of(request, layer.shape.history_bits),
    }


def _zeros_apart(layer: EventLayer) -> Iterator[Pair]:
    """Where sums are cleared: events and fetches have other banks, and the host waits for zeros."""
    wiring, lanes = layer.wiring, layer.part.part("lanes")
    bank, decided = layer.state("bank"), layer.state("decided_bank")
    delay = Bits(bank.terms, bank.terms.var("a synapse's delay", len(bank)))
    fits = ~wiring.const(layer.shape.spec.max_delay, len(bank)).below(delay)
    meets = fits & layer.state("deciding") & layer.ahead(bank, delay).equals(decided)
    yield "a product's bank is not the neurons'", meets, wiring.const(0, 1)
    host = wiring.signal(lanes, "host")
    for name in ("issue", "fetch", "wipe"):
        for clock in range(1, layer.shape.landed + 1):
            strobe = layer.of("lanes", f"{name}_d{clock}")
            yield f"the host and {name} {clock}", host & strobe, wiring.const(0, 1)
    issue, fetch, wipe = (wiring.signal(lanes, each) for each in ("issue", "fetch", "wipe"))
    yield "one access", (issue & (fetch | wipe)) | (fetch & wipe), wiring.const(0, 1)


def _prove_apart(layer: EventLayer) -> None:
    wiring = layer.wiring
    lanes = layer.part.part("lanes")

    def apart() -> Iterator[Pair]:
        busy = layer.state("adding") | layer.state("deciding") | layer.state("waiting")
        host, address = wiring.signal(lanes, "host_address"), wiring.signal(lanes, "address")
        yield f"{lanes.path}.host_address", host, host.gated(~busy)
        yield f"{lanes.path}.address", address, address.gated(layer.state("adding"))
        if layer.parts.wiper is not None:
            yield from _zeros_apart(layer)
            return
        # What is in flight goes to the events' bank, what is fetched comes from the other one.
        fetch, place = layer.parts.reader["fetch"], wiring.signal(lanes, "place")
        bank = place[len(place) - 1]
        for clock in range(1, layer.shape.landed + 1):
            other = layer.of("lanes", f"place_d{clock}")
            meets = layer.of("lanes", f"issue_d{clock}") & bank.equals(other[len(other) - 1])
            yield f"product {clock} and the fetch", fetch & meets, wiring.const(0, 1)

    wiring.claim(
        f"{layer.label}: apart from each other",
        "the host's address is 0 while a tick is under way, and the events' address where no events"
        " are added; the sums that the neurons fetch are in another bank than any product in flight"
        " goes to, so they are finished and no write meets their read"
        + (
            ""
            if layer.parts.wiper is None
            else "; so they are for every delay that a synapse may have; the host comes to the sums"
            " when nothing is on its way there"
        ),
        apart,
        layer.invariants,
    )
