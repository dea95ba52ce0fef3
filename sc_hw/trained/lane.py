# amaranth: UnusedElaboratable=no
"""The pipeline of a trained layer: its synapses' memories, the kind's arithmetic, and the sums."""

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

MEMORY = 2  # clocks from an address to its word: address register and read register of a block RAM
LOOKUP = 1  # clocks from a word to what follows from it: a register, or a row of a table
AHEAD = MEMORY + LOOKUP  # clocks from a neuron's address to its state in a register


def unit_graph(unit: Unit, family: Family, *early: Rewrite) -> Graph:
    """A unit as a graph, rewritten for a fabric; `early` are rewrites that come first."""
    rewrites = (*early, *REWRITES)
    if family.products == "adders":  # the fabric has no multiplier blocks
        rewrites = (product_as_adder_tree, *rewrites)
    return rewrite(trace_function(unit.name, unit.inputs, unit.outputs, unit.apply), rewrites)


def synapse_graph(synapse: Synapse, family: Family) -> Graph:
    """What a lane computes for each synapse, as a graph for a fabric."""
    return unit_graph(synapse.unit, family, sum_with_selected_sign)


class Lane(wiring.Component):
    """The synapses of some neurons, and the sum of the products of one neuron after the other.

    Throughput one synapse a clock, domain ``sync``. Every synapse is read once in a tick, and what
    a tick writes has landed before the next tick begins, so that no read meets a write (see
    `TrainedLayer`). Contents of memories are not defined at power-on and survive a reset.

    Parameters
    ----------
    spec : the layer.
    value : format of the values that come in.
    tick_ms : length of a step, in ms.
    synapse : what is computed for each synapse (`LayerKind.pipeline`).
    family : the fabric.

    Members
    -------
    issue : read the synapse at `address` and work on it.
    address : number of the synapse in this lane.
    values : values of the synapse's column in the last ticks, the present one first, `MEMORY`
        clocks after `issue`.
    fresh : with `issue`: ignore the stored state and use 0.
    first, last : with `issue`: the first and the last column of a neuron.
    announced : `done`, `AHEAD` clocks earlier.
    done : `current` is the sum of a neuron, `latency` clocks after its `last`.
    current : the sum.
    host_address : read while nothing is issued; 0 while something is.
    word : the synapse at `host_address`, `MEMORY` clocks later: state, then parameters.
    load : write `load_data` at `host_address`.
    load_data : as `word`.
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
        """Clocks from a synapse's issue to the inputs of its datapath."""
        return MEMORY + max(LOOKUP, self.selector.latency if self.selector is not None else 0)

    @property
    def latency(self) -> int:
        """Clocks from the issue of a neuron's last synapse to its sum."""
        return self.fetch + self.update.ready["product"] + self.accumulator.latency

    @property
    def state_ready(self) -> int:
        """Clocks from a synapse's issue to its next state (`fetch` without state)."""
        return self.fetch + max((self.update.ready[str(name)] for name, _ in self.state), default=0)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        m.submodules.update = self.update
        m.submodules.accumulator = self.accumulator
        m.submodules.fixed = fixed = BlockRAM(self.spec.depth, self.fixed.size)
        read = Signal.like(self.address)
        # of the two addresses one is always 0, so that an OR selects
        m.d.comb += [read.eq(self.address | self.host_address), fixed.r_addr.eq(read)]
        parameters = data.View(self.fixed, fixed.r_data)
        value = self._delayed_value(m, delays, parameters)
        traces = None
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
        """The column's value `delay` ticks ago, `fetch` clocks after the issue."""
        waiting = self.fetch - MEMORY
        if self.selector is None:
            return delays.later(self.values[0], waiting, "value")
        m.submodules.selector = selector = self.selector
        m.d.comb += [selector.i_values.eq(self.values), selector.i_index.eq(parameters.delay)]
        return delays.later(selector.o_value, waiting - selector.latency, "value")

    def _table_columns(
        self, m: Module, delays: Delays, parameters: data.View[data.StructLayout]
    ) -> dict[str, Value]:
        """The rows that the synapse's parameters select, `fetch` clocks after the issue."""
        columns: dict[str, Value] = {}
        for parameter, table in self.tables.items():
            m.submodules[f"table_{parameter}"] = table
            m.d.comb += table.code.eq(parameters[parameter])
            waiting = self.fetch - MEMORY - LOOKUP
            columns |= {
                str(name): delays.later(table.columns[name], waiting, f"column_{name}")
                for name, _ in table.layout
            }
        return columns

    def _traces(self, m: Module, delays: Delays, traces: BlockRAM) -> dict[str, Value]:
        """The synapse's state (its traces), `fetch` clocks after the issue, and its way back."""
        fresh = delays.later(self.fresh, MEMORY, "fresh")
        trace = Signal(self.state.size, reset_less=True)
        m.d.sync += trace.eq(gated(traces.r_data, by=~fresh))

        landing = delays.later(self.issue, self.state_ready, "issue", strobe=True)
        # Traces come back in the order in which they went out, those of each synapse once in a
        # tick: a counter over the lane's synapses replaces an address that is delayed for as long.
        place = Signal.like(self.address)
        last_place = place == self.spec.depth - 1
        with m.If(landing):
            m.d.sync += place.eq(gated(place + 1, by=~last_place))
        # No reset: a trace that lands during a reset is harmless, since the first tick afterwards
        # is `fresh`, which reads 0 and writes every trace again.
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

        The datapath's outputs are ready at times of their own; the early ones wait for the last.
        """
        ready = {str(name): self.update.ready[str(name)] for name, _ in self.state}
        last = max(ready.values())
        return Cat(
            delays.later(getattr(self.update, f"o_{name}"), last - clocks, f"next_{name}")
            for name, clocks in ready.items()
        )

    def _host_access(self, m: Module, fixed: BlockRAM) -> None:
        """The host writes parameters; registers in front of the memory shorten the path to it."""
        parameters = self.load_data.as_value()[self.state.size :]
        write = gated_write_register(
            m, load=Write(self.load, self.host_address, parameters), name="write_fixed"
        )
        connect(m, fixed, write)
        m.d.comb += self.word.as_value()[self.state.size :].eq(fixed.r_data)

    def _sum(self, m: Module, delays: Delays) -> None:
        """The sum of a neuron's products, and when it is complete."""
        multiplied = self.fetch + self.update.ready["product"]
        ends = self.last & self.issue
        m.d.comb += [
            self.accumulator.i_term.eq(self.update.o_product),
            self.accumulator.i_first.eq(delays.later(self.first, multiplied, "first")),
            self.current.eq(self.accumulator.o_sum),
            self.announced.eq(delays.later(ends, self.latency - AHEAD, "ends", strobe=True)),
            self.done.eq(delays.later(ends, self.latency, "ends", strobe=True)),
        ]


def _shape(low: int, high: int) -> Shape:
    """The narrowest shape of a parameter with these bounds."""
    if low < 0:
        return signed(max((-low - 1).bit_length(), high.bit_length()) + 1)
    return unsigned(max(1, high.bit_length()))
