# amaranth: UnusedElaboratable=no
"""The forward pass: each step's inputs add their weights, then all hidden neurons take a step."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.learning.plan import LearningPlan
from sc_hw.wires import gated


class ForwardPass(wiring.Component):
    """Issues the slots of a sample's steps, from the lists of inputs.

    All sums are cleared first. An input then takes `event_slots` clocks, a step's neurons
    `neuron_slots` and two more. Domain ``sync``. A reset stops it.

    Parameters
    ----------
    plan : sizes.
    spacing : clocks from a visit of neurons to the next one of the same neurons.

    Members
    -------
    start : begin; while it rests.
    step, look, some, row, last, advance : of the lists (see `InputLists`).
    event : a slot adds the weights of `row` and `group` to the currents of `group`.
    clear : a slot clears the sums at `place`.
    place : with `clear`; 0 where there is none.
    visit : a slot visits the neurons of `share` of `group`.
    first_step : with `visit`: it is the sample's first step.
    group, share : of the slot; 0 where there is none.
    ended : the last slot is issued; high for a clock.
    """

    def __init__(self, plan: LearningPlan, spacing: int) -> None:
        self.plan = plan
        self.neuron_slots = max(plan.fold * plan.groups, spacing)
        super().__init__(
            {
                "start": In(1),
                "step": Out(plan.time_bits),
                "look": Out(1),
                "some": In(1),
                "last": In(1),
                "advance": Out(1),
                "event": Out(1),
                "clear": Out(1),
                "place": Out(plan.place_bits),
                "visit": Out(1),
                "first_step": Out(1),
                "group": Out(plan.group_bits),
                "share": Out(plan.share_bits),
                "ended": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan = self.plan
        slots = max(plan.event_slots, self.neuron_slots, 1 << plan.place_bits)
        slot = Signal(range(max(2, slots)), name="slot")
        events, neurons = Signal(name="events"), Signal(name="neurons")
        m.d.comb += [
            self.event.eq(events & (slot < plan.groups)),
            self.visit.eq(neurons & (slot < plan.fold * plan.groups)),
            self.place.eq(gated(slot[: plan.place_bits], by=self.clear)),
            self.first_step.eq(~self.step.any()),
            self.group.eq(
                gated(slot[: plan.group_bits], by=self.event)
                | gated(slot[plan.share_bits :][: plan.group_bits], by=self.visit)
            ),
            self.share.eq(gated(slot[: plan.share_bits], by=self.visit)),
        ]
        with m.FSM(name="forward"):
            with m.State("rest"):
                m.d.sync += [self.step.eq(0), slot.eq(0)]
                with m.If(self.start):
                    m.next = "clear"
            with m.State("clear"):
                m.d.comb += self.clear.eq(1)
                m.d.sync += slot.eq(slot + 1)
                with m.If(slot == (1 << plan.place_bits) - 1):
                    m.d.sync += slot.eq(0)
                    m.next = "look"
            with m.State("look"):
                m.d.comb += self.look.eq(1)
                m.next = "found"
            with m.State("found"):
                with m.If(self.some):
                    m.next = "events"
                with m.Else():
                    m.next = "neurons"
            with m.State("events"):
                m.d.comb += events.eq(1)
                m.d.sync += slot.eq(slot + 1)
                with m.If(slot == plan.event_slots - 1):
                    m.d.sync += slot.eq(0)
                    with m.If(self.last):
                        m.next = "neurons"
                    with m.Else():
                        m.d.comb += self.advance.eq(1)
            with m.State("neurons"):
                m.d.comb += neurons.eq(1)
                m.d.sync += slot.eq(slot + 1)
                with m.If(slot == self.neuron_slots - 1):
                    m.d.sync += [slot.eq(0), self.step.eq(self.step + 1)]
                    m.next = "look"
                    with m.If(self.step == plan.steps - 1):
                        m.d.comb += self.ended.eq(1)
                        m.next = "rest"
        return m
