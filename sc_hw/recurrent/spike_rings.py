# amaranth: UnusedElaboratable=no
"""The spikes of a step: those of all rows, and those of the neurons, in rings of registers."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.recurrent.plan import RecurrentPlan
from sc_hw.wires import gated


class SpikeRings(wiring.Component):
    """Shows the spike of the row, and of the neuron, that is visited: each visit turns a ring.

    A ring of R bits is back where it was after a group's R rows, and one of H bits after H neurons;
    so nothing is selected. A neuron that fires, or does not, comes in as the last of its ring, so
    that after H of them the first one is in front. A neuron whose spikes come back later than in
    the next step has a line of registers, which moves with each step that is taken. Domain
    ``sync``, no reset.

    Parameters
    ----------
    plan : sizes.

    Members
    -------
    take : a step is taken: the rows' spikes are `lines` and the neurons' of as many steps before as
        each one's delay has; with `first` no neuron has fired.
    lines, first : of the step.
    issue : a row is visited.
    row_spike : its spike.
    fired, spike : a neuron has been updated, and whether it fires.
    add : a neuron is visited; not together with `fired`.
    neuron_spike : its spike.
    """

    def __init__(self, plan: RecurrentPlan) -> None:
        self.plan = plan
        super().__init__(
            {
                **dict.fromkeys(("take", "first", "issue", "fired", "spike", "add"), In(1)),
                "lines": In(plan.spec.inputs),
                "row_spike": Out(1),
                "neuron_spike": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        rows = Signal(self.plan.rows, name="rows", reset_less=True)
        neurons = Signal(self.plan.neurons, name="neurons", reset_less=True)
        with m.If(self.take):
            m.d.sync += rows.eq(Cat(self.lines, self._returning(m, neurons)))
        with m.Elif(self.issue):
            m.d.sync += rows.eq(Cat(rows[1:], rows[0]))
        with m.If(self.fired):
            m.d.sync += neurons.eq(Cat(neurons[1:], self.spike))
        with m.Elif(self.add):
            m.d.sync += neurons.eq(Cat(neurons[1:], neurons[0]))
        m.d.comb += [self.row_spike.eq(rows[0]), self.neuron_spike.eq(neurons[0])]
        return m

    def _returning(self, m: Module, neurons: Signal) -> Value:
        """The spikes of the neurons that come back in the step that is taken."""
        hidden = self.plan.spec.hidden
        if hidden.max_delay == 1:
            return gated(neurons, by=~self.first)
        spikes = []
        for number, delay in enumerate(hidden.delays):
            line: Value = neurons[number]
            if delay > 1:
                past = Signal(delay - 1, name=f"past_{number}", reset_less=True)
                line = Cat(line, past)
                m.d.sync += past.eq(gated(line[: delay - 1], by=~self.first))
            spikes.append(line[delay - 1])
        return gated(Cat(*spikes), by=~self.first)
