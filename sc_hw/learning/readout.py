# amaranth: UnusedElaboratable=no
"""The readout's scores: each hidden neuron's weights are added once for each of its spikes."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.learning.plan import LearningPlan
from sc_hw.wires import gated


class ReadoutPass(wiring.Component):
    """Issues the slots of the rows whose trace is not 0, as often as the trace says.

    The readout only sums up, so its spikes need not be added in the steps in which they came. A
    silent row takes a clock. Each visit of a row adds to the next of `sets` partial sums, so that
    an addition is complete before the next one to the same sum. Domain ``sync``. A reset stops it.

    Parameters
    ----------
    plan : sizes.

    Members
    -------
    start : begin; while it rests.
    valid, trace, active : of the row (see `HiddenRows`) that is visited.
    next : the row is over.
    row_ended : the last row has been taken.
    event : a slot adds the row's weights of `group` to partial sum `set`.
    group, set : of the slot; 0 where there is none.
    ended : the last slot is issued; high for a clock.
    """

    def __init__(self, plan: LearningPlan) -> None:
        self.plan = plan
        super().__init__(
            {
                "start": In(1),
                "valid": In(1),
                "trace": In(plan.trace_bits),
                "active": In(1),
                "next": Out(1),
                "row_ended": In(1),
                "event": Out(1),
                "group": Out(plan.group_bits),
                "set": Out(max(1, plan.set_bits)),
                "ended": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan = self.plan
        running = Signal(name="running")
        group = Signal(plan.group_bits, name="at_group")
        set_ = Signal(max(1, plan.set_bits), name="at_set")
        done = Signal(plan.trace_bits, name="done", init=1)  # visits of the row, with the next one
        at_last = group == plan.out_groups - 1 if plan.out_groups > 1 else C(1, 1)
        over = done == self.trace
        m.d.comb += [
            self.event.eq(running & self.valid & self.active),
            self.group.eq(gated(group, by=self.event)),
            self.set.eq(gated(set_, by=self.event)),
            self.next.eq(running & self.valid & (~self.active | (at_last & over))),
            self.ended.eq(running & self.row_ended),
        ]
        with m.If(self.start):
            m.d.sync += [running.eq(1), set_.eq(0), group.eq(0), done.eq(1)]
        with m.If(self.event):
            if plan.out_groups > 1:
                m.d.sync += group.eq(gated(group + 1, by=~at_last))
            with m.If(at_last):
                m.d.sync += done.eq(Mux(over, 1, done + 1))
                if plan.sets > 1:
                    m.d.sync += set_.eq(set_ + 1)
        with m.If(self.ended):
            m.d.sync += running.eq(0)
        return m
