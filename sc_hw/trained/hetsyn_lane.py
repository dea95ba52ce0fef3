# amaranth: UnusedElaboratable=no
"""The pipeline of a HetSyn layer: each synapse has a trace that decays by a factor of its own."""

from __future__ import annotations

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.families import Family
from sc_hw.fabric.primitives import BlockRAM
from sc_hw.trained.lane import LOOKUP, MEMORY, Lane
from sc_hw.wires import Delays, gated, select
from sc_model.arithmetic import synapse_unit
from sc_model.arithmetic.hetsyn import control_formats, controls
from sc_model.graph import REWRITES, Graph, rewrite, trace_function
from sc_model.graph.rewrite import Rewrite, product_as_adder_tree, sum_with_selected_sign
from sc_model.spec import DecayCodes, HetSynSpec, IntFormat


def synapse_graph(spec: HetSynSpec, codes: DecayCodes, value: IntFormat, family: Family) -> Graph:
    """What a lane computes for each synapse."""
    unit = synapse_unit(spec, codes, value)
    rewrites: tuple[Rewrite, ...] = (sum_with_selected_sign, *REWRITES)
    if family.products == "adders":
        rewrites = (product_as_adder_tree, *rewrites)
    return rewrite(trace_function(unit.name, unit.inputs, unit.outputs, unit.apply), rewrites)


class DecayTable(wiring.Component):
    """The controls of a decay by its code: a table that is fixed when hardware is made. Latency 1,
    domain ``sync``.

    Members
    -------
    code : its number; one beyond the table gives anything.
    controls : see `sc_model.arithmetic.hetsyn.control_formats`.
    """

    def __init__(self, codes: DecayCodes) -> None:
        self.codes = codes
        self.layout = data.StructLayout(
            {name: form.width for name, form in control_formats(codes).items()}
        )
        super().__init__({"code": In(codes.code_bits), "controls": Out(self.layout)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        entries = [controls(self.codes, code) for code in range(len(self.codes.factors))]
        words = [
            sum(entry[str(name)] << field.offset for name, field in self.layout)
            for entry in entries
        ]
        m.submodules.entries = table = memory.Memory(
            shape=self.layout.size, depth=max(2, len(words)), init=words
        )
        port = table.read_port()
        m.d.comb += [port.en.eq(1), port.addr.eq(self.code), self.controls.as_value().eq(port.data)]
        return m


class HetSynLane(Lane):
    """Traces, weights and decay codes of some neurons, and the sum of weight x trace of one neuron
    after the other; see `Lane`.

    Parameters
    ----------
    spec, codes, value : the layer, its decay codes, the format of what comes in.
    family : the fabric.
    """

    def __init__(
        self, spec: HetSynSpec, codes: DecayCodes, value: IntFormat, family: Family
    ) -> None:
        self.codes, self.trace_bits = codes, spec.trace_bits
        self.table = DecayTable(codes)
        graph = synapse_graph(spec, codes, value, family)
        super().__init__(
            spec, value, graph, family, {"code": codes.code_bits}, {"trace": spec.trace_bits}
        )

    @property
    def written(self) -> int:
        """Clocks from a synapse's issue to the clock in which its new trace is in the memory."""
        return self.fetch + self.update.ready["trace"] + 2

    def operands(
        self, m: Module, delays: Delays, came: data.View[data.StructLayout], read: Signal
    ) -> dict[str, Value]:
        """The trace, and the controls of its decay, which are looked up while the trace waits in a
        register.
        """
        m.submodules.traces = traces = BlockRAM(self.spec.depth, self.trace_bits)
        m.submodules.table = table = self.table
        m.d.comb += [traces.r_addr.eq(read), table.code.eq(came.code)]
        fresh = delays.later(self.fresh, MEMORY, "fresh")
        trace = Signal(self.trace_bits, reset_less=True)
        m.d.sync += trace.eq(gated(traces.r_data, by=~fresh))

        # the new trace goes back
        landing = delays.later(
            self.issue, self.fetch + self.update.ready["trace"], "issue", strobe=True
        )
        place = Signal.like(
            self.address
        )  # traces come back in the order in which they went out, one of each synapse a tick
        last_place = place == self.spec.depth - 1
        with m.If(landing):
            m.d.sync += place.eq(gated(place + 1, by=~last_place))
        write_en = Signal(
            reset_less=True
        )  # a trace that lands in a reset is not read again before it is 0
        write_place = Signal.like(self.address, reset_less=True)
        write_trace = Signal(self.trace_bits, reset_less=True)
        m.d.sync += [
            write_en.eq(landing | self.load),
            write_place.eq(select(landing, place, self.host_address)),
            write_trace.eq(select(landing, self.update.o_trace, self.load_data.trace)),
        ]
        m.d.comb += [
            traces.w_en.eq(write_en),
            traces.w_addr.eq(write_place),
            traces.w_data.eq(write_trace),
            self.word.trace.eq(traces.r_data),
        ]
        late = self.fetch - MEMORY - LOOKUP
        controls_late = {
            str(name): delays.later(table.controls[name], late, f"control_{name}")
            for name, _ in table.layout
        }
        return {"trace": delays.later(trace, late, "trace"), **controls_late}
