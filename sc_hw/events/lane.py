# amaranth: UnusedElaboratable=no
"""A lane of an event layer: weights column by column, and the sums that events add to."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import Family
from sc_hw.fabric.primitives import BlockRAM
from sc_hw.parts.accumulator import Accumulator
from sc_hw.parts.adder import PipelinedAdder
from sc_hw.parts.state_memory import Write, connect, gated_write_register
from sc_hw.trained.lane import AHEAD, MEMORY, synapse_graph
from sc_hw.wires import Delays, gated, port_shape
from sc_model.layer_kinds import Synapse
from sc_model.spec import IntFormat, TrainedLayerSpec

BANKS = 2


class EventLane(wiring.Component):
    """A pipeline that adds the products of events to the sums of this lane's neurons.

    A lane holds the weights of every `lanes`-th neuron, column by column. Its sums are in a second
    memory: two banks, one that the events of a tick add to while the neurons take the other one;
    in a bank `sets` partial sums for each group. In a clock it does one of two things: `issue` adds
    a product to a sum, `fetch` reads a sum for the neurons. Both go through one pipeline, so one
    read port is enough. Throughput one of them a clock, domain ``sync``. The caller leaves `loop`
    clocks between two accesses to the same sum, so no read meets a write. Contents of memories are
    undefined at power-on and survive a reset.

    Parameters
    ----------
    spec : the layer.
    value : format of the values of the columns.
    synapse : the arithmetic of a synapse, without state and tables.
    family : the fabric.

    Members
    -------
    issue : add the product of the word at `address` and `value` to the sum at `place`.
    address : number of the word in this lane, in [0, depth); 0 while no event is under way.
    value : of the event's column; without this port where the format has one bit, which is then 1.
    place : {group, set, bank} of the sum.
    first : with `issue`: the sum was 0 before.
    fetch : read the sum at `place`.
    begin : with `fetch`: this is the first partial sum of a group.
    counts : with `fetch`: this partial sum belongs to the tick; otherwise it counts as 0.
    last : with `fetch`: this is the last partial sum of a group.
    in_flight : a product is on its way to its sum.
    announced : `done` will be high `AHEAD` clocks later.
    done : `current` is the complete sum of a group's neuron; high `latency` clocks after `last`.
    current : the sum so far.
    host_address : number of the word that the host reads or writes; 0 during a tick.
    word : the stored word that was addressed `MEMORY` clocks ago.
    load : write `load_data` at `host_address`.
    load_data : the word to write.

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
        self.spec, self.synapse, self.family = spec, synapse, family
        unit = synapse.unit
        self.update = Datapath(synapse_graph(synapse, family), family.delay, aligned=False)
        product = self.update.graph.nodes[self.update.graph.outputs["product"]].interval.format
        current = spec.current_format(value)
        carry_bits = family.delay.carry_bits
        self.adder = PipelinedAdder(current.width, product.width, carry_bits)
        self.accumulator = Accumulator(current.width, current.width, carry_bits)
        self.word_layout = data.StructLayout(
            {name: port_shape(unit.inputs[name]) for name in ("weight",)}
        )
        self.place_layout = data.StructLayout(
            {
                "group": max(1, (spec.groups - 1).bit_length()),
                "set": (self.sets - 1).bit_length(),
                "bank": 1,
            }
        )
        address = max(1, (spec.depth - 1).bit_length())
        super().__init__(
            {
                "issue": In(1),
                "address": In(address),
                **({"value": In(value.width)} if value.width > 1 else {}),
                "place": In(self.place_layout),
                "first": In(1),
                "fetch": In(1),
                "begin": In(1),
                "counts": In(1),
                "last": In(1),
                "in_flight": Out(1),
                "announced": Out(1),
                "done": Out(1),
                "current": Out(port_shape(current)),
                "host_address": In(address),
                "word": Out(self.word_layout),
                "load": In(1),
                "load_data": In(self.word_layout),
            }
        )

    @property
    def product_ready(self) -> int:
        """Clocks from a weight to its product."""
        return int(self.update.ready["product"])

    @property
    def fetched(self) -> int:
        """Clocks from `issue` or `fetch` to the stored sum, which meets the product there."""
        return MEMORY + self.product_ready

    @property
    def loop(self) -> int:
        """Clocks from one access of a sum to the next one that may follow.

        The memory, the adder, and the write itself, which a read must not meet.
        """
        return MEMORY + self.adder.latency + 1

    @property
    def sets(self) -> int:
        """Sets of partial sums: enough that back-to-back events leave `loop` clocks; 2^n."""
        return 1 << (-(-self.loop // self.spec.groups) - 1).bit_length()

    @property
    def landed(self) -> int:
        """Clocks from `issue` to the write of the sum."""
        return self.fetched + self.adder.latency

    @property
    def latency(self) -> int:
        """Clocks from the fetch of a group's last partial sum to the group's sum."""
        return self.fetched + self.accumulator.latency

    @property
    def sum_words(self) -> int:
        """Words of the memory of sums."""
        return 1 << int(self.place_layout.size)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        m.submodules.update = self.update
        m.submodules.adder = self.adder
        m.submodules.accumulator = self.accumulator
        m.submodules.fixed = fixed = BlockRAM(self.spec.depth, self.word_layout.size)
        m.submodules.sums = sums = BlockRAM(self.sum_words, len(self.current))
        self._weights(m, delays, fixed)
        self._add(m, delays, sums)
        self._give(m, delays, sums)
        return m

    def _weights(self, m: Module, delays: Delays, fixed: BlockRAM) -> None:
        """Read the event's weight and multiply it; let the host write and see it."""
        parameters = data.View(self.word_layout, fixed.r_data)
        # The host works between ticks only, so one of the two addresses is always 0 and an OR
        # selects.
        m.d.comb += [fixed.r_addr.eq(self.address | self.host_address), self.word.eq(parameters)]
        # An event's value is not 0, so a value of one bit is 1 and needs no wire.
        value = delays.later(self.value, MEMORY, "value") if self.value_port else C(1, 1)
        operands = {**{str(name): parameters[name] for name, _ in self.word_layout}, "value": value}
        for name in self.update.graph.variables:
            m.d.comb += getattr(self.update, f"i_{name}").eq(operands[name])
        write = gated_write_register(
            m,
            load=Write(self.load, self.host_address, self.load_data.as_value()),
            name="write_fixed",
        )
        connect(m, fixed, write)

    @property
    def value_port(self) -> bool:
        """Whether there is a port `value`."""
        return "value" in self.signature.members

    def _add(self, m: Module, delays: Delays, sums: BlockRAM) -> None:
        """Read a sum so that it meets the product, add, and write it back."""
        place = self.place.as_value()
        before = delays.later(self.first, self.fetched, "first")
        # Reset clears the strobes: a product that survived would overwrite a sum of the next tick.
        strobes = [
            delays.later(self.issue, clocks, "issue", strobe=True)
            for clocks in range(1, self.landed + 1)
        ]
        m.d.comb += [
            sums.r_addr.eq(delays.later(place, self.product_ready, "place")),
            self.adder.i_base.eq(gated(sums.r_data, by=~before)),
            self.adder.i_term.eq(self.update.o_product),
            # No register in front of the write: the adder's own are there.
            sums.w_en.eq(strobes[-1]),
            sums.w_addr.eq(delays.later(place, self.landed, "place")),
            sums.w_data.eq(self.adder.o_sum),
            self.in_flight.eq(Cat(*strobes).any()),
        ]

    def _give(self, m: Module, delays: Delays, sums: BlockRAM) -> None:
        """Add up the partial sums of a group."""
        counts = delays.later(self.counts, self.fetched, "counts")
        ends = self.fetch & self.last
        m.d.comb += [
            self.accumulator.i_term.eq(gated(sums.r_data, by=counts)),
            self.accumulator.i_first.eq(delays.later(self.begin, self.fetched, "begin")),
            self.current.eq(self.accumulator.o_sum),
            # `later` shares its registers: `announced` is a tap of the line that ends in `done`.
            self.announced.eq(delays.later(ends, self.latency - AHEAD, "ends", strobe=True)),
            self.done.eq(delays.later(ends, self.latency, "ends", strobe=True)),
        ]
