# amaranth: UnusedElaboratable=no
"""One pipeline of a HetSyn layer: its synapses in block RAM, one a clock."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.datapath import Datapath
from sc_hw.families import Family
from sc_hw.hetsyn.accumulator import Accumulator
from sc_hw.lane import port_shape
from sc_hw.layer.delay import Delays, only
from sc_hw.primitives import BlockRAM
from sc_model.graph import REWRITES, Graph, rewrite, trace_text
from sc_model.graph.rewrite import Rewrite, product_as_adder_tree, sum_with_selected_sign
from sc_model.spec import DecayCodes, HetSynSpec, IntFormat
from sc_model.units import synapse_unit
from sc_model.units.hetsyn import control_formats, controls

MEMORY = 2  # clocks from an address to its word
FETCH = MEMORY + 1  # and until its decay code has been looked up
AHEAD = MEMORY + 1  # and until a neuron has come out of its memory into a register


def synapse_graph(spec: HetSynSpec, codes: DecayCodes, value: IntFormat, family: Family) -> Graph:
    """What a lane computes for each synapse."""
    unit = synapse_unit(spec, codes, value)
    rewrites: tuple[Rewrite, ...] = (sum_with_selected_sign, *REWRITES)
    if family.products == "adders":
        rewrites = (product_as_adder_tree, *rewrites)
    return rewrite(trace_text(unit.name, unit.inputs, unit.outputs, unit.apply), rewrites)


class DecayTable(wiring.Component):
    """The controls of a decay by its code: a table that is fixed when hardware is made. Latency 1, domain ``sync``.

    Members
    -------
    code : its number; one beyond the table gives anything. controls : see `sc_model.units.hetsyn.control_formats`.
    """

    def __init__(self, codes: DecayCodes) -> None:
        self.codes = codes
        self.layout = data.StructLayout({name: form.width for name, form in control_formats(codes).items()})
        super().__init__({"code": In(codes.code_bits), "controls": Out(self.layout)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        entries = [controls(self.codes, code) for code in range(len(self.codes.factors))]
        words = [sum(entry[str(name)] << field.offset for name, field in self.layout) for entry in entries]
        m.submodules.entries = table = memory.Memory(shape=self.layout.size, depth=max(2, len(words)), init=words)
        port = table.read_port()
        m.d.comb += [port.en.eq(1), port.addr.eq(self.code), self.controls.as_value().eq(port.data)]
        return m


class HetSynLane(wiring.Component):
    """Traces, weights and decay codes of some neurons, and the sum of weight x trace of one neuron after the other.

    Throughput one synapse a clock. Domain ``sync``. Every synapse is read once a tick, and written before the next tick begins:
    no read meets a write (see `HetSynLayer`). Contents are not defined at power-on and survive a reset.

    Parameters
    ----------
    spec, codes, value : the layer, its decay codes, the format of what comes in. family : the fabric.

    Members
    -------
    issue, address : read the synapse at that address and work on it. value : what came in for it, in the same clock.
    fresh : with `issue`: take its trace for 0. first, last : with `issue`: the first and the last input of a neuron.
    done, current : a neuron's sum, `latency` clocks after its `last`. announced : `done`, some clocks before (`AHEAD`).
    host_address : read while nothing is issued; `word` shows it `MEMORY` clocks later. load, load_data : write there.
    """

    def __init__(self, spec: HetSynSpec, codes: DecayCodes, value: IntFormat, family: Family) -> None:
        self.spec, self.codes, self.family = spec, codes, family
        self.update = Datapath(synapse_graph(spec, codes, value, family), family.delay, aligned=False)
        self.accumulator = Accumulator(spec.weight_bits + spec.trace_bits, spec.current_format.width, family.delay.carry_bits)
        self.table = DecayTable(codes)
        self.fixed = data.StructLayout({"weight": port_shape(spec.weight_format), "code": codes.code_bits})
        self.word_layout = data.StructLayout({"trace": spec.trace_bits, **dict(self.fixed.members)})
        address = max(1, (spec.depth - 1).bit_length())
        super().__init__(
            {
                "issue": In(1),
                "address": In(address),
                "value": In(port_shape(value)),
                "fresh": In(1),
                "first": In(1),
                "last": In(1),
                "announced": Out(1),
                "done": Out(1),
                "current": Out(port_shape(spec.current_format)),
                "host_address": In(address),
                "word": Out(self.word_layout),
                "load": In(1),
                "load_data": In(self.word_layout),
            }
        )

    @property
    def written(self) -> int:
        """Clocks from a synapse's issue to the clock in which its new trace is in the memory."""
        return FETCH + self.update.ready["trace"] + 2

    @property
    def latency(self) -> int:
        """Clocks from the issue of a neuron's last synapse to its sum."""
        return FETCH + self.update.ready["product"] + self.accumulator.latency

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        m.submodules.update = update = self.update
        m.submodules.accumulator = accumulator = self.accumulator
        m.submodules.table = table = self.table
        m.submodules.traces = traces = BlockRAM(self.spec.depth, self.spec.trace_bits)
        m.submodules.fixed = fixed = BlockRAM(self.spec.depth, self.fixed.size)
        read = Signal.like(self.address)
        with_host = self.address | self.host_address  # each is 0 while the other is asked for
        m.d.comb += [read.eq(with_host), traces.r_addr.eq(read), fixed.r_addr.eq(read)]

        # the decay code is looked up while the trace waits in a register
        came = data.View(self.fixed, fixed.r_data)
        fresh = delays.later(self.fresh, MEMORY, "fresh")
        trace = Signal(self.spec.trace_bits, reset_less=True)
        m.d.sync += trace.eq(only(~fresh, traces.r_data))
        given: dict[str, Value] = {
            "trace": trace,
            "weight": delays.later(came.weight, 1, "weight"),
            "value": delays.later(self.value, FETCH, "value"),
            **{str(name): table.controls[name] for name, _ in table.layout},
        }
        m.d.comb += table.code.eq(came.code)
        for name in update.graph.variables:
            m.d.comb += getattr(update, f"i_{name}").eq(given[name])

        # the new trace goes back
        landed = FETCH + update.ready["trace"]
        landing = delays.later(self.issue, landed, "issue", strobe=True)
        place = Signal.like(self.address)  # traces come back in the order in which they went out, one of each synapse a tick
        last_place = place == self.spec.depth - 1
        with m.If(landing):
            m.d.sync += place.eq(only(~last_place, place + 1))
        write_en = Signal(reset_less=True)  # a trace that lands in a reset is not read again before it is 0
        write_address = Signal.like(self.address, reset_less=True)
        write_trace = Signal(self.spec.trace_bits, reset_less=True)
        write_fixed = Signal(reset_less=True)
        write_given = Signal(self.fixed.size, reset_less=True)
        loaded = self.load_data
        m.d.sync += [
            write_en.eq(landing | self.load),
            write_address.eq(only(landing, place) | only(~landing, self.host_address)),
            write_trace.eq(only(landing, update.o_trace) | only(~landing, loaded.trace)),
            write_fixed.eq(self.load),
            write_given.eq(loaded.as_value()[self.spec.trace_bits :]),
        ]
        m.d.comb += [
            traces.w_en.eq(write_en),
            traces.w_addr.eq(write_address),
            traces.w_data.eq(write_trace),
            fixed.w_en.eq(write_fixed),
            fixed.w_addr.eq(write_address),
            fixed.w_data.eq(write_given),
            self.word.trace.eq(traces.r_data),
            self.word.as_value()[self.spec.trace_bits :].eq(fixed.r_data),
        ]

        # the products of a neuron are summed
        multiplied = FETCH + update.ready["product"]
        ends = self.last & self.issue
        m.d.comb += [
            accumulator.i_term.eq(update.o_product),
            accumulator.i_first.eq(delays.later(self.first, multiplied, "first")),
            self.current.eq(accumulator.o_sum),
            self.announced.eq(delays.later(ends, self.latency - AHEAD, "ends", strobe=True)),
            self.done.eq(delays.later(ends, self.latency, "ends", strobe=True)),
        ]
        return m
