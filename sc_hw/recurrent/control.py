# amaranth: UnusedElaboratable=no
"""The course of a step: groups of neurons, the readout, the answer, what is learned of it."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.recurrent.plan import RecurrentPlan, bits_of, is_last

# What happens in a clock, of which there is one thing at most
VISITS = ("fetch", "update", "issue", "leak", "add", "look", "learn", "o_valid", "serves", "done")


class _Counters:
    """Where a step is.

    Members
    -------
    word, row : of the recurrent layer.
    lane, group : of the neuron that is fetched or updated.
    neuron : that the readout visits.
    number : of the class.
    last_lane, last_group, last_neuron : whether a counter is at its last value.
    """

    def __init__(self, plan: RecurrentPlan) -> None:
        self.word = Signal(plan.word_bits, name="word_counter")
        self.row = Signal(plan.row_bits, name="row_counter")
        self.lane = Signal(bits_of(plan.lanes), name="lane_counter")
        self.group = Signal(bits_of(plan.groups), name="group_counter")
        self.neuron = Signal(plan.neuron_bits, name="neuron_counter")
        self.number = Signal(plan.class_bits, name="class_counter")
        self.last_lane = Signal(name="last_lane")
        self.last_group = Signal(name="last_group")
        self.last_neuron = Signal(name="last_neuron")

    @property
    def begin_at_0(self) -> tuple[Signal, ...]:
        """The counters that a step begins with at 0."""
        return self.word, self.row, self.lane, self.group, self.neuron


class StepControl(wiring.Component):
    """Issues every visit of a step, in order.

    For each group of neurons: their slopes and signals, its words row by row, the neurons. Then all
    neurons for the readout's sums, the classes, the answer on `o`; and all neurons once more where
    a class is told and some error is not 0. Between two steps the host has the memories. Domain
    ``sync``. A reset ends the step.

    Parameters
    ----------
    plan : sizes.

    Members
    -------
    i_valid, i_ready : a step waits, and is taken.
    told : a class is told in the step.
    o_valid, o_ready : the answer stands, and is taken.
    host : the host asks for the memories; it goes before the next step.
    serves : the host has them, until `host` is low.
    landing : something is on its way to a memory or a register.
    any_error : of the classes.
    fetch, update : visits of neurons for the group's registers, and for their new state.
    issue : a word of the recurrent layer is visited.
    begins, ends : the word is the group's first one; the group is the last one.
    leak : of the readout's sums, in the clock in front of the visits that add.
    add, learn : visits of neurons for the readout.
    look : a class is looked at.
    word, row : of the word that is visited.
    index : of the neuron that is visited.
    number : of the class.
    signalled : the learning signals that are kept are those of the step before.
    done : the step is over; high for a clock.
    resting : no step is under way.
    """

    def __init__(self, plan: RecurrentPlan) -> None:
        self.plan = plan
        super().__init__(
            {
                **dict.fromkeys(
                    ("i_valid", "told", "o_ready", "host", "landing", "any_error"), In(1)
                ),
                **dict.fromkeys(
                    (
                        *("i_ready", "o_valid", "serves", "fetch", "update", "issue", "begins"),
                        *("ends", "leak", "add", "learn", "look", "signalled", "done", "resting"),
                    ),
                    Out(1),
                ),
                "word": Out(plan.word_bits),
                "row": Out(plan.row_bits),
                "index": Out(plan.neuron_bits),
                "number": Out(plan.class_bits),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan = self.plan
        count = _Counters(plan)
        signalled = Signal(name="signalled_register")
        index = count.group * plan.lanes + count.lane
        m.d.comb += [
            count.last_lane.eq(is_last(count.lane, plan.lanes)),
            count.last_group.eq(is_last(count.group, plan.groups)),
            count.last_neuron.eq(is_last(count.neuron, plan.neurons)),
            self.word.eq(count.word),
            self.row.eq(count.row),
            self.index.eq(Mux(self.add | self.learn, count.neuron, index)),
            self.number.eq(count.number),
            self.begins.eq(self.issue & ~count.row.any()),
            self.ends.eq(self.issue & count.last_group),
            self.signalled.eq(signalled),
        ]
        with m.FSM(name="course"):
            with m.State("rest"):
                m.d.comb += [self.resting.eq(1), self.i_ready.eq(~self.host & ~self.landing)]
                m.d.sync += [each.eq(0) for each in count.begin_at_0]
                with m.If(self.host):
                    m.next = "host"
                with m.Elif(self.i_valid & self.i_ready):
                    m.next = "fetch"
            with m.State("host"):
                m.d.comb += self.serves.eq(1)
                with m.If(~self.host):
                    m.next = "rest"
            self._layer(m, count)
            self._sums(m, count)
            with m.State("offer"):
                m.d.comb += self.o_valid.eq(1)
                m.d.sync += signalled.eq(self.told & self.any_error)
                with m.If(self.o_ready):
                    m.next = "over"
                    with m.If(self.told & self.any_error):
                        m.next = "learn"
            with m.State("learn"):
                m.d.comb += self.learn.eq(1)
                m.d.sync += count.neuron.eq(count.neuron + 1)
                with m.If(count.last_neuron):
                    m.next = "over"
            with m.State("over"), m.If(~self.landing):
                m.d.comb += self.done.eq(1)
                m.next = "rest"
        return m

    def _layer(self, m: Module, count: _Counters) -> None:
        """The states of the recurrent layer: a group's neurons, its words, its neurons again."""
        with m.State("fetch"):
            m.d.comb += self.fetch.eq(1)
            m.d.sync += count.lane.eq(Mux(count.last_lane, 0, count.lane + 1))
            with m.If(count.last_lane):
                m.next = "rows"
        with m.State("rows"):
            m.d.comb += self.issue.eq(1)
            m.d.sync += [count.word.eq(count.word + 1), count.row.eq(count.row + 1)]
            with m.If(is_last(count.row, self.plan.rows)):
                m.d.sync += count.row.eq(0)
                m.next = "neurons"
        with m.State("neurons"):
            m.d.comb += self.update.eq(1)
            m.d.sync += count.lane.eq(Mux(count.last_lane, 0, count.lane + 1))
            with m.If(count.last_lane):
                m.d.sync += count.group.eq(count.group + 1)
                m.next = "fetch"
                with m.If(count.last_group):
                    m.next = "fire"

    def _sums(self, m: Module, count: _Counters) -> None:
        """The states of the readout up to the answer."""
        with m.State("fire"), m.If(~self.landing):  # all neurons have fired, or not
            m.d.comb += self.leak.eq(1)
            m.next = "sums"
        with m.State("sums"):
            m.d.comb += self.add.eq(1)
            m.d.sync += count.neuron.eq(Mux(count.last_neuron, 0, count.neuron + 1))
            with m.If(count.last_neuron):
                m.d.sync += count.number.eq(0)
                m.next = "summed"
        with m.State("summed"), m.If(~self.landing):
            m.next = "classes"
        with m.State("classes"):
            m.d.comb += self.look.eq(1)
            m.d.sync += count.number.eq(count.number + 1)
            with m.If(is_last(count.number, self.plan.classes)):
                m.next = "looked"
        with m.State("looked"), m.If(~self.landing):
            m.next = "offer"
