# amaranth: UnusedElaboratable=no
"""The learning signal of a hidden neuron: the sum of weight * error over its row, then its gate."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.learning.plan import PRODUCT, LearningPlan
from sc_hw.trained.lane import unit_graph
from sc_hw.wires import Delays, choose
from sc_model.arithmetic.learning import gated_signal, learning_signal


class FeedbackSum(wiring.Component):
    """Adds up the products of a row's words, and makes the neuron's learning signal of the sum.

    Lanes multiply by W + 2^(bits - 1) (see `LearningLane`), so 2^(bits - 1) times the sum of the
    errors is taken off. The neuron goes along with its last word. `latency` clocks from the slot of
    a row's last word to its signal, an even number; throughput one word a clock; domain ``sync``. A
    reset drops what is under way.

    Parameters
    ----------
    plan : sizes.

    Members
    -------
    slot : a slot reads a word whose products are fed back.
    first, last : with `slot`: of its row.
    layer : of the rows' neurons, constant meanwhile; where there are several.
    row, trace, near, oldest : the row's neuron; whether its age is the greatest.
    products : of the lanes, `fetch` + `PRODUCT` clocks after the slot.
    errors : sum of all errors, or of all signals of the layer behind, constant meanwhile.
    valid : the signal of a neuron.
    o_row : its number.
    signal : that it learns from.
    landing : a word is under way.
    """

    def __init__(self, plan: LearningPlan, product_bits: int) -> None:
        self.plan, self.product_bits = plan, product_bits
        delay = plan.family.layer_delay or plan.family.delay
        layer = plan.hidden
        # Of each hidden layer: their shifts differ, and the gate behind them is the same.
        self.shifts = [
            Datapath(
                unit_graph(learning_signal(each, plan.spec.feedback_format(n)), plan.family), delay
            )
            for n, each in enumerate(plan.spec.hidden)
        ]
        self.shifted = max(shift.latency for shift in self.shifts)
        self.gate = Datapath(
            unit_graph(gated_signal(layer, plan.spec.trace_format, plan.steps), plan.family), delay
        )
        self.row_bits = plan.group_bits + plan.lane_bits
        super().__init__(
            {
                "slot": In(1),
                **plan.layer_port,
                "first": In(1),
                "last": In(1),
                "row": In(self.row_bits),
                "trace": In(plan.trace_bits),
                "near": In(1),
                "oldest": In(1),
                "products": In(data.ArrayLayout(signed(product_bits), plan.lanes)),
                "errors": In(signed(plan.total_bits)),
                "valid": Out(1),
                "o_row": Out(self.row_bits),
                "signal": Out(layer.signal_bits),
                "landing": Out(1),
            }
        )

    @property
    def summed(self) -> int:
        """Clocks from the slot to the sum with its word, before the errors' part is taken off."""
        return self.plan.fetch + PRODUCT + self.plan.lane_bits + 1

    @property
    def latency(self) -> int:
        """Clocks from a row's last slot to its signal."""
        clocks = self.summed + 1 + self.shifted + self.gate.latency
        return clocks + clocks % 2

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan, delays = self.plan, Delays(m)
        for number, shift in enumerate(self.shifts):
            m.submodules["shift" + (f"_{number}" if number else "")] = shift
        m.submodules.gate = self.gate
        level: list[Value] = [self.products[lane] for lane in range(plan.lanes)]
        width = self.product_bits
        while len(level) > 1:
            width += 1
            sums = []
            for number in range(0, len(level), 2):
                name = f"sum_{len(level) // 2}_{number // 2}"
                one = Signal(signed(width), name=name, reset_less=True)
                m.d.sync += one.eq(level[number] + level[number + 1])
                sums.append(one)
            level = list(sums)
        total = Signal(
            signed(width + (plan.most_words - 1).bit_length()), name="row_sum", reset_less=True
        )
        first = delays.later(self.first, self.summed - 1, "first")
        # Slots come in every second clock: what stands in between belongs to no row.
        with m.If(delays.later(self.slot, self.summed - 1, "slot")):
            m.d.sync += total.eq(Mux(first, 0, total) + level[0])
        bits = max(plan.spec.feedback_format(n).width for n in range(plan.stages))
        feedback = Signal(signed(bits), name="feedback", reset_less=True)
        raised = Cat(C(0, plan.weight_bits - 1), self.errors).as_signed()
        m.d.sync += feedback.eq((total - raised)[:bits].as_signed())
        m.d.comb += [shift.i_feedback.eq(feedback) for shift in self.shifts]
        signals = [
            delays.later(shift.o_signal, self.shifted - shift.latency, f"signal_{number}")
            for number, shift in enumerate(self.shifts)
        ]
        at_gate = self.summed + 1 + self.shifted
        slack = self.latency - at_gate - self.gate.latency
        m.d.comb += [
            self.gate.i_signal.eq(choose(plan.layer_of(self), signals)),
            self.signal.eq(delays.later(self.gate.o_gated, slack, "gated")),
        ]
        ends = self.slot & self.last
        later = [
            delays.later(ends, clocks, "ends", strobe=True) for clocks in range(1, self.latency + 1)
        ]
        strobes = [ends, *later]
        neurons = self._neurons(m, strobes)
        gated, ended = neurons[(at_gate - 1) // 2], neurons[(self.latency - 1) // 2]
        m.d.comb += [
            self.gate.i_trace.eq(gated.trace),
            self.gate.i_near.eq(gated.near),
            # The gate asks whether the age is the greatest, and nothing else of it.
            self.gate.i_age.eq(gated.oldest.replicate(plan.hidden.age_bits)),
            self.o_row.eq(ended.row),
        ]
        m.d.comb += [self.valid.eq(strobes[-1]), self.landing.eq(Cat(*later).any())]
        return m

    def _neurons(self, m: Module, strobes: list[Value]) -> list[Any]:
        """The neuron that goes along, in registers that it stays in for two clocks.

        Slots have a clock between them, so half as many registers as clocks are enough: number k
        holds it 2k + 1 and 2k + 2 clocks after its slot.
        """
        plan = self.plan
        layout = data.StructLayout(
            {"row": self.row_bits, "trace": plan.trace_bits, "near": 1, "oldest": 1}
        )
        neurons: list[Any] = []
        before: Value = Cat(self.row, self.trace, self.near, self.oldest)
        for number in range((self.latency + 1) // 2):
            neuron = Signal(layout, name=f"neuron_{number}", reset_less=True)
            with m.If(strobes[2 * number]):
                m.d.sync += neuron.eq(before)
            before = neuron.as_value()
            neurons.append(neuron)
        return neurons
