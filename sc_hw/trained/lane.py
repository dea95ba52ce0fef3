# amaranth: UnusedElaboratable=no
"""What the pipelines of a layer have in common: weights and delays in block RAM, and the sum of a
neuron's products.
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import Family
from sc_hw.fabric.primitives import BlockRAM
from sc_hw.parts.accumulator import Accumulator
from sc_hw.parts.selector import Selector
from sc_hw.wires import Delays, port_shape
from sc_model.graph import Graph
from sc_model.spec import IntFormat, TrainedLayerSpec

MEMORY = 2  # clocks from an address to its word
LOOKUP = 1  # and until what came out of a memory stands in a register
AHEAD = MEMORY + LOOKUP  # and until a neuron has come out of its memory into a register


class Lane(wiring.Component):
    """The synapses of some neurons, and the sum of the products of one neuron after the other.

    Throughput one synapse a clock. Domain ``sync``. Every synapse is read once a tick, and what a
    tick writes lands before the next one begins: no read meets a write (see `TrainedLayer`).
    Contents are not defined at power-on and survive a reset.

    Parameters
    ----------
    spec, value : the layer, the format of what comes in.
    graph : what is computed for each synapse, with an output `product`.
    own : what each synapse has beside weight and delay that only the host writes.
    state : what it has that a tick writes.
    family : the fabric.

    Members
    -------
    issue, address : read the synapse at that address and work on it.
    values : what its column was in the last ticks, the present one first, `MEMORY` clocks later.
    fresh : with `issue`: take its state for 0.
    first, last : with `issue`: the first and the last column of a neuron.
    done, current : a neuron's sum, `latency` clocks after its `last`.
    announced : `done`, some clocks before (`AHEAD`).
    host_address : read while nothing is issued; `word` shows it `MEMORY` clocks later.
    load, load_data : write there.
    """

    def __init__(
        self,
        spec: TrainedLayerSpec,
        value: IntFormat,
        graph: Graph,
        family: Family,
        own: dict[str, Any],
        state: dict[str, Any],
    ) -> None:
        self.spec, self.family = spec, family
        self.update = Datapath(graph, family.delay, aligned=False)
        product = graph.nodes[graph.outputs["product"]].interval.format
        current = spec.current_format(value)
        self.accumulator = Accumulator(product.width, current.width, family.delay.carry_bits)
        self.selector = Selector(value.width, spec.max_delay + 1) if spec.max_delay else None
        delay = {"delay": spec.delay_format.width} if spec.max_delay else {}
        self.fixed = data.StructLayout({"weight": port_shape(spec.weight_format), **delay, **own})
        self.word_layout = data.StructLayout({**state, **dict(self.fixed.members)})
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
        """Clocks from a synapse's issue to what its datapath works on."""
        return MEMORY + max(LOOKUP, self.selector.latency if self.selector is not None else 0)

    @property
    def latency(self) -> int:
        """Clocks from the issue of a neuron's last synapse to its sum."""
        return self.fetch + self.update.ready["product"] + self.accumulator.latency

    def operands(
        self, m: Module, delays: Delays, came: data.View[data.StructLayout], read: Signal
    ) -> dict[str, Value]:
        """What the datapath takes beside weight and value, `fetch` clocks after the issue; the
        memories behind it.

        `came` is the synapse's word, `MEMORY` clocks after the issue, `read` the address in the
        clock of it.
        """
        return {}

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        m.submodules.update = update = self.update
        m.submodules.accumulator = accumulator = self.accumulator
        m.submodules.fixed = fixed = BlockRAM(self.spec.depth, self.fixed.size)
        read = Signal.like(self.address)
        m.d.comb += [
            read.eq(self.address | self.host_address),
            fixed.r_addr.eq(read),
        ]  # each is 0 while the other is asked for
        came = data.View(self.fixed, fixed.r_data)
        waits = self.fetch - MEMORY
        if self.selector is None:
            value = delays.later(self.values[0], waits, "value")
        else:
            m.submodules.selector = selector = self.selector
            m.d.comb += [selector.i_values.eq(self.values), selector.i_index.eq(came.delay)]
            value = delays.later(selector.o_value, waits - selector.latency, "value")
        given = {
            "weight": delays.later(came.weight, waits, "weight"),
            "value": value,
            **self.operands(m, delays, came, read),
        }
        for name in update.graph.variables:
            m.d.comb += getattr(update, f"i_{name}").eq(given[name])

        write_fixed = Signal(reset_less=True)
        write_address = Signal.like(self.address, reset_less=True)
        write_given = Signal(self.fixed.size, reset_less=True)
        behind = self.word_layout.size - self.fixed.size
        m.d.sync += [
            write_fixed.eq(self.load),
            write_address.eq(self.host_address),
            write_given.eq(self.load_data.as_value()[behind:]),
        ]
        m.d.comb += [
            fixed.w_en.eq(write_fixed),
            fixed.w_addr.eq(write_address),
            fixed.w_data.eq(write_given),
            self.word.as_value()[behind:].eq(fixed.r_data),
        ]

        # the products of a neuron are summed
        multiplied = self.fetch + update.ready["product"]
        ends = self.last & self.issue
        m.d.comb += [
            accumulator.i_term.eq(update.o_product),
            accumulator.i_first.eq(delays.later(self.first, multiplied, "first")),
            self.current.eq(accumulator.o_sum),
            self.announced.eq(delays.later(ends, self.latency - AHEAD, "ends", strobe=True)),
            self.done.eq(delays.later(ends, self.latency, "ends", strobe=True)),
        ]
        return m
