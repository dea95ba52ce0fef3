# amaranth: UnusedElaboratable=no
"""The lanes of an event layer: weights column by column, and the sums that events add to."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.events.lane import EventLane
from sc_hw.fabric.families import Family
from sc_hw.fabric.primitives import BlockRAM, LaneRAM
from sc_hw.trained.lane import AHEAD, MEMORY, synapse_graph
from sc_hw.wires import Delays, port_shape
from sc_model.layer_kinds import Synapse
from sc_model.spec import IntFormat, TrainedLayerSpec

BANKS = 2


class EventLanes(wiring.Component):
    """Lanes in lockstep: one address, one word of weights, one word of sums in a clock.

    A lane holds the weights of every `lanes`-th neuron. A word has the weights of all lanes for one
    column and one group of neurons; it lies in one memory, whatever the number of lanes, and so do
    the sums of a group. These are in two banks, one that the events of a tick add to while the
    neurons take the other one; in a bank `sets` partial sums for each group. In a clock the lanes
    do one of two things: `issue` adds products to the sums, `fetch` reads sums for the neurons.
    Both go through one pipeline, so one read port is enough. Throughput one of them a clock, domain
    ``sync``. The caller leaves `loop` clocks between two accesses to the same sums, so no read
    meets a write. Contents of memories are undefined at power-on and survive a reset.

    Parameters
    ----------
    spec : the layer.
    value : format of the values of the columns.
    synapse : the arithmetic of a synapse, without state and tables.
    family : the fabric.

    Members
    -------
    issue : add the products of the word at `address` and `value` to the sums at `place`.
    address : number of the word, in [0, depth); 0 while no event is under way.
    value : of the event's column; without this port where the format has one bit, which is then 1.
    place : {group, set, bank} of the sums.
    first : with `issue`: the sums were 0 before.
    fetch : read the sums at `place`.
    begin : with `fetch`: these are the first partial sums of a group; without this port where there
        is one set.
    counts : with `fetch`: these partial sums belong to the tick; otherwise they count as 0.
    last : with `fetch`: these are the last partial sums of a group.
    in_flight : products are on their way to their sums.
    announced : `done` will be high `AHEAD` clocks later.
    done : `current` has the complete sums of a group's neurons; high `latency` clocks after `last`.
    current : the sums so far, of each lane.
    host_address : number of the word that the host reads or writes; 0 during a tick.
    words : the stored word that was addressed `MEMORY` clocks ago, by lane.
    load : write `load_data` at `host_address`, for each lane whose bit is 1.
    load_data : a lane's part of the word.

    Raises
    ------
    ValueError
        the synapse has state or tables.
    """

    def __init__(
        self, spec: TrainedLayerSpec, value: IntFormat, synapse: Synapse, family: Family
    ) -> None:
        if synapse.unit.state or synapse.tables:
            raise ValueError(
                f"synapse '{synapse.unit.name}' of an event layer must have no state and no tables."
            )
        self.spec, self.synapse = spec, synapse
        graph, delay = synapse_graph(synapse, family), family.layer_delay or family.delay

        def lane(sets: int) -> EventLane:
            return EventLane(spec, value, graph, delay, sets)

        # The number of sets follows from the adder, which every lane has.
        self.adding = lane(1).adder.latency
        self.lanes = [lane(self.sets) for _ in range(spec.lanes)]
        one = self.lanes[0]
        self.word_layout = one.word_layout
        self.place_layout = data.StructLayout(
            {
                "group": max(1, (spec.groups - 1).bit_length()),
                "set": (self.sets - 1).bit_length(),
                "bank": 1,
            }
        )
        address = max(1, (spec.depth - 1).bit_length())
        optional = {"value": In(value.width)} if value.width > 1 else {}
        super().__init__(
            {
                "issue": In(1),
                "address": In(address),
                **optional,
                "place": In(self.place_layout),
                "first": In(1),
                "fetch": In(1),
                **({"begin": In(1)} if self.sets > 1 else {}),
                "counts": In(1),
                "last": In(1),
                "in_flight": Out(1),
                "announced": Out(1),
                "done": Out(1),
                "current": Out(
                    data.ArrayLayout(port_shape(spec.current_format(value)), spec.lanes)
                ),
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
        """Words of the memory of sums."""
        return 1 << int(self.place_layout.size)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        for number, lane in enumerate(self.lanes):
            m.submodules[f"lane_{number}"] = lane
        self._weights(m, delays)
        self._sums(m, delays)
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

    def _sums(self, m: Module, delays: Delays) -> None:
        """Read sums so that they meet the products, and write them back."""
        width = len(self.lanes[0].o_total)
        sums = BlockRAM(self.sum_words, width * self.spec.lanes, output_register=False)
        m.submodules.sums = sums
        place, ready = self.place.as_value(), self.lanes[0].product_ready
        # Reset clears the strobes: a product that survived would overwrite a sum of the next tick.
        strobes = [
            delays.later(self.issue, clocks, "issue", strobe=True)
            for clocks in range(1, self.landed + 1)
        ]
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
            sums.w_en.eq(strobes[-1]),
            sums.w_addr.eq(delays.later(place, self.landed, "place")),
            sums.w_data.eq(Cat(lane.o_total for lane in self.lanes)),
            self.in_flight.eq(Cat(*strobes).any()),
        ]

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
