# amaranth: UnusedElaboratable=no
"""The update of the hidden layer: rows of inputs that spiked, groups that have a signal."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.learning.plan import LearningPlan

STEPPED = 3  # clocks from a step's end to the drive of the next one; its first slot is later


class UpdatePass(wiring.Component):
    """Walks through the lists of inputs once more, and issues a slot for each group with a signal.

    A slot every `stride` clocks. A row takes two clocks at least, the time to find the next one.
    Domain ``sync``. A reset stops it.

    Parameters
    ----------
    plan : sizes.

    Members
    -------
    start : begin; while it rests.
    active : groups of which a signal is not 0, constant during the pass.
    step, look, some, last, advance : of the lists (see `InputLists`).
    update : a slot updates the list's row in `group`.
    group : of the slot; 0 where there is none.
    stepped : the traces of the rows to come are smaller by one; high for a clock, `STEPPED` clocks
        after the step's end, when all slots of the step have their drive.
    ended : the last slot is issued; high for a clock.
    """

    def __init__(self, plan: LearningPlan) -> None:
        self.plan = plan
        super().__init__(
            {
                "start": In(1),
                "active": In(plan.groups),
                "step": Out(plan.time_bits),
                "look": Out(1),
                "some": In(1),
                "last": In(1),
                "advance": Out(1),
                "update": Out(1),
                "group": Out(plan.group_bits),
                "stepped": Out(1),
                "ended": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan = self.plan
        # Of a row: the first group and those behind it; of the slot to come: the same.
        first, rest = self._lowest(self.active)
        found = Signal(plan.group_bits, name="first_group", reset_less=True)
        behind = Signal(plan.groups, name="behind_first", reset_less=True)
        alone = Signal(name="alone", reset_less=True)
        group = Signal(plan.group_bits, name="at_group", reset_less=True)
        left = Signal(plan.groups, name="left", reset_less=True)
        final = Signal(name="final", reset_less=True)
        m.d.sync += [found.eq(first), behind.eq(rest), alone.eq(~rest.any())]
        following, after = self._lowest(left)
        turn = Signal(name="turn")  # a slot may be issued
        settled = Signal(name="settled")  # the row has stood for a clock
        rows, due = Signal(name="rows"), Signal(name="due")
        leaves = Signal(name="leaves")
        m.d.comb += [
            due.eq(rows & turn & (settled | ~final)),
            self.update.eq(due),
            self.group.eq(group & due.replicate(plan.group_bits)),
            leaves.eq(due & final),
        ]
        if plan.stride == 1:
            m.d.comb += turn.eq(1)
        else:
            m.d.sync += turn.eq(~turn)
        begins = Signal(name="begins")
        with m.If(begins | leaves):
            m.d.sync += [group.eq(found), left.eq(behind), final.eq(alone), settled.eq(0)]
        with m.Else():
            m.d.sync += settled.eq(1)
            with m.If(due):
                m.d.sync += [group.eq(following), left.eq(after), final.eq(~after.any())]
        steps = Signal(STEPPED, name="steps")
        step_ends = Signal(name="step_ends")
        m.d.sync += steps.eq(Cat(step_ends, steps))
        m.d.comb += self.stepped.eq(steps[-1])
        with m.FSM(name="update"):
            with m.State("rest"):
                m.d.sync += self.step.eq(0)
                with m.If(self.start):
                    m.next = "look"
            with m.State("look"):
                m.d.comb += self.look.eq(1)
                m.next = "found"
            with m.State("found"):
                m.d.comb += begins.eq(1)
                with m.If(self.some):
                    m.next = "rows"
                with m.Else():
                    m.next = "step"
            with m.State("rows"):
                m.d.comb += rows.eq(1)
                with m.If(leaves):
                    m.d.comb += self.advance.eq(~self.last)
                    with m.If(self.last):
                        m.next = "step"
            with m.State("step"):
                m.d.comb += step_ends.eq(1)
                m.d.sync += self.step.eq(self.step + 1)
                m.next = "look"
                with m.If(self.step == plan.steps - 1):
                    m.d.comb += self.ended.eq(1)
                    m.next = "rest"
        return m

    def _lowest(self, groups: Value) -> tuple[Value, Value]:
        """The number of the lowest group in a set, and the set without it."""
        count = len(groups)
        lowest = groups & (~groups + 1)[:count]
        number = Cat(
            Cat(lowest[place] for place in range(count) if place >> bit & 1).any()
            for bit in range(self.plan.group_bits)
        )
        return number, groups & ~lowest
