# amaranth: UnusedElaboratable=no
"""The size of a step: a row's trace, shifted left by what the shift leaves of the random bits."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.learning.plan import LearningPlan
from sc_hw.trained.lane import unit_graph
from sc_hw.wires import Delays, choose, gated
from sc_model.arithmetic.learning import step_size
from sc_model.spec.learning.learning_network import STEP_SHIFT_BITS


class StepSizes(wiring.Component):
    """Gives all lanes the row's ``drive = trace << (noise_bits - shift)``.

    In the backward pass that follows from the row's trace. In the update of the first layer traces
    count down from the number of steps, so the drive goes down by one unit, 1 << (noise_bits -
    shift), with each step of the sample: no shifter, and no product. Domain ``sync``; no reset:
    units follow `count` and `step_shift` by some clocks.

    Parameters
    ----------
    plan : sizes.

    Members
    -------
    count : inputs of the sample that spiked.
    step_shift : what the host adds to all shifts.
    trace : of a slot's row, a hidden neuron.
    layer : of that neuron, constant during a pass; where there are several.
    begins : the drive becomes that of the first step's inputs.
    stepped : it becomes that of the next step's inputs.
    rows : the drive is that of `trace`, `fetch` clocks after the slot; else it stays.
    drive : see above.
    """

    def __init__(self, plan: LearningPlan) -> None:
        self.plan = plan
        delay = plan.family.layer_delay or plan.family.delay
        self.sizes = [
            Datapath(unit_graph(step_size(plan.spec, index), plan.family), delay)
            for index in range(plan.stages + 1)
        ]
        super().__init__(
            {
                "count": In(plan.row_bits),
                "step_shift": In(STEP_SHIFT_BITS),
                "trace": In(plan.trace_bits),
                **plan.layer_port,
                "begins": In(1),
                "stepped": In(1),
                "rows": In(1),
                "drive": Out(plan.drive_bits),
            }
        )

    @property
    def settling(self) -> int:
        """Clocks from `count` or `step_shift` to the units that follow from them."""
        return max(size.latency for size in self.sizes) + 1

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan, delays = self.plan, Delays(m)
        units = []
        for index, (size, name) in enumerate(zip(self.sizes, plan.layer_names, strict=True)):
            m.submodules[f"{name}_size"] = size
            m.d.comb += size.i_step_shift.eq(self.step_shift)
            if index == 0:
                m.d.comb += size.i_count.eq(self.count)
            units.append(self._unit(m, size.o_shift, plan.spec.layers[index].shift, name))
        hidden, behind = units[0], choose(plan.layer_of(self), units[1:])
        trace = delays.later(self.trace, plan.fetch - 1, "trace")
        first = Signal(plan.drive_bits, name="first_drive")
        m.d.comb += first.eq(_product(C(plan.steps, plan.trace_bits), hidden, plan.drive_bits))
        with m.If(self.begins):
            m.d.sync += self.drive.eq(first)
        with m.Elif(self.stepped):
            m.d.sync += self.drive.eq(self.drive - hidden)
        with m.Elif(self.rows):
            m.d.sync += self.drive.eq(_product(trace, behind, plan.drive_bits))
        return m

    def _unit(self, m: Module, shift: Value, least: int, name: str) -> Signal:
        """The one bit that a trace of 1 is, in a register; `least` is the smallest shift."""
        most = self.plan.spec.noise_bits
        unit = Signal(max(0, most - least) + 1, name=f"{name}_unit", reset_less=True)
        for place in range(len(unit)):
            m.d.sync += unit[place].eq(shift == most - place)
        return unit


def _product(trace: Value, unit: Value, bits: int) -> Value:
    """A trace times a number of which one bit is set: an OR of gates, without an adder."""
    product: Value = C(0, bits)
    for place in range(len(unit)):
        shifted = Cat(C(0, place), trace, C(0, bits))[:bits]
        product = product | gated(shifted, by=unit[place])
    return product
