# amaranth: UnusedElaboratable=no
"""The forward pass: each step's inputs add their weights, then all hidden neurons take a step."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.learning.plan import LearningPlan
from sc_hw.wires import gated


class ForwardPass(wiring.Component):
    """Issues the slots of a sample's steps, from the lists of inputs.

    All sums are cleared first. An input then takes `event_slots` clocks, a step's neurons
    `neuron_slots` and two more. Behind the neurons of a layer follow those of its neurons that
    fired, from the queue: each takes the `event_slots` of the layer behind and one or two more.
    That layer's neurons are next, which take the sums with them, so that a further layer's current
    is that of the step alone. Domain ``sync``. A reset stops it.

    Parameters
    ----------
    plan : sizes.
    spacing : clocks from a visit of neurons to the next one of the same neurons, and to the end of
        what a visit writes.

    Members
    -------
    start : begin; while it rests.
    step, look, some, row, last, advance : of the lists (see `InputLists`).
    event : a slot adds the weights of `row` and `group` to the currents of `group`.
    layer : of the slot; where there are several, as what follows.
    renew : what the queue holds is of the past.
    waiting, empty, take : of the queue (see `SpikeQueue`).
    spent : with `visit`: the group's currents become 0 behind it.
    clear : a slot clears the sums at `place`.
    place : with `clear`; 0 where there is none.
    visit : a slot visits the neurons of `share` of `group`.
    first_step : with `visit`: it is the sample's first step.
    group, share : of the slot; 0 where there is none.
    ended : the last slot is issued; high for a clock.
    """

    def __init__(self, plan: LearningPlan, spacing: int) -> None:
        self.plan = plan
        # Where a layer is behind, the slots of its neurons begin when the last spike is written.
        self.neuron_slots = [
            plan.fold * plan.groups_of(index) + spacing
            if index < plan.stages - 1
            else max(plan.fold * plan.groups_of(index), spacing)
            for index in range(plan.stages)
        ]
        further = {
            "layer": Out(plan.layer_bits),
            "renew": Out(1),
            "waiting": In(1),
            "empty": In(1),
            "take": Out(1),
            "spent": Out(1),
        }
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
                **(further if plan.layer_bits else {}),
            }
        )

    @property
    def step_clocks(self) -> int:
        """Clocks of a step without spikes."""
        return sum(self.neuron_slots) + self.plan.stages + 1

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan = self.plan
        event_slots = [plan.event_slots(index) for index in range(plan.stages)]
        slots = max(*event_slots, *self.neuron_slots, 1 << plan.place_bits)
        layer = plan.layer_of(self)
        groups = [plan.groups_of(index) for index in range(plan.stages)]
        visits = plan.by_layer(layer, [plan.fold * count for count in groups])
        last_event = plan.by_layer(layer, [count - 1 for count in event_slots])
        last_visit = plan.by_layer(layer, [count - 1 for count in self.neuron_slots])
        slot = Signal(range(max(2, slots)), name="slot")
        events, neurons = Signal(name="events"), Signal(name="neurons")
        picks = Signal(name="picks")  # an event of a further layer, or its neurons, come next
        m.d.comb += [
            self.event.eq(events & (slot < plan.by_layer(layer, groups))),
            self.visit.eq(neurons & (slot < visits)),
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
                with m.If(slot == last_event):
                    m.d.sync += slot.eq(0)
                    self._next_event(m, layer)
            with m.State("neurons"):
                m.d.comb += neurons.eq(1)
                m.d.sync += slot.eq(slot + 1)
                with m.If(slot == last_visit):
                    m.d.sync += slot.eq(0)
                    self._next_layer(m, layer)
            if plan.layer_bits:
                with m.State("pick"):
                    m.d.comb += picks.eq(1)
                    with m.If(self.waiting):
                        m.next = "events"
                    with m.Elif(self.empty):
                        m.next = "neurons"
        if plan.layer_bits:
            m.d.comb += [
                self.renew.eq(picks & self.empty & ~self.waiting),
                self.spent.eq(self.visit & self.share.all() & layer.any()),
            ]
        return m

    def _next_event(self, m: Module, layer: Value) -> None:
        """In the last slot of an event: which one follows."""

        def of_input() -> None:
            with m.If(self.last):
                m.next = "neurons"
            with m.Else():
                m.d.comb += self.advance.eq(1)

        if not self.plan.layer_bits:
            of_input()
            return
        with m.If(layer.any()):
            m.d.comb += self.take.eq(1)
            m.next = "pick"
        with m.Else():
            of_input()

    def _next_layer(self, m: Module, layer: Value) -> None:
        """In the last slot of a layer's neurons: the layer behind, or the next step."""

        def over() -> None:
            m.d.sync += self.step.eq(self.step + 1)
            m.next = "look"
            with m.If(self.step == self.plan.steps - 1):
                m.d.comb += self.ended.eq(1)
                m.next = "rest"

        if not self.plan.layer_bits:
            over()
            return
        with m.If(layer == self.plan.stages - 1):
            m.d.sync += self.layer.eq(0)
            over()
        with m.Else():
            m.d.sync += self.layer.eq(layer + 1)
            m.next = "pick"
