# amaranth: UnusedElaboratable=no
"""A lane of a trained layer: memories of synapses, the pipeline of its kind, and the sums."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Shape, Signal, Value, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import Family
from sc_hw.fabric.primitives import BlockRAM
from sc_hw.parts.accumulator import Accumulator
from sc_hw.parts.selector import Selector
from sc_hw.parts.state_memory import Write, connect, gated_write_register
from sc_hw.trained.table import TableMemory
from sc_hw.wires import Delays, gated, port_shape
from sc_model.arithmetic import Unit
from sc_model.graph import REWRITES, Graph, rewrite, trace_function
from sc_model.graph.rewrite import Rewrite, product_as_adder_tree, sum_with_selected_sign
from sc_model.layer_kinds import Synapse
from sc_model.spec import IntFormat, TrainedLayerSpec

# Clocks from an address to its word: the synchronous read of a block RAM, and its output register
# (`BlockRAM` with output_register). Without the latter the RAM's clock-to-out is in series with the
# logic behind it.
MEMORY = 2
# Clocks from a word to the operands that follow from it: a register behind the AND with `fresh`, or
# the synchronous read of a table.
LOOKUP = 1
# Clocks from a neuron's address to its state in a register.
AHEAD = MEMORY + LOOKUP


def unit_graph(unit: Unit, family: Family, *early: Rewrite) -> Graph:
    """A unit's function as a graph, rewritten for a fabric.

    Parameters
    ----------
    unit : integer arithmetic of a synapse or a neuron.
    family : the fabric.
    early : rewrites that are applied before all others.
    """
    rewrites = (*early, *REWRITES)
    if family.products == "adders":  # the fabric has no multiplier blocks
        rewrites = (product_as_adder_tree, *rewrites)
    return rewrite(trace_function(unit.name, unit.inputs, unit.outputs, unit.apply), rewrites)


def synapse_graph(synapse: Synapse, family: Family) -> Graph:
    """What a lane computes for each synapse, as a graph for a fabric."""
    return unit_graph(synapse.unit, family, sum_with_selected_sign)


class Lane(wiring.Component):
    """A pipeline that updates synapses one by one and sums the products of each neuron.

    A lane holds the synapses of every `lanes`-th neuron of the layer, neuron by neuron. Throughput
    one synapse a clock, domain ``sync``. Every synapse is read once in a tick, and all writes of a
    tick have reached the memory before the next tick begins, so no read meets a write (see
    `TrainedLayer`). Contents of memories are undefined at power-on and survive a reset.

    Parameters
    ----------
    spec : the layer.
    value : format of the values that the synapses take in.
    tick_ms : length of a step, in ms.
    synapse : the arithmetic of a synapse (`LayerKind.pipeline`).
    family : the fabric.

    Members
    -------
    issue : read the synapse at `address`, update its state and add its product to the sum.
    address : number of the synapse in this lane, in [0, depth); 0 between ticks.
    values : values of the synapse's column in the last ticks, the present one first, `MEMORY`
        clocks after `issue`.
    fresh : with `issue`: ignore the stored state and use 0.
    first : with `issue`: this is the first column of a neuron, so a new sum begins.
    last : with `issue`: this is the last column of a neuron.
    announced : `done` will be high `AHEAD` clocks later.
    done : `current` is a neuron's complete sum; high `latency` clocks after that neuron's `last`.
    current : the sum so far.
    host_address : number of the synapse that the host reads or writes; 0 during a tick.
    word : the stored synapse that was addressed `MEMORY` clocks ago: state, then parameters.
    load : write `load_data` at `host_address`.
    load_data : the word to write, fields as in `word`.
    """

    def __init__(
        self,
        spec: TrainedLayerSpec,
        value: IntFormat,
        tick_ms: float,
        synapse: Synapse,
        family: Family,
    ) -> None:
        self.spec, self.family, self.synapse = spec, family, synapse
        unit = synapse.unit
        # Not aligned: the product leaves as soon as it is computed. Padding all outputs to the same
        # clock would delay the sum for a state that only the memory waits for.
        self.update = Datapath(synapse_graph(synapse, family), family.delay, aligned=False)
        product = self.update.graph.nodes[self.update.graph.outputs["product"]].interval.format
        current = spec.current_format(value)
        self.accumulator = Accumulator(product.width, current.width, family.delay.carry_bits)
        self.selector = Selector(value.width, spec.max_delay + 1) if spec.max_delay else None
        self.tables = {name: TableMemory(table) for name, table in synapse.tables.items()}
        self.state = data.StructLayout({name: port_shape(unit.inputs[name]) for name in unit.state})
        self.fixed = data.StructLayout(
            {
                name: port_shape(unit.inputs[name]) if name in unit.inputs else _shape(low, high)
                for name, (low, high) in spec.synapse_parameters(tick_ms).items()
            }
        )
        self.word_layout = data.StructLayout(
            {**dict(self.state.members), **dict(self.fixed.members)}
        )
        address = max(1, (spec.depth - 1).bit_length())
        super().__init__(
            {
                "issue": In(1),
                "address": In(address),
                "values": In(data.ArrayLayout(value.width, spec.max_delay + 1)),
                "fresh": In(1),
                "first": In(1),
                "last": In(1),
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
    def fetch(self) -> int:
        """Clocks from a synapse's issue to the inputs of its datapath.

        State and table rows need LOOKUP clocks behind the memory, the value of a delayed column
        needs those of the selector. The datapath starts when the slower one has arrived.
        """
        return MEMORY + max(LOOKUP, self.selector.latency if self.selector is not None else 0)

    @property
    def latency(self) -> int:
        """Clocks from the issue of a neuron's last synapse to its sum."""
        return self.fetch + self.update.ready["product"] + self.accumulator.latency

    @property
    def state_ready(self) -> int:
        """Clocks from a synapse's issue to its next state; equal to `fetch` without state."""
        return self.fetch + max((self.update.ready[str(name)] for name, _ in self.state), default=0)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        m.submodules.update = self.update
        m.submodules.accumulator = self.accumulator
        m.submodules.fixed = fixed = BlockRAM(self.spec.depth, self.fixed.size)
        read = Signal.like(self.address)
        # The host works between ticks only, so one of the two addresses is always 0 and an OR
        # selects (as in `History`).
        m.d.comb += [read.eq(self.address | self.host_address), fixed.r_addr.eq(read)]
        parameters = data.View(self.fixed, fixed.r_data)
        value = self._delayed_value(m, delays, parameters)
        traces = None
        # Two memories, since only the state is written back: parameters in the same words would
        # make every write wider, and would have to travel through the pipeline unchanged.
        if self.state.size:
            m.submodules.traces = traces = BlockRAM(self.spec.depth, self.state.size)
            m.d.comb += traces.r_addr.eq(read)
        operands = {
            "value": value,
            **{
                str(name): delays.later(parameters[name], self.fetch - MEMORY, str(name))
                for name, _ in self.fixed
                if name in self.synapse.unit.inputs
            },
            **self._table_columns(m, delays, parameters),
            **(self._traces(m, delays, traces) if traces is not None else {}),
        }
        for name in self.update.graph.variables:
            m.d.comb += getattr(self.update, f"i_{name}").eq(operands[name])
        self._host_access(m, fixed)
        self._sum(m, delays)
        return m

    def _delayed_value(
        self, m: Module, delays: Delays, parameters: data.View[data.StructLayout]
    ) -> Value:
        """The column's value of `delay` ticks ago, `fetch` clocks after the issue."""
        waiting = self.fetch - MEMORY
        if self.selector is None:
            return delays.later(self.values[0], waiting, "value")
        m.submodules.selector = selector = self.selector
        # The delay is a parameter of the synapse, so it comes out of the memory together with the
        # column's values, which the layer supplies MEMORY clocks after the issue for this reason.
        m.d.comb += [selector.i_values.eq(self.values), selector.i_index.eq(parameters.delay)]
        return delays.later(selector.o_value, waiting - selector.latency, "value")

    def _table_columns(
        self, m: Module, delays: Delays, parameters: data.View[data.StructLayout]
    ) -> dict[str, Value]:
        """The table rows that the synapse's parameters select, `fetch` clocks after the issue."""
        columns: dict[str, Value] = {}
        for parameter, table in self.tables.items():
            m.submodules[f"table_{parameter}"] = table
            m.d.comb += table.code.eq(parameters[parameter])
            # The table's own read takes LOOKUP; then its row waits for a slower selector, if any.
            waiting = self.fetch - MEMORY - LOOKUP
            columns |= {
                str(name): delays.later(table.columns[name], waiting, f"column_{name}")
                for name, _ in table.layout
            }
        return columns

    def _traces(self, m: Module, delays: Delays, traces: BlockRAM) -> dict[str, Value]:
        """The synapse's state (its traces), `fetch` clocks after the issue; also writes it back."""
        # `fresh` meets the word that was addressed with it. The register behind the AND is LOOKUP:
        # it keeps the RAM's output, a long net, apart from the datapath's first level of logic.
        fresh = delays.later(self.fresh, MEMORY, "fresh")
        trace = Signal(self.state.size, reset_less=True)
        m.d.sync += trace.eq(gated(traces.r_data, by=~fresh))

        # Reset clears these strobes together with the counter `place`: one that survived would
        # advance the counter after the reset, and every later trace would land one word too far.
        landing = delays.later(self.issue, self.state_ready, "issue", strobe=True)
        # Traces are written in the order in which they were read, each once in a tick. So a counter
        # over the lane's synapses gives the address, in place of `state_ready` registers for each
        # bit of it.
        place = Signal.like(self.address)
        last_place = place == self.spec.depth - 1
        with m.If(landing):
            # Compared, not left to wrap: `depth` need not be a power of two.
            m.d.sync += place.eq(gated(place + 1, by=~last_place))
        # No reset: a trace that is written during a reset is harmless, since the first tick
        # afterwards is `fresh`, which reads 0 and writes every trace again.
        loaded_trace = self.load_data.as_value()[: self.state.size]
        write = gated_write_register(
            m,
            update=Write(landing, place, self._next_trace(delays)),
            load=Write(self.load, self.host_address, loaded_trace),
            name="write_trace",
        )
        connect(m, traces, write)
        m.d.comb += self.word.as_value()[: self.state.size].eq(traces.r_data)
        waiting = self.fetch - MEMORY - LOOKUP
        fields = data.View(self.state, delays.later(trace, waiting, "trace"))
        return {str(name): fields[name] for name, _ in self.state}

    def _next_trace(self, delays: Delays) -> Value:
        """The synapse's next state, `state_ready` clocks after the issue.

        The datapath's outputs are ready in different clocks. One write stores them all, so the
        early ones are delayed until the last one is ready.
        """
        ready = {str(name): self.update.ready[str(name)] for name, _ in self.state}
        last = max(ready.values())
        return Cat(
            delays.later(getattr(self.update, f"o_{name}"), last - clocks, f"next_{name}")
            for name, clocks in ready.items()
        )

    def _host_access(self, m: Module, fixed: BlockRAM) -> None:
        """Let the host write parameters, and show it those of the addressed synapse."""
        parameters = self.load_data.as_value()[self.state.size :]
        # A register although nobody else writes here: the layer's one `loaded` word fans out to all
        # lanes, and this ends its long net in front of each memory.
        write = gated_write_register(
            m, load=Write(self.load, self.host_address, parameters), name="write_fixed"
        )
        connect(m, fixed, write)
        m.d.comb += self.word.as_value()[self.state.size :].eq(fixed.r_data)

    def _sum(self, m: Module, delays: Delays) -> None:
        """Sum a neuron's products, and say when the sum is complete."""
        multiplied = self.fetch + self.update.ready["product"]
        # The accumulator has no enable. While nothing is issued it sums garbage, which the next
        # neuron's `first` drops, and `ends` alone says in which clock the sum counts.
        ends = self.last & self.issue
        m.d.comb += [
            self.accumulator.i_term.eq(self.update.o_product),
            self.accumulator.i_first.eq(delays.later(self.first, multiplied, "first")),
            self.current.eq(self.accumulator.o_sum),
            # `later` shares its registers: `announced` is a tap of the line that ends in `done`.
            self.announced.eq(delays.later(ends, self.latency - AHEAD, "ends", strobe=True)),
            self.done.eq(delays.later(ends, self.latency, "ends", strobe=True)),
        ]


def _shape(low: int, high: int) -> Shape:
    """The narrowest shape of a parameter with these bounds."""
    if low < 0:
        return signed(max((-low - 1).bit_length(), high.bit_length()) + 1)
    return unsigned(max(1, high.bit_length()))
