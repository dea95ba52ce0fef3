# amaranth: UnusedElaboratable=no
"""The synapses of the recurrent layer: a word is read, taken through the rule, and written back."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.primitives import BlockRAM, WordRAM
from sc_hw.recurrent.plan import FETCH, RecurrentPlan
from sc_hw.wires import Delays, gated, port_shape
from sc_model.spec.learning.recurrent_network import NOISE_BITS, SETTING


class SynapseSweep(wiring.Component):
    """Updates a word of P synapses a clock, and adds its weights up where the row has spiked.

    A word issued in a clock is read `FETCH` clocks later. Its old weights are then added to the
    group's currents, which show them a clock later; the new fields are written `written` clocks
    after the issue, and may be read by an issue in the clock behind that. A word must not be issued
    again before. What the rule keeps of a row is read with each word of it, and written with the
    word of the last group alone: all groups of a step see the same. Domain ``sync``. A reset drops
    the writes under way. Contents of memories are undefined at power-on.

    Parameters
    ----------
    plan : sizes and graphs.

    Members
    -------
    issue : a word is visited.
    word, row : its number, and that of its row; without an issue `word` is the host's.
    begins : the row is the group's first one: its currents begin with it.
    ends : the group is the last one of the step.
    spike : of the row.
    fresh : all but the weights counts as 0.
    slopes, signals : of the group's neurons, `FETCH` clocks after the issue.
    shift : the rule's run-time parameter.
    noise : random bits of the word.
    currents : of the group's neurons.
    words : the fields of the lanes, `FETCH` clocks after the word's number.
    load : lanes that take `load_data` in the word `word`, while nothing is under way.
    load_data : a synapse's fields.
    landing : a word is on its way to the memory.
    """

    def __init__(self, plan: RecurrentPlan) -> None:
        self.plan = plan
        hidden = plan.spec.hidden
        self.cell_layout = data.StructLayout(
            {name: port_shape(form) for name, form in plan.cells.items()}
        )
        self.row_layout = data.StructLayout(
            {name: port_shape(form) for name, form in plan.traces.items()}
        )
        self.written = FETCH + plan.synapse_latency
        self.row_pipeline = plan.row()
        self.row_written = FETCH + self.row_pipeline.latency
        self.current = signed(plan.spec.current_format.width)
        super().__init__(
            {
                "issue": In(1),
                "word": In(plan.word_bits),
                "row": In(plan.row_bits),
                "begins": In(1),
                "ends": In(1),
                "spike": In(1),
                "fresh": In(1),
                "slopes": In(data.ArrayLayout(hidden.slope_bits, plan.lanes)),
                "signals": In(data.ArrayLayout(signed(hidden.signal_bits), plan.lanes)),
                "shift": In(plan.shift_bits),
                "noise": In(NOISE_BITS),
                "currents": Out(data.ArrayLayout(self.current, plan.lanes)),
                "words": Out(data.ArrayLayout(self.cell_layout, plan.lanes)),
                "load": In(plan.lanes),
                "load_data": In(self.cell_layout),
                "landing": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan, delays = self.plan, Delays(m)
        m.submodules.ram = ram = WordRAM(
            plan.words, self.cell_layout.size, plan.lanes, single_port=False
        )
        strobes = [
            delays.later(self.issue, clocks, "issue", strobe=True)
            for clocks in range(1, max(self.written, self.row_written) + 1)
        ]
        lands = strobes[self.written - 1]
        arrived = {
            name: delays.later(getattr(self, name), FETCH, name)
            for name in ("begins", "spike", "fresh", "noise")
        }
        rows = self._rows(m, delays, arrived)
        new_cells = []
        for number in range(plan.lanes):
            cell = data.View(
                self.cell_layout,
                ram.r_data[number * self.cell_layout.size : (number + 1) * self.cell_layout.size],
            )
            self._current(m, number, cell["weight"], strobes[FETCH - 1], arrived)
            new_cells.append(self._lane(m, number, cell, rows, arrived))
        m.d.comb += [
            ram.r_addr.eq(self.word),
            ram.w_addr.eq(Mux(lands, delays.later(self.word, self.written, "word"), self.word)),
            ram.w_en.eq(self.load | lands.replicate(plan.lanes)),
            ram.w_data.eq(
                Mux(lands, Cat(*new_cells), self.load_data.as_value().replicate(plan.lanes))
            ),
            self.words.as_value().eq(ram.r_data),
            self.landing.eq(Cat(*strobes).any()),
        ]
        return m

    def _current(
        self, m: Module, number: int, weight: Value, strobe: Value, arrived: dict[str, Value]
    ) -> None:
        """A neuron's current: the weights of the rows with a spike."""
        current = Signal(self.current, name=f"current_{number}", reset_less=True)
        before = gated(current.as_unsigned(), by=~arrived["begins"]).as_signed()
        added = gated(weight.as_unsigned(), by=arrived["spike"]).as_signed()
        with m.If(strobe):
            m.d.sync += current.eq(before + added)
        m.d.comb += self.currents[number].eq(current)

    def _rows(self, m: Module, delays: Delays, arrived: dict[str, Value]) -> dict[str, Value]:
        """What the rule keeps of rows: the old values of the row that has arrived."""
        plan = self.plan
        if not plan.traces:
            return {}
        m.submodules.rows = ram = BlockRAM(plan.rows, self.row_layout.size)
        m.submodules.row_pipeline = row = self.row_pipeline
        word = gated(ram.r_data, by=~arrived["fresh"])
        old = data.View(self.row_layout, word)
        ends = Signal(name="ends_issue")
        m.d.comb += ends.eq(self.issue & self.ends)
        new = Signal(self.row_layout, name="new_row")
        for name in row.graph.variables:
            source = arrived["spike"] if name == "pre_spike" else old[name]
            m.d.comb += getattr(row, f"i_{name}").eq(source)
        for name in plan.traces:
            m.d.comb += new[name].eq(getattr(row, f"o_{name}"))
        m.d.comb += [
            ram.r_addr.eq(self.row),
            ram.w_addr.eq(delays.later(self.row, self.row_written, "row")),
            ram.w_en.eq(delays.later(ends, self.row_written, "ends_issue", strobe=True)),
            ram.w_data.eq(new.as_value()),
        ]
        return {name: old[name] for name in plan.traces}

    def _lane(
        self,
        m: Module,
        number: int,
        cell: data.View[data.StructLayout],
        rows: dict[str, Value],
        arrived: dict[str, Value],
    ) -> Value:
        """A lane: the new fields of its synapse, `written` clocks after the issue."""
        plan = self.plan
        blocks = number < plan.block_lanes
        lane = plan.synapse(blocks=blocks, latency=plan.synapse_latency)
        m.submodules[f"lane_{number}"] = lane
        inputs: dict[str, Any] = {
            **{
                name: cell[name]
                if name == "weight"
                else gated(cell[name].as_unsigned(), by=~arrived["fresh"])
                for name in plan.cells
            },
            **rows,
            "pre_spike": arrived["spike"],
            "slope": self.slopes[number],
            "signal": self.signals[number],
            "noise": arrived["noise"],
            SETTING: self.shift,
        }
        new = Signal(self.cell_layout, name=f"new_{number}")
        for name in lane.graph.variables:
            m.d.comb += getattr(lane, f"i_{name}").eq(inputs[name])
        for name in plan.cells:
            m.d.comb += new[name].eq(getattr(lane, f"o_{name}"))
        return new.as_value()
