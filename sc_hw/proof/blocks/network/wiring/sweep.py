"""Claims about the sweep of a trained layer: when a tick begins, and what its parts are handed.

A tick sweeps the groups of the layer's neurons one by one, and in each group the columns. In a
clock all lanes work on the synapse of one column, each for a neuron of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from sc_hw.parts.space import Space
from sc_hw.proof.bits import Bits, cat, mux
from sc_hw.proof.blocks.network.wiring.instances import Outputs
from sc_hw.proof.blocks.network.wiring.shape import LayerShape, address_bits
from sc_hw.proof.blocks.network.wiring.statements import Pair, Wiring
from sc_hw.proof.flattened import Instance
from sc_hw.trained.lane import MEMORY

# Registers of the queue of slices that the invariants speak of.
QUEUE_REGISTERS = ("written", "taken", "offered")


@dataclass
class Layer:
    """A trained layer in a flattened design, and the signals that its claims speak of.

    Members
    -------
    wiring : gets the claims.
    part : the layer's instance.
    shape : its sizes.
    reset : whether the layer is reset in this clock, by its domain or by a restart.
    lanes, neurons, history : outputs of its parts; no history without delays. Those of several
        pipelines of neurons are `side_by_side`.
    readout : of the readout behind its neurons, or None.
    store : of the memory of its columns, where these come in slices; else None.
    queue : of the queue in which its spikes leave; None where they leave in a word.
    own : of the memory of its own spikes, where a recurrent layer's lie in slices; else None.
    """

    busy: ClassVar[str] = "ticking"  # the register that is high until the last spike is there

    wiring: Wiring
    part: Instance
    shape: LayerShape
    reset: Bits
    lanes: list[Outputs]
    neurons: Outputs
    history: Outputs | None
    readout: Outputs | None = field(default=None, kw_only=True)
    store: Outputs | None = field(default=None, kw_only=True)
    queue: Outputs | None = field(default=None, kw_only=True)
    own: Outputs | None = field(default=None, kw_only=True)

    @property
    def pipelines(self) -> list[Instance]:
        """The pipelines of its neurons."""
        return [self.part.part(name) for name in self.shape.pipelines]

    @property
    def answer(self) -> list[Bits]:
        """What a readout answers, as a part of a payload of `o`; nothing without one."""
        if self.readout is None:
            return []
        winner = self.readout["winner"]
        return [winner if self.queue is None else winner.gated(self.queue["last_slice"])]

    @property
    def leaving(self) -> str:
        """What a claim adds of spikes that leave in slices."""
        if self.queue is None:
            return ""
        answer = "" if self.readout is None else ", the last one with the answer of a whole tick"
        return f", and slices of them as soon as they are there{answer}"

    def answers_in_time(self) -> Iterator[Pair]:
        """The answer is that of all neurons when it is offered with the last slice of a tick."""
        if self.readout is not None and self.queue is not None:
            last = self.in_queue("offered") & self.queue["last_slice"]
            expected = last.implies(self.state("waiting"))
            yield "the answer waits for the tick's end", expected, self.wiring.const(1, 1)

    @property
    def label(self) -> str:
        """How the claims' names begin."""
        return f"top.v, layer {self.shape.spec.name}"

    def state(self, name: str) -> Bits:
        """The present value of a register of the layer."""
        return self.wiring.state(self.part, name)

    def synapse_word(self, lane: Outputs) -> Bits:
        """A synapse's word as the host reads it."""
        return lane["word"]

    @property
    def further_words(self) -> dict[tuple[Space, int], Bits]:
        """What the host finds beside synapses and neurons, by space and lane."""
        past = {} if self.history is None else {(Space.HISTORY, 0): self.history["word"]}
        return {(Space.CONTROL, 0): self.state("fresh"), **past}

    @property
    def values(self) -> Bits:
        """The values of the columns, the one of the present slot in front."""
        return self.wiring.state(self.part, "values", self.shape.columns_bits)

    def signal(self, name: str) -> Bits:
        """A signal of the layer."""
        return self.wiring.signal(self.part, name)

    def unless_reset(self, value: Bits, after: int = 0) -> Bits:
        """A next value, or the value after a reset."""
        return mux(self.reset, self.wiring.const(after, len(value)), value)

    @property
    def free(self) -> Bits:
        """No tick is under way, no spikes wait to be taken, and no word is being read."""
        return ~(self.state("ticking") | self.state("waiting") | self.state("reading"))

    @property
    def host_asks(self) -> Bits:
        """The host wants to write or to read a word."""
        return self.signal("load__valid") | self.signal("read__valid")

    @property
    def transfer(self) -> Bits:
        """Inputs are transferred in this clock, all of a tick or a slice of them."""
        offered = self.signal("i__valid") & self.free
        return offered & ~self.host_asks & ~self.state("load_now")

    @property
    def begins(self) -> Bits:
        """A tick begins in this clock."""
        return self.transfer if self.store is None else self.transfer & self.store["last"]

    @property
    def present(self) -> Bits:
        """Value of the column that was issued `MEMORY` clocks ago."""
        return self.state(f"present_d{MEMORY}") if self.store is None else self.store["value"]

    @property
    def spikes_taken(self) -> Bits:
        """The last transfer of a tick's spikes is made in this clock."""
        if self.queue is not None:
            return self.queue["over"]
        return self.state("waiting") & self.signal("o__ready")

    @property
    def spike_valid(self) -> Bits:
        """A spike goes into the queue of slices."""
        settling = self.shape.settling
        return self.state(f"spike_valid_d{settling}") if settling else self.neurons["o_valid"]

    def in_queue(self, name: str) -> Bits:
        """The present value of a register of the queue of slices."""
        return self.wiring.state(self.part.part("slices"), name)

    def slices_left(self) -> list[Bits]:
        """Slices are there in a tick or while its spikes wait, and all of them at its end.

        What is written of them in each clock of a tick is claimed with its times. Nothing without a
        queue.
        """
        if self.queue is None:
            return []
        written, taken, offered = (self.in_queue(n) for n in ("written", "taken", "offered"))
        busy, waiting, slices = self.state(self.busy), self.state("waiting"), self.shape.o_slices
        idle = ~(busy | waiting)
        return [
            offered.implies(taken.below(written) & ~idle),
            busy.implies(~written.below(taken) & written.below(slices)),
            waiting.implies(written.equals(slices) & taken.below(slices)),
            idle.implies(taken.equals(written)),
        ]

    def spikes_in_turn(self, ends: Bits) -> list[Bits]:
        """What is claimed of the spikes that go into the queue; nothing without one."""
        if self.queue is None:
            return []
        next_count = self.wiring.next(self.part.part("slices"), "written")
        busy = self.state(self.busy)
        return [
            self.spike_valid.implies(busy),
            ends.implies(self.spike_valid),
            (busy & ~ends).implies(next_count.below(self.shape.o_slices)),
        ]

    @property
    def restarts(self) -> Bits:
        """The neurons begin anew in this clock."""
        return self.begins

    @property
    def slot(self) -> Bits:
        """Number of the clock in the sweep of a group."""
        return self.wiring.counter(self.part, "slot", self.shape.slots)

    @property
    def last_slot(self) -> Bits:
        """Whether it is the last clock of a group."""
        return self.slot.equals(self.shape.slots - 1)

    @property
    def last_group(self) -> Bits:
        """Whether the last group is swept."""
        groups = self.shape.spec.groups
        return self.wiring.counter(self.part, "group", groups).equals(groups - 1)

    @property
    def issue(self) -> Bits:
        """Each lane reads a synapse in this clock."""
        return self.state("sweeping") & self.slot.below(self.shape.spec.columns)

    def invariants(self) -> list[Bits]:
        """What holds in every state that a reset leads to (claimed by :func:`prove_sweep`)."""
        ticking, sweeping = self.state("ticking"), self.state("sweeping")
        waiting, reading = self.state("waiting"), self.state("reading")
        load_now, arrived = self.state("load_now"), self.state("arrived")
        on_its_way = [self.state(f"read_d{clock}") for clock in range(1, MEMORY + 1)]
        facts = [
            sweeping.implies(ticking),
            ~(ticking & waiting),
            ~((ticking | waiting) & (load_now | reading)),
            ~(load_now & reading),
            # The word being read is in one place, and in none where nothing is read.
            reading.equals(arrived | on_its_way[0] | on_its_way[1]),
            ~(arrived & (on_its_way[0] | on_its_way[1])),
            ~(on_its_way[0] & on_its_way[1]),
        ]
        return [*facts, *self._places(), *self.slices_left()]

    def _places(self) -> list[Bits]:
        """Counters stay below their ends, rest at 0, and the address follows from them."""
        spec, slots = self.shape.spec, self.shape.slots
        group = self.wiring.counter(self.part, "group", spec.groups)
        address, sweeping = self.state("address"), self.state("sweeping")
        # One bit more than the number of synapses of a lane needs, so that no sum wraps.
        bits = spec.depth.bit_length() + 1
        slot = self.slot.low(bits) if len(self.slot) <= bits else self.slot
        columns = mux(
            self.slot.below(spec.columns), slot.low(bits), self.wiring.const(spec.columns, bits)
        )
        expected = group.wide(bits).times(spec.columns) + columns
        # Behind the last synapse the address is that of the first one again.
        expected = expected.gated(~expected.equals(spec.depth))
        return [
            self.slot.below(slots),
            group.below(spec.groups),
            sweeping | (self.slot.equals(0) & group.equals(0) & address.equals(0)),
            address.wide(bits).equals(expected),
        ]


def prove_sweep(layer: Layer) -> None:
    """Add the claims about the beginning of a tick, its counters, and the columns' values."""
    _prove_invariants(layer)
    _prove_begin(layer)
    _prove_counters(layer)
    _prove_columns(layer)


def _prove_invariants(layer: Layer) -> None:
    wiring, part = layer.wiring, layer.part
    spec = layer.shape.spec

    def following() -> Iterator[Pair]:
        # The same statements about the next state, whatever it is: the registers' next values take
        # the place of their present ones.
        net = wiring.design.net
        names = ["ticking", "sweeping", "waiting", "reading", "load_now", "arrived", "address"]
        names += [f"read_d{clock}" for clock in range(1, MEMORY + 1)]
        names += ["slot"] * (layer.shape.slots > 1) + ["group"] * (spec.groups > 1)
        registers = [part.register(name) for name in names]
        if layer.queue is not None:
            registers += [part.part("slices").register(name) for name in QUEUE_REGISTERS]
        step = {net.states[name]: net.following[name] for name in registers}
        for number, fact in enumerate(layer.invariants()):
            next_fact = Bits(fact.terms, net.substitute(fact.term, step))
            yield f"invariant {number}", next_fact, wiring.const(1, 1)

    # That a tick ends only while one is under way, and then with nothing in flight, is a claim of
    # `ends`; here it is the environment of these counters.
    def assumptions() -> list[Bits]:
        last_spike = end_of_tick(layer)
        return [
            *(layer.reset | fact for fact in layer.invariants()),
            last_spike.implies(layer.state("ticking") & ~layer.state("sweeping")),
            *layer.spikes_in_turn(last_spike),
        ]

    wiring.claim(
        f"{layer.label}: one thing at a time",
        "after a reset and ever after: a sweep is part of a tick, and a tick, waiting spikes, a"
        " write and a read of the host exclude each other; one word is read at a time; the address"
        " is group x columns + slot, and 0 between ticks",
        following,
        assumptions,
    )


def side_by_side(pipelines: list[Outputs]) -> Outputs:
    """What several pipelines of neurons give: their spikes, their words, and the strobes of all.

    The strobes are those of the first one; that the others' are the same is claimed with the times.
    """
    first = pipelines[0]
    if len(pipelines) == 1:
        return first
    both = {name: cat([each[name] for each in pipelines]) for name in ("o_spike", "word")}
    return Outputs(first.instance, {**first.terms, **both}, first.registers)


def end_of_tick(layer: Layer) -> Bits:
    """Whether the last neuron's spike is there, and all writes of the tick have been made."""
    settling = layer.shape.settling
    if settling:
        return layer.state(f"last_spike_d{settling}")
    return layer.neurons["o_valid"] & layer.neurons["o_last"]


def _prove_begin(layer: Layer) -> None:
    wiring, part = layer.wiring, layer.part

    def handshakes() -> Iterator[Pair]:
        free, load_now = layer.free, layer.state("load_now")
        asks = layer.host_asks
        yield wiring.pair(part, "i__ready", free & ~asks & ~load_now)
        yield wiring.pair(part, "load__ready", free)
        yield wiring.pair(part, "read__ready", free & ~layer.signal("load__valid") & ~load_now)
        if part.has("idle"):
            yield wiring.pair(part, "idle", free)

    wiring.claim(
        f"{layer.label}: who gets in",
        "between ticks a write of the host is accepted, before a read, before a tick; a read and a"
        " tick wait a clock behind a write",
        handshakes,
    )

    def tick() -> Iterator[Pair]:
        ends, begins = end_of_tick(layer), layer.begins
        ticking, waiting = layer.state("ticking"), layer.state("waiting")
        for name, expected in (
            ("ticking", (ticking | begins) & ~ends),
            ("waiting", (waiting & ~layer.spikes_taken) | ends),
        ):
            yield wiring.next_pair(part, name, layer.unless_reset(expected))
        step = layer.signal("i__payload")[: layer.shape.step_bits]
        yield wiring.next_pair(part, "step", mux(begins, step, layer.state("step")))
        if layer.queue is not None:
            yield wiring.pair(part, "o__valid", layer.queue["o__valid"])
            payload = cat([layer.state("step"), layer.queue["o__payload"], *layer.answer])
            yield from layer.answers_in_time()
        else:
            yield wiring.pair(part, "o__valid", waiting)
            payload = cat([layer.state("step"), layer.state("spikes"), *layer.answer])
        yield wiring.pair(part, "o__payload", payload)

    wiring.claim(
        f"{layer.label}: a tick",
        "a tick begins when its inputs are transferred, keeps their step, and ends with the last"
        " neuron's spike; then its spikes are offered until they are taken" + layer.leaving,
        tick,
        lambda: [*layer.invariants(), end_of_tick(layer).implies(layer.state("ticking"))],
    )


def _prove_counters(layer: Layer) -> None:
    wiring, part, shape = layer.wiring, layer.part, layer.shape
    spec = shape.spec

    def counters() -> Iterator[Pair]:
        sweeping, slot, last_slot = layer.state("sweeping"), layer.slot, layer.last_slot
        group = wiring.counter(part, "group", spec.groups)
        over = last_slot & layer.last_group
        expected = (sweeping & ~over) | layer.begins
        yield wiring.next_pair(part, "sweeping", layer.unless_reset(expected))
        if shape.slots > 1:
            following = mux(sweeping, (slot + 1).gated(~last_slot), slot)
            yield wiring.next_pair(part, "slot", layer.unless_reset(following))
        if spec.groups > 1:
            following = mux(sweeping & last_slot, (group + 1).gated(~layer.last_group), group)
            yield wiring.next_pair(part, "group", layer.unless_reset(following))
        address = layer.state("address")
        last = layer.last_group & slot.equals(spec.columns - 1)
        following = mux(layer.issue, (address + 1).gated(~last), address)
        yield wiring.next_pair(part, "address", layer.unless_reset(following))
        # The same as each lane sees it, which the claims about its writes assume.
        net, lane_address = wiring.design.net, address.gated(sweeping)
        names = [part.register(name) for name in ("address", "sweeping")]
        step = {net.states[name]: net.following[name] for name in names}
        next_lane_address = Bits(lane_address.terms, net.substitute(lane_address.term, step))
        goes_on = mux(
            layer.issue,
            (lane_address + 1).gated(~lane_address.equals(spec.depth - 1)),
            lane_address,
        )
        yield "address (next, in a lane)", next_lane_address, layer.unless_reset(goes_on)

    wiring.claim(
        f"{layer.label}: the sweep",
        f"a tick sweeps {spec.groups} groups of {shape.slots} clocks, and addresses a lane's"
        f" {spec.depth} synapses one after the other",
        counters,
        layer.invariants,
    )


def _prove_columns(layer: Layer) -> None:
    wiring, part, shape = layer.wiring, layer.part, layer.shape
    spec, width = shape.spec, shape.value.width
    if layer.store is not None:
        _prove_store_inputs(layer, layer.store)
        return

    def columns() -> Iterator[Pair]:
        values, inputs = layer.values, layer.signal("i__payload")[shape.step_bits :]
        parts = [inputs]
        if spec.recurrent:
            # After a reset there is no tick before: its spikes are 0.
            spikes = layer.state("spikes").gated(~layer.state("fresh"))
            parts += [spikes[n].wide(width) for n in range(spec.neurons)]
        if spec.bias:
            parts.append(wiring.const(1, width))
        rotated = cat([values[width:], values[:width]]) if spec.columns > 1 else values
        expected = mux(layer.begins, cat(parts), mux(layer.issue, rotated, values))
        yield wiring.next_pair(part, "values", expected, shape.columns_bits)
        before = values[:width]
        for clock in range(1, MEMORY + 1):
            yield wiring.next_pair(part, f"present_d{clock}", before)
            before = layer.state(f"present_d{clock}")

    own = ", the spikes of the tick before" if spec.recurrent else ""
    bias = " and a 1" if spec.bias else ""
    wiring.claim(
        f"{layer.label}: the columns",
        f"a tick takes in the inputs' values{own}{bias}; each issue moves them on by one column,"
        f" and the column in front reaches the lanes {MEMORY} clocks later",
        columns,
        layer.invariants,
    )


def _prove_store_inputs(layer: Layer, store: Outputs) -> None:
    wiring, shape = layer.wiring, layer.shape

    def inputs() -> Iterator[Pair]:
        yield wiring.pair(store.instance, "write", layer.transfer)
        slice_ = layer.signal("i__payload")[shape.step_bits :]
        yield wiring.pair(store.instance, "slice", slice_)
        column = layer.slot.low(column_bits(shape))
        yield wiring.pair(store.instance, "column", column)
        if (own := layer.own) is None:
            return
        expected = store["own_slice"].low(len(wiring.signal(own.instance, "slice")))
        yield wiring.pair(own.instance, "slice", expected)
        # After a reset there is no tick before: its spikes are 0.
        spikes = own["found"].gated(~layer.state("fresh"))
        yield wiring.pair(store.instance, "own", spikes)
        loads = wiring.signal(own.instance, "load") & layer.state("sweeping")
        yield "no spike is restored in a sweep", loads, wiring.const(0, 1)

    wiring.claim(
        f"{layer.label}: the columns",
        "each slice of a tick's inputs goes into the memory of the columns when it is transferred,"
        " and the column of each issue is looked up there"
        + ("" if layer.own is None else ", or among the spikes of the tick before"),
        inputs,
        layer.invariants,
    )


def column_bits(shape: LayerShape) -> int:
    """Bits of a column's number."""
    return address_bits(shape.spec.columns)
