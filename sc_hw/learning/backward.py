# amaranth: UnusedElaboratable=no
"""The backward pass: each row of a layer gives its neuron's signal, and is then updated."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.learning.plan import LearningPlan
from sc_hw.trained.lane import unit_graph
from sc_hw.wires import gated
from sc_model.arithmetic.learning import next_age


class BackwardPass(wiring.Component):
    """Issues the slots of the rows of the readout, or of another layer that hidden neurons feed.

    Slots are issued in every second clock, so that a memory with one port is written in between. A
    row's words are read for its signal first, with the weights as they were, and then once more, to
    be updated. A row needs no slots for a signal that its gate would make 0 whatever the errors
    say: without a spike, not near the threshold, and not silent for long. A row without slots takes
    two clocks. Domain ``sync``. A reset stops it.

    Parameters
    ----------
    plan : sizes.

    Members
    -------
    start : begin; while it rests.
    layer : the hidden layer whose neurons are the rows; where there are several.
    signals : it learns, or one in front of it: its signals and ages are wanted.
    learns : the layer behind it learns, whose rows are visited: the readout, where there is one.
    active : groups whose words have an error, or a signal, that is not 0.
    valid, trace, near, age : of the row (see `HiddenRows`).
    next : the row is over.
    row_ended : the last row has been taken.
    feedback : a slot reads a word of the row for its signal.
    update : a slot reads a word of the row, to update it.
    first, last : with `feedback`.
    group : of the slot's word; 0 where there is none.
    oldest : the row's neuron has been silent for long, with this sample; stands with its slots.
    ages : a row's new age is to be written, the clock after its first slot.
    aged_row, aged : with `ages`.
    ended : the last slot is issued; high for a clock.
    """

    def __init__(self, plan: LearningPlan) -> None:
        self.plan = plan
        self.ageing = Datapath(
            unit_graph(next_age(plan.hidden, plan.spec.trace_format), plan.family)
        )
        super().__init__(
            {
                "start": In(1),
                **plan.layer_port,
                "signals": In(1),
                "learns": In(1),
                "active": In(plan.most_words),
                "valid": In(1),
                "row": In(plan.group_bits + plan.lane_bits),
                "trace": In(plan.trace_bits),
                "near": In(1),
                "age": In(plan.hidden.age_bits),
                "next": Out(1),
                "row_ended": In(1),
                "feedback": Out(1),
                "update": Out(1),
                "first": Out(1),
                "last": Out(1),
                "group": Out(plan.group_bits),
                "oldest": Out(1),
                "ages": Out(1),
                "aged_row": Out(plan.group_bits + plan.lane_bits),
                "aged": Out(plan.hidden.age_bits),
                "ended": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan = self.plan
        m.submodules.ageing = self.ageing
        running = Signal(name="running")
        beat = Signal(name="beat")  # a slot may be issued
        updating = Signal(name="updating")  # the row's words have been read for its signal
        group = Signal(plan.group_bits, name="at_group")
        begun = Signal(name="begun")  # the row has had its first slot
        active = self.trace.any()
        new_age = self.ageing.o_age
        is_oldest = new_age == plan.hidden.age_format.hi
        # Registers, which the row has a clock for: its slots begin in the second one.
        wants, updates = Signal(name="wants"), Signal(name="updates")
        stood = Signal(name="stood")
        due, last = Signal(name="due"), Signal(name="last_of_pass")
        lasts = [plan.groups_of(index + 1) - 1 for index in range(plan.stages)]
        last_word = plan.by_layer(plan.layer_of(self), lasts)
        at_last = group == last_word if plan.most_words > 1 else C(1, 1)
        m.d.comb += [
            self.ageing.i_trace.eq(self.trace),
            self.ageing.i_age.eq(self.age),
            due.eq(running & beat & stood & self.valid),
            last.eq(at_last | ~(wants | updates)),
            self.feedback.eq(due & wants & ~updating),
            self.update.eq(
                due
                & updates
                & (updating | ~wants)
                & (self.active.bit_select(group, 1) if plan.most_words > 1 else self.active)
            ),
            self.first.eq(~group.any()),
            self.last.eq(at_last),
            self.group.eq(gated(group, by=due)),
            self.next.eq(due & last & (updating | ~wants | ~updates)),
            self.ended.eq(running & self.row_ended),
        ]
        m.d.sync += [
            self.oldest.eq(is_oldest),
            wants.eq(self.signals & (active | self.near | is_oldest)),
            updates.eq(self.learns & active),
            stood.eq(self.valid & ~self.next),
            beat.eq(~beat),
            self.ages.eq(due & ~begun & self.signals),
            self.aged.eq(new_age),
            self.aged_row.eq(self.row),
        ]
        with m.If(due):
            m.d.sync += begun.eq(~self.next)
            m.d.sync += group.eq(Mux(last, 0, group + 1))
            with m.If(last):
                # Read for the signal, the row's words come once more if they are to be updated.
                m.d.sync += updating.eq(wants & updates & ~updating)
        with m.If(self.start):
            # The first fetch of rows begins in the next clock, one of those without a slot: so does
            # each one after it, since it follows a slot.
            m.d.sync += [running.eq(1), beat.eq(0), updating.eq(0), group.eq(0), begun.eq(0)]
        with m.If(self.ended):
            m.d.sync += running.eq(0)
        return m
