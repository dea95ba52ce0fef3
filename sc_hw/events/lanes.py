# amaranth: UnusedElaboratable=no
"""The lanes of an event layer: weights column by column, and the sums that events add to."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.events.lane import EventLane
from sc_hw.fabric.families import Family
from sc_hw.fabric.primitives import BlockRAM, LaneRAM
from sc_hw.trained.lane import AHEAD, MEMORY, synapse_graph
from sc_hw.wires import Delays, gated, port_shape
from sc_model.layer_kinds import Synapse
from sc_model.spec import IntFormat, TrainedLayerSpec

# Clocks from a word to the bank of a lane's sums: an addition, and its register.
BANK = 1


class EventLanes(wiring.Component):
    """Lanes in lockstep: one address, one word of weights, one word of sums in a clock.

    A lane holds the weights of every `lanes`-th neuron. A word has the weights of all lanes for one
    column and one group of neurons; it lies in one memory, whatever the number of lanes. The sums
    of a group are in banks, one for each tick whose events may be added and one that the neurons
    take meanwhile (`TrainedLayerSpec.banks`); in a bank `sets` partial sums for each group. In a
    clock the lanes do one of two things: `issue` adds products to the sums, `fetch` reads sums for
    the neurons. Both go through one pipeline, so one read port is enough. Throughput one of them a
    clock, domain ``sync``. The caller leaves `loop` clocks between two accesses to the same sums,
    so no read meets a write. Contents of memories are undefined at power-on and survive a reset.

    Without delays all lanes' sums of a group are one word of one memory, and the first event of a
    tick overwrites those of an earlier one. With delays (`clears`) an event adds to the sums of
    later ticks, each lane to those of a tick of its own: the bank of an issue is that of `place`
    and the synapse's `delay` banks behind it. So each lane's sums have a memory of their own. They
    are set to 0 when they have been fetched, which is once in as many ticks as there are banks.

    Parameters
    ----------
    spec : the layer.
    value : format of the values of the columns.
    synapse : the arithmetic of a synapse, without state and tables.
    family : the fabric.
    clears : sums are set to 0 behind a fetch; by default with delays alone, which need it.

    Members
    -------
    issue : add the products of the word at `address` and `value` to the sums at `place`.
    address : number of the word, in [0, depth); 0 while no event is under way.
    value : of the event's column; without this port where the format has one bit, which is then 1.
    place : {group, set, bank} of the sums.
    first : with `issue`: the sums were 0 before; without this port with `clears`.
    fetch : read the sums at `place`.
    begin : with `fetch`: these are the first partial sums of a group; without this port where there
        is one set.
    counts : with `fetch`: these partial sums belong to the tick; otherwise they count as 0; without
        this port with `clears`.
    last : with `fetch`: these are the last partial sums of a group.
    wipe : only with `clears`: set the sums at `place` to 0.
    in_flight : products, or zeros, are on their way to their sums.
    announced : `done` will be high `AHEAD` clocks later.
    done : `current` has the complete sums of a group's neurons; high `latency` clocks after `last`.
    current : the sums so far, of each lane.
    host_address : number of the word that the host reads or writes; 0 during a tick.
    words : the stored word that was addressed `MEMORY` clocks ago, by lane.
    load : write `load_data` at `host_address`, for each lane whose bit is 1.
    load_data : a lane's part of the word.
    host : only with `clears`: the host reads or writes the sums at `host_place`.
    host_place : their place; only with `clears`.
    stored : the sums that were read there `MEMORY` clocks ago, by lane; only with `clears`.
    load_sum : write `load_sum_data` at `host_place`, for each lane whose bit is 1; only with
        `clears`.
    load_sum_data : a sum; only with `clears`.

    Raises
    ------
    ValueError
        the synapse has state or tables; delays without `clears`.
    """

    def __init__(
        self,
        spec: TrainedLayerSpec,
        value: IntFormat,
        synapse: Synapse,
        family: Family,
        *,
        clears: bool | None = None,
    ) -> None:
        if synapse.unit.state or synapse.tables:
            raise ValueError(
                f"synapse '{synapse.unit.name}' of an event layer must have no state and no tables."
            )
        self.spec, self.synapse = spec, synapse
        self.clears = spec.max_delay > 0 if clears is None else clears
        if spec.max_delay and not self.clears:
            raise ValueError(f"sums of delayed products must be cleared (layer '{spec.name}').")
        graph, delay = synapse_graph(synapse, family), family.layer_delay or family.delay
        # The place of a delayed sum is known when the word and the addition are there.
        ready = MEMORY + BANK if spec.max_delay else 0

        def lane(sets: int) -> EventLane:
            return EventLane(spec, value, graph, delay, sets, ready)

        # The number of sets follows from the adder, which every lane has.
        self.adding = lane(1).adder.latency
        self.lanes = [lane(self.sets) for _ in range(spec.lanes)]
        one = self.lanes[0]
        self.word_layout = one.word_layout
        self.place_layout = data.StructLayout(
            {
                "group": max(1, (spec.groups - 1).bit_length()),
                "set": (self.sets - 1).bit_length(),
                "bank": (spec.banks - 1).bit_length(),
            }
        )
        address = max(1, (spec.depth - 1).bit_length())
        current = port_shape(spec.current_format(value))
        of_value = {"value": In(value.width)} if value.width > 1 else {}
        overwriting = {"first": In(1), "counts": In(1)}
        clearing = {
            "wipe": In(1),
            "host": In(1),
            "host_place": In(self.place_layout),
            "stored": Out(data.ArrayLayout(current, spec.lanes)),
            "load_sum": In(spec.lanes),
            "load_sum_data": In(current),
        }
        super().__init__(
            {
                "issue": In(1),
                "address": In(address),
                **of_value,
                "place": In(self.place_layout),
                "fetch": In(1),
                **({"begin": In(1)} if self.sets > 1 else {}),
                "last": In(1),
                **(clearing if self.clears else overwriting),
                "in_flight": Out(1),
                "announced": Out(1),
                "done": Out(1),
                "current": Out(data.ArrayLayout(current, spec.lanes)),
                "host_address": In(address),
                "words": Out(data.ArrayLayout(self.word_layout, spec.lanes)),
                "load": In(spec.lanes),
                "load_data": In(self.word_layout),
            }
        )

    @property
    def fetched(self) -> int:
        """Clocks from `issue` or `fetch` to the stored sums, which meet the products there."""
        return MEMORY + self.lanes[0].product_ready

    @property
    def loop(self) -> int:
        """Clocks from one access of sums to the next one that may follow.

        The memory, the adder, and the write itself, which a read must not meet.
        """
        return MEMORY + self.adding + 1

    @property
    def sets(self) -> int:
        """Sets of partial sums: enough that back-to-back events leave `loop` clocks; 2^n."""
        return 1 << (-(-self.loop // self.spec.groups) - 1).bit_length()

    @property
    def landed(self) -> int:
        """Clocks from `issue` to the write of the sums."""
        return self.fetched + self.adding

    @property
    def latency(self) -> int:
        """Clocks from the fetch of a group's last partial sums to the group's sums."""
        return self.fetched + self.lanes[0].summing

    @property
    def sum_words(self) -> int:
        """Words of a memory of sums."""
        return self.spec.banks << int(self.place_layout.size - self.place_layout["bank"].width)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        for number, lane in enumerate(self.lanes):
            m.submodules[f"lane_{number}"] = lane
        self._weights(m, delays)
        # Reset clears the strobes: a product that survived would overwrite a sum of the next tick.
        strobes = [
            delays.later(self.issue, clocks, "issue", strobe=True)
            for clocks in range(1, self.landed + 1)
        ]
        if self.clears:
            strobes += self._cleared_sums(m, delays, strobes[-1])
        else:
            self._overwritten_sums(m, delays, strobes[-1])
        m.d.comb += self.in_flight.eq(Cat(*strobes).any())
        self._give(m, delays)
        return m

    def _weights(self, m: Module, delays: Delays) -> None:
        """Read the event's word; let the host write a lane's part of a word and see all of it."""
        bits = int(self.word_layout.size)
        m.submodules.fixed = fixed = LaneRAM(self.spec.depth, bits, self.spec.lanes)
        m.d.comb += [
            # The host works between ticks only, so one of the two addresses is always 0 and an OR
            # selects.
            fixed.addr.eq(self.address | self.host_address),
            # No register in between: the layer's `loaded` word waits for this clock.
            fixed.w_en.eq(self.load),
            fixed.w_data.eq(self.load_data.as_value()),
            self.words.as_value().eq(fixed.r_data),
        ]
        for number, lane in enumerate(self.lanes):
            m.d.comb += lane.i_word.as_value().eq(fixed.r_data[number * bits : (number + 1) * bits])
            if "value" in self.signature.members:
                m.d.comb += lane.i_value.eq(delays.later(self.value, MEMORY, "value"))

    def _overwritten_sums(self, m: Module, delays: Delays, landing: Value) -> None:
        """Read sums so that they meet the products, and write them back."""
        width = len(self.lanes[0].o_total)
        sums = BlockRAM(self.sum_words, width * self.spec.lanes, output_register=False, few=True)
        m.submodules.sums = sums
        place, ready = self.place.as_value(), self.lanes[0].product_ready
        empty = Signal(name="empty")
        m.d.comb += empty.eq((self.fetch & ~self.counts) | (~self.fetch & self.first))
        # The memory's output register: an If, which synthesis makes a reset of the register, since
        # a gate behind it would be a LUT in front of each bit of the adders.
        stored = Signal(width * self.spec.lanes, name="stored", reset_less=True)
        with m.If(delays.later(empty, self.fetched - 1, "empty")):
            m.d.sync += stored.eq(0)
        with m.Else():
            m.d.sync += stored.eq(sums.r_data)
        for number, lane in enumerate(self.lanes):
            m.d.comb += lane.i_stored.eq(stored[number * width : (number + 1) * width])
        m.d.comb += [
            sums.r_addr.eq(delays.later(place, ready, "place")),
            # No register in front of the write: the adder's own are there.
            sums.w_en.eq(landing),
            sums.w_addr.eq(delays.later(place, self.landed, "place")),
            sums.w_data.eq(Cat(lane.o_total for lane in self.lanes)),
        ]

    def _cleared_sums(self, m: Module, delays: Delays, landing: Value) -> list[Value]:
        """The same, each lane with a memory and a bank of its own; what was fetched becomes 0.

        Returns the strobes of the zeros on their way.
        """
        strobes = [
            delays.later(strobe, clocks, name, strobe=True)
            for clocks in range(1, self.landed + 1)
            for strobe, name in ((self.fetch, "fetch"), (self.wipe, "wipe"))
        ]
        clears = Signal(name="clears")
        m.d.comb += clears.eq(strobes[-1] | strobes[-2])
        for number, lane in enumerate(self.lanes):
            sums = BlockRAM(self.sum_words, len(lane.o_total), output_register=False)
            m.submodules[f"sums_{number}"] = sums
            stored = Signal.like(self.stored[number], name=f"stored_{number}", reset_less=True)
            m.d.sync += stored.eq(sums.r_data)
            read, w_place = self._places(m, delays, number)
            total = gated(Value.cast(lane.o_total), by=~clears)
            # The host works between ticks only, when nothing lands.
            loads = self.load_sum[number]
            place = self.host_place.as_value()
            m.d.comb += [
                lane.i_stored.eq(stored),
                self.stored[number].eq(stored),
                sums.r_addr.eq(Mux(self.host, place, read)),
                sums.w_en.eq(landing | clears | loads),
                sums.w_addr.eq(Mux(self.host, place, w_place)),
                sums.w_data.eq(Mux(loads, self.load_sum_data, total)),
            ]
        return strobes

    def _places(self, m: Module, delays: Delays, number: int) -> tuple[Value, Value]:
        """Where a lane reads and writes: the place as it was asked for, in the lane's own bank."""
        ready, banks = self.lanes[0].product_ready, self.spec.banks
        if not self.spec.max_delay:
            place = self.place.as_value()
            return delays.later(place, ready, "place"), delays.later(place, self.landed, "place")
        fetched = delays.later(self.place, MEMORY, "place")
        adds = delays.later(self.issue, MEMORY, "issue", strobe=True)
        bank = Signal.like(self.place.bank, name=f"bank_{number}", reset_less=True)
        ahead = Signal(range(2 * banks), name=f"ahead_{number}")
        m.d.comb += ahead.eq(fetched.bank + gated(self.lanes[number].i_word.delay, by=adds))
        # Compared, not left to wrap: the number of banks need not be a power of two.
        m.d.sync += bank.eq(Mux(ahead >= banks, ahead - banks, ahead)[: len(bank)])

        def place_after(clocks: int) -> Value:
            within = delays.later(self.place, clocks, "place").as_value()[: -len(bank)]
            return Cat(within, delays.later(bank, clocks - MEMORY - BANK, f"bank_{number}"))

        return place_after(ready), place_after(self.landed)

    def _give(self, m: Module, delays: Delays) -> None:
        """Hand on the sum of a group's partial sums."""
        ends = self.fetch & self.last
        for number, lane in enumerate(self.lanes):
            if self.sets > 1:
                m.d.comb += lane.i_begin.eq(delays.later(self.begin, self.fetched, "begin"))
            m.d.comb += self.current[number].eq(lane.o_current)
        m.d.comb += [
            # `later` shares its registers: `announced` is a tap of the line that ends in `done`.
            self.announced.eq(delays.later(ends, self.latency - AHEAD, "ends", strobe=True)),
            self.done.eq(delays.later(ends, self.latency, "ends", strobe=True)),
        ]
