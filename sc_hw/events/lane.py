# amaranth: UnusedElaboratable=no
"""The arithmetic of a lane of an event layer: a product, and its sum with what was added before."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.schedule import DelayModel
from sc_hw.parts.accumulator import Accumulator
from sc_hw.parts.adder import PipelinedAdder
from sc_hw.trained.lane import AHEAD, MEMORY
from sc_hw.wires import Delays, port_shape
from sc_model.graph import Graph
from sc_model.spec import IntFormat, TrainedLayerSpec


class EventLane(wiring.Component):
    """A pipeline of product, addition, and the sum of a neuron's partial sums.

    Two accesses go through it in any order, one a clock: an event, whose product is added to a
    stored sum, and a fetch, which hands a stored sum on. It has no control of its own: what counts
    is said by strobes that the caller delays by the latencies below. Domain ``sync``, no reset.

    Parameters
    ----------
    spec : the layer.
    value : format of the values of the columns.
    graph : of the synapse's product.
    delay : what fits between two registers.
    sets : partial sums of a neuron.
    product_from : the product is there this many clocks behind the weight, or later.

    Members
    -------
    i_word : parameters of the event's synapse.
    i_value : of the event's column, with `i_word`; without this port where the format has one bit,
        which is then 1.
    i_stored : the stored sum, `product_ready` clocks later.
    i_begin : with `i_stored`: it is the first partial sum of a neuron; without this port where
        that is the only one.
    o_total : `i_stored` and the product, `adder.latency` clocks later.
    o_current : the sum of the partial sums up to `i_stored`, `summing` clocks later.
    """

    def __init__(
        self,
        spec: TrainedLayerSpec,
        value: IntFormat,
        graph: Graph,
        delay: DelayModel,
        sets: int,
        product_from: int = 0,
    ) -> None:
        self.product_from = product_from
        self.update = Datapath(graph, delay, aligned=False)
        product = graph.nodes[graph.outputs["product"]].interval.format
        current = spec.current_format(value)
        self.adder = PipelinedAdder(current.width, product.width, delay.carry_bits)
        self.accumulator = (
            Accumulator(current.width, current.width, delay.carry_bits) if sets > 1 else None
        )
        own_delay = {"delay": port_shape(spec.delay_format)} if spec.max_delay else {}
        self.word_layout = data.StructLayout(
            {"weight": port_shape(spec.weight_format), **own_delay}
        )
        super().__init__(
            {
                "i_word": In(self.word_layout),
                **({"i_value": In(value.width)} if value.width > 1 else {}),
                "i_stored": In(port_shape(current)),
                **({"i_begin": In(1)} if sets > 1 else {}),
                "o_total": Out(port_shape(current)),
                "o_current": Out(port_shape(current)),
            }
        )

    @property
    def product_ready(self) -> int:
        """Clocks from a weight to its product."""
        return max(int(self.update.ready["product"]), self.product_from)

    @property
    def summing(self) -> int:
        """Clocks from a partial sum to the sum with it.

        A neuron is announced `AHEAD` clocks before its sum, and not before its first fetch.
        """
        if self.accumulator is not None:
            return self.accumulator.latency
        return max(0, AHEAD - MEMORY - self.product_ready)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.update = self.update
        m.submodules.adder = self.adder
        delays = Delays(m)
        waiting = self.product_ready - int(self.update.ready["product"])
        product: Value = delays.later(self.update.o_product, waiting, "product")
        operands = {str(name): self.i_word[name] for name, _ in self.word_layout}
        # An event's value is not 0, so one of a single bit is 1 and needs no wire.
        operands["value"] = self.i_value if "i_value" in self.signature.members else 1
        for name in self.update.graph.variables:
            m.d.comb += getattr(self.update, f"i_{name}").eq(operands[name])
        m.d.comb += [
            self.adder.i_base.eq(self.i_stored),
            self.adder.i_term.eq(product),
            self.o_total.eq(self.adder.o_sum),
        ]
        if self.accumulator is None:
            m.d.comb += self.o_current.eq(delays.later(self.i_stored, self.summing, "stored"))
            return m
        m.submodules.accumulator = self.accumulator
        m.d.comb += [
            self.accumulator.i_term.eq(self.i_stored),
            self.accumulator.i_first.eq(self.i_begin),
            self.o_current.eq(self.accumulator.o_sum),
        ]
        return m
