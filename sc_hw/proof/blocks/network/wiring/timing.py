"""Claims about the clocks of a tick: what is under way in each of them, and nothing between ticks.

A tick takes the same number of clocks each time, and in each of its clocks every strobe on its way
through lanes and neurons has one place. The claims follow a tick from clock to clock. Without them
a tick could begin while sums or writes of the tick before are still on their way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sc_hw.proof.bits import Bits, cat, mux
from sc_hw.proof.blocks.network.wiring.instances import Outputs
from sc_hw.proof.blocks.network.wiring.statements import Pair
from sc_hw.proof.blocks.network.wiring.sweep import Layer, end_of_tick
from sc_hw.proof.flattened import Instance
from sc_hw.trained.lane import MEMORY
from sc_model.spec import SLICE


@dataclass(frozen=True)
class Time:
    """A clock of a tick: that of a slot in a group, which count on behind the last group.

    Members
    -------
    group, slot : their numbers, `slot` below `slots`; a clock before the tick has a negative group.
    slots : clocks of a group.
    """

    group: Bits
    slot: Bits
    slots: int

    def before(self, clocks: int) -> Time:
        """The time some clocks before."""
        groups, rest = divmod(clocks, self.slots)
        borrows = self.slot.below(rest)
        slot = self.slot - rest
        slot = mux(borrows, slot + self.slots, slot)
        return Time(self.group - groups - borrows.wide(len(self.group)), slot, self.slots)

    def next(self) -> Time:
        """The clock after it."""
        last = self.slot.equals(self.slots - 1)
        slot = (self.slot + 1).gated(~last)
        return Time(self.group + last.wide(len(self.group)), slot, self.slots)

    def is_at(self, group: int, slot: int) -> Bits:
        """Whether it is a certain clock."""
        return self.group.equals(group) & self.slot.equals(slot)

    @property
    def negative(self) -> Bits:
        """Whether it is before the tick."""
        return self.group[len(self.group) - 1]

    def behind(self, group: int, slot: int) -> Bits:
        """Whether it is later than a certain clock of the tick."""
        further = ~self.group.below(group + 1)
        here = self.group.equals(group) & ~self.slot.below(slot + 1)
        return ~self.negative & (further | here)


class TickTimes:
    """What every register of a tick's control holds at a time of the tick.

    Members
    -------
    layer : its layer.
    columns : issues of a group.
    sweeper : the instance that counts slots and groups.
    strobes : name of the part that says when sums end.
    clocks : from the clock in which it begins to the transfer of the spikes.
    origin : what happens when it begins.
    """

    origin, strobes = "the transfer of its inputs", "lane_0"

    def __init__(self, layer: Layer, columns: int) -> None:
        self.layer, self.wiring, self.shape = layer, layer.wiring, layer.shape
        self.columns, self.sweeper = columns, layer.part
        shape, spec = layer.shape, layer.shape.spec
        self.decided = shape.neurons.ahead + shape.neurons.update_latency
        self.announced = shape.lane.latency - shape.lane.ahead
        # The last turn of neurons: its group, and its place there.
        self.last = divmod(spec.turns - 1, spec.group_turns)
        in_row = self.announced + 1 + self.last[1]
        after_last_issue = in_row + self.decided + shape.settling
        clocks = shape.slots * (spec.groups - 1) + self.columns - 1 + after_last_issue
        self.end = divmod(clocks, shape.slots)
        self.clocks = clocks + 2
        # Room for the groups of a tick, those behind its sweep, and negative ones.
        longest = max(clocks, shape.lane.latency + self.decided + self.columns + 2)
        self.group_bits = (2 * (spec.groups + longest // shape.slots + 2)).bit_length() + 1
        self.slot_bits = (2 * shape.slots).bit_length()

    def time(self) -> Time:
        """Any time."""
        terms = self.wiring.prover.terms
        group = Bits(terms, terms.var("group of the time", self.group_bits))
        slot = Bits(terms, terms.var("slot of the time", self.slot_bits))
        return Time(group, slot, self.shape.slots)

    def start(self) -> Time:
        """The first clock of the sweep."""
        zero = self.wiring.const(0, self.group_bits), self.wiring.const(0, self.slot_bits)
        return Time(*zero, self.shape.slots)

    def within(self, time: Time) -> Bits:
        """Whether a time is one of a tick."""
        in_tick = ~time.negative & ~time.behind(*self.end)
        return time.slot.below(self.shape.slots) & in_tick

    def ends(self, time: Time) -> Bits:
        """Whether the tick ends in this clock."""
        return time.is_at(*self.end)

    def turn(self, time: Time) -> Bits:
        """Whether a neuron has its turn; `time` counts from the first turn of a group's row."""
        spec = self.shape.spec
        return self._in_row(time, spec.group_turns) & ~time.behind(*self.last)

    def _in_row(self, time: Time, lanes: int) -> Bits:
        return time.group.below(self.shape.spec.groups) & time.slot.below(lanes)

    def registers(self, time: Time) -> Iterator[tuple[Instance, str, Bits]]:
        """Every register of the control, and what it holds at a time of the tick."""
        shape, spec, layer = self.shape, self.shape.spec, self.layer
        groups, columns, part = spec.groups, self.columns, layer.part

        def issued(clocks: int) -> Bits:
            then = time.before(clocks)
            return then.group.below(groups) & then.slot.below(columns)

        sweeping = time.group.below(groups)
        yield self.sweeper, "sweeping", sweeping
        if shape.slots > 1:
            width = len(self.wiring.state(self.sweeper, "slot"))
            yield self.sweeper, "slot", time.slot.low(width).gated(sweeping)
        if groups > 1:
            width = (groups - 1).bit_length()
            yield self.sweeper, "group", time.group.low(width).gated(sweeping)
        for number in range(spec.lanes if shape.lane.state else 0):
            for clock in range(1, shape.lane.state_ready + 1):
                yield part.part(f"lane_{number}"), f"issue_d{clock}", issued(clock)
        for clock in range(1, shape.lane.latency + 1):
            then = time.before(clock)
            last = then.group.below(groups) & then.slot.equals(columns - 1)
            yield part.part(self.strobes), f"ends_d{clock}", last
        if layer.history is not None:
            for clock in range(1, MEMORY + 1):
                then = time.before(clock)
                keeps = then.group.equals(groups - 1) & then.slot.below(columns)
                yield part.part("history"), f"keep_d{clock}", keeps
        row = time.before(columns - 1 + self.announced + 1)
        for neurons in layer.pipelines:
            yield from self._deciding(neurons, row)
        yield from self._answering(row)
        for clock in range(1, shape.settling + 1):
            yield part, f"last_spike_d{clock}", row.before(self.decided + clock).is_at(*self.last)
        if layer.queue is not None:
            yield from self._leaving(row.before(self.decided))
        if layer.own is not None:
            yield from self._own_counters(layer.own, row.before(self.decided))

    def _leaving(self, row: Time) -> Iterator[tuple[Instance, str, Bits]]:
        """The registers of the spikes on their way into the queue of slices, and its counters."""
        settling, part = self.shape.settling, self.layer.part
        for clock in range(1, settling + 1):
            yield part, f"spike_valid_d{clock}", self.turn(row.before(clock))
        # The spikes that came before this clock are those of the neurons in front of this one.
        turn = row.before(settling)
        number, over = self._index(turn), turn.behind(*self.last)
        place = (SLICE // self.shape.spec.neurons_a_clock).bit_length() - 1
        queue, count = part.part("slices"), self.shape.o_slices
        bits = count.bit_length()
        yield queue, "place", number[:place].gated(~over)
        slice_count = mux(over, self.wiring.const(count, bits), number[place:].low(bits))
        yield queue, "written", slice_count

    def _own_counters(self, own: Outputs, turn: Time) -> Iterator[tuple[Instance, str, Bits]]:
        """The counters of the memory of own spikes, into which neurons go as they are decided."""
        spec, over = self.shape.spec, turn.behind(*self.last)
        turns, number = SLICE // spec.neurons_a_clock, self._index(turn).gated(~over)
        own_turn, part = (self.wiring.state(own.instance, name) for name in ("turn", "part"))
        # In front of the first neuron of a slice there may be inputs.
        bits = len(number) + len(part) + SLICE
        place = number.wide(bits) + spec.inputs % SLICE // spec.neurons_a_clock
        yield own.instance, "turn", number.low(len(own_turn))
        yield own.instance, "part", place[turns.bit_length() - 1 :].low(len(part)).gated(~over)

    def _deciding(self, neurons: Instance, row: Time) -> Iterator[tuple[Instance, str, Bits]]:
        """The registers of a pipeline of neurons."""
        turns = self.shape.spec.group_turns
        places = [self._in_row(row, turns - place) for place in range(turns)]
        yield neurons, "full", cat(places)
        resting = row.behind(*self.last)
        yield neurons, "rest", resting
        yield neurons, "index", self._index(row).gated(~resting)
        for clock in range(1, self.decided + 1):
            then = row.before(clock)
            yield neurons, f"real_d{clock}", self.turn(then)
            if neurons == self.layer.pipelines[0]:  # which says for all that they are the last
                yield neurons, f"last_d{clock}", then.is_at(*self.last)

    def _answering(self, row: Time) -> Iterator[tuple[Instance, str, Bits]]:
        """The registers of a readout, to which neurons come as they are decided."""
        facts, part = self.shape.readout, self.layer.part
        if facts is None:
            return
        readout, decided = part.part("readout"), row.before(self.decided)
        yield readout, "number", self._index(decided).gated(~decided.behind(*self.last))
        for clock in range(1, facts.latency):
            yield readout, f"valid_d{clock}", self.turn(decided.before(clock))

    def _index(self, row: Time) -> Bits:
        """Number of the turn that it is or that will be next."""
        turns = self.shape.spec.group_turns
        width = max(1, (self.shape.spec.turns - 1).bit_length())
        bits = max(self.group_bits, self.slot_bits, width) + turns.bit_length()
        place = mux(row.slot.below(turns), row.slot, self.wiring.const(turns, len(row.slot)))
        number = row.group.wide(bits).times(turns) + place.wide(bits)
        return number[:width].gated(~row.negative)

    @property
    def starts(self) -> Bits:
        """The tick begins in this clock."""
        return self.layer.begins

    @property
    def under_way(self) -> Bits:
        """The tick is under way in this clock."""
        return self.layer.state(self.layer.busy)

    def at(self, time: Time) -> list[Bits]:
        """That each register holds what it must at a time."""
        return [
            self.wiring.state(part, name).equals(value)
            for part, name, value in self.registers(time)
        ]

    def at_rest(self) -> list[tuple[Instance, str]]:
        """The registers that are 0 between ticks."""
        # That neurons rest holds but for the time from a reset to the first tick. Slices that have
        # been written go on being counted till the next tick. The last clock of
        # a write's way is free: it lands before the next tick can read.
        lane = self.shape.lane
        exempt = {"rest", "written"} | ({f"issue_d{lane.state_ready}"} if lane.state else set())
        registers = self.registers(self.start())
        return [(part, name) for part, name, _ in registers if name not in exempt]

    def resting(self) -> list[Bits]:
        """That nothing is under way."""
        return [~self.wiring.state(part, name).any() for part, name in self.at_rest()]


def prove_times(tick: TickTimes) -> None:
    """Add the claims that follow a tick from clock to clock."""
    _prove_rest(tick)
    _prove_ticks(tick)


def prove_timing(layer: Layer, tick_clocks: int) -> None:
    """Add the claims about the clocks of a tick; the manifest says how many it takes."""
    tick = TickTimes(layer, layer.shape.spec.columns)
    prove_times(tick)
    if layer.queue is not None:
        prove_queue(layer, layer.queue, tick)
    if layer.own is not None:
        prove_own_turns(layer, layer.own, tick)
    # The claims above make `tick.clocks` the number that the hardware takes. The queue's last slice
    # leaves a clock later than a word, and those without spikes behind it.
    slices = -(-layer.shape.spec.neurons // SLICE)
    leaving = 0 if layer.queue is None else 1 + layer.shape.o_slices - slices
    layer.wiring.prover.record(
        f"{layer.label}: clocks of a tick",
        f"from the transfer of a tick's inputs to that of its spikes, if these are taken at once,"
        f" there are {tick.clocks + leaving} clocks, as the manifest says",
        tick.clocks + leaving == tick_clocks,
        0.0,
        {"the manifest says": tick_clocks},
    )


def prove_queue(layer: Layer, queue: Outputs, times: TickTimes) -> None:
    """Add the claims about what goes into the queue of slices, and when."""
    wiring, part, neurons = layer.wiring, queue.instance, layer.neurons

    def inputs() -> Iterator[Pair]:
        yield wiring.pair(part, "restart", layer.restarts)
        last = neurons["o_valid"] & neurons["o_last"]
        rows = [
            ("valid", "spike_valid", neurons["o_valid"]),
            ("spike", "spike", neurons["o_spike"]),
        ]
        for name, line, source in (*rows, ("last", "last_spike", last)):
            for clock in range(1, layer.shape.settling + 1):
                register, strobe = f"{line}_d{clock}", name != "spike"
                following = layer.unless_reset(source) if strobe else source
                yield wiring.next_pair(layer.part, register, following)
                source = layer.state(register)
            yield wiring.pair(part, name, source)
        yield wiring.pair(part, "o__ready", layer.signal("o__ready"))
        left = layer.in_queue("written") ^ layer.in_queue("taken")
        begins = layer.restarts.implies(~left.any() & ~layer.spike_valid)
        yield f"{times.origin} is behind the last slice", begins, wiring.const(1, 1)

    wiring.claim(
        f"{layer.label}: the spikes",
        "the queue of slices gets each neuron's spike, the last one with the end of the tick, and"
        f" begins anew with {times.origin}, when all slices of the tick before have been taken",
        inputs,
        lambda: [*layer.invariants(), layer.spike_valid.implies(times.under_way)],
    )
    time = times.time()

    def turns() -> Iterator[Pair]:
        bits = (layer.shape.o_slices * SLICE).bit_length() + 1
        slice_count, spec = layer.in_queue("written").wide(bits), layer.shape.spec
        turns = slice_count.times(SLICE // spec.neurons_a_clock)
        number = turns + layer.in_queue("place").wide(bits)
        last = number.equals(spec.turns - 1)
        in_turn = number.below(spec.turns) & end_of_tick(layer).equals(last)
        yield "a spike's turn", layer.spike_valid.implies(in_turn), wiring.const(1, 1)
        ends = end_of_tick(layer).implies(layer.spike_valid)
        yield "the end comes with a spike", ends, wiring.const(1, 1)

    wiring.claim(
        f"{layer.label}: spikes in turn",
        "while a tick is decided each spike that comes is that of the next neuron by the queue's"
        " count, and the last one that of the last neuron",
        turns,
        lambda: [*layer.invariants(), *times.at(time), times.within(time), times.under_way],
    )


def prove_own_turns(layer: Layer, own: Outputs, times: TickTimes) -> None:
    """Add the claim that own spikes come in turn by the counters of their memory."""
    wiring, neurons = layer.wiring, layer.neurons
    spec, time = layer.shape.spec, times.time()

    def turns() -> Iterator[Pair]:
        together, first = spec.neurons_a_clock, spec.inputs % SLICE
        bits = (spec.neurons + 2 * SLICE).bit_length() + 1
        turn, part = (wiring.state(own.instance, name) for name in ("turn", "part"))
        in_slice = turn.wide(bits).times(together) + first
        place = in_slice[: SLICE.bit_length() - 1].wide(bits)
        number = part.wide(bits).times(SLICE) + place - first
        last = number.equals(spec.neurons - together)
        in_turn = number.below(spec.neurons) & neurons["o_last"].equals(last)
        yield "a spike's turn", neurons["o_valid"].implies(in_turn), wiring.const(1, 1)
        if layer.store is not None:
            # From then on the columns are those of this tick.
            over = neurons["o_valid"] & neurons["o_last"] & layer.state("sweeping")
            yield "the last spike is behind the sweep", over, wiring.const(0, 1)

    wiring.claim(
        f"{layer.label}: own spikes in turn",
        "while a tick is decided each spike that is kept is that of the next neuron by the count of"
        " the memory of own spikes, and the last one that of the last neuron"
        + ("" if layer.store is None else ", behind the sweep"),
        turns,
        lambda: [*layer.invariants(), *times.at(time), times.within(time), times.under_way],
    )


def _becomes(layer: Layer, name: str, expected: int) -> Pair:
    """The next value of one of the layer's bits, and what it must be."""
    following = layer.wiring.next(layer.part, name)
    return f"{layer.part.path}.{name} (next)", following, layer.wiring.const(expected, 1)


def _rests_next(tick: TickTimes) -> Iterator[Pair]:
    """Nothing is under way in the next clock."""
    for owner, name in tick.at_rest():
        following = tick.wiring.next(owner, name)
        yield f"{owner.path}.{name} (next)", following, tick.wiring.const(0, len(following))


def _prove_rest(tick: TickTimes) -> None:
    """After a reset and between ticks nothing is under way."""
    layer, wiring = tick.layer, tick.wiring
    wiring.claim(
        f"{layer.label}: at rest after a reset",
        "a reset takes everything off its way: no synapse, sum, neuron or write is under way",
        lambda: (*_rests_next(tick), _becomes(layer, tick.layer.busy, 0)),
        lambda: [layer.reset],
    )

    def idle() -> Iterator[Pair]:
        yield "the end of a tick", end_of_tick(layer), wiring.const(0, 1)
        yield from _rests_next(tick)

    wiring.claim(
        f"{layer.label}: at rest between ticks",
        "between ticks nothing is under way, and no tick ends",
        idle,
        lambda: [
            *layer.invariants(),
            *tick.resting(),
            ~tick.under_way,
            ~tick.starts,
        ],
    )


def _prove_ticks(tick: TickTimes) -> None:
    """The first clock of a tick, each clock of it, and its last one."""
    layer, wiring = tick.layer, tick.wiring

    def started() -> Iterator[Pair]:
        yield "the end of a tick", end_of_tick(layer), wiring.const(0, 1)
        yield _becomes(layer, tick.layer.busy, 1)
        for owner, name, value in tick.registers(tick.start()):
            yield f"{owner.path}.{name} (next)", wiring.next(owner, name), value

    wiring.claim(
        f"{layer.label}: a tick's first clock",
        "a tick begins with nothing of the tick before under way",
        started,
        lambda: [
            *layer.invariants(),
            *tick.resting(),
            ~tick.under_way,
            tick.starts,
            ~layer.reset,
        ],
    )
    time = tick.time()

    def under_way() -> list[Bits]:
        """A tick is under way, at that time of it."""
        there = [*layer.invariants(), *tick.at(time)]
        return [*there, tick.under_way, ~layer.reset]

    def goes_on() -> Iterator[Pair]:
        yield "the end of a tick", end_of_tick(layer), tick.ends(time)
        for owner, name, value in tick.registers(time.next()):
            yield f"{owner.path}.{name} (next)", wiring.next(owner, name), value

    wiring.claim(
        f"{layer.label}: a tick's clocks",
        f"in each clock of a tick everything is where it belongs, and it ends {tick.clocks - 1}"
        f" clocks after {tick.origin}, never sooner or later",
        goes_on,
        lambda: [*under_way(), tick.within(time)],
    )

    def over() -> Iterator[Pair]:
        yield _becomes(layer, tick.layer.busy, 0)
        yield _becomes(layer, "waiting", 1)
        sweeping = wiring.state(tick.sweeper, "sweeping")
        yield f"{tick.sweeper.path}.sweeping", sweeping, wiring.const(0, 1)
        yield from _rests_next(tick)

    wiring.claim(
        f"{layer.label}: a tick's last clock",
        "when a tick ends its sweep is over and nothing is under way any more",
        over,
        lambda: [*under_way(), tick.ends(time)],
    )
