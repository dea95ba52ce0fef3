# amaranth: UnusedElaboratable=no
"""Hidden neurons as rows of the layer behind: their traces and ages, one after the other."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.learning.plan import LearningPlan, Part
from sc_hw.wires import gated

OPENS = 2  # the clock of a fetch in which `opens` is high


class HiddenRows(wiring.Component):
    """Fetches the words of a group, and gives its neurons lane by lane.

    A group takes `fetch` + 2 clocks before its first row; rows then follow each other as fast as
    they are taken. The words are shifted by a lane for each row: no multiplexer of lanes. Lanes
    that a layer does not have are no rows. Domain ``sync``. A reset stops the walk.

    Parameters
    ----------
    plan : sizes.

    Members
    -------
    start : begin with the first neuron; while it rests.
    layer : the hidden layer whose neurons are the rows, while it walks; where there are several.
    address : of the lanes' state, for a slot; 0 where it needs none.
    opens : a group is being fetched: its signals may be cleared.
    valid : there is a row.
    group, lane : of the row's neuron, or of `opens`.
    row : its place {group, lane}, the neuron's number where the layer has all lanes.
    trace, near, age : of the neuron.
    active : its trace is not 0.
    next : the row has been taken.
    ended : the last row has been taken; high for a clock.
    """

    def __init__(self, plan: LearningPlan) -> None:
        self.plan = plan
        super().__init__(
            {
                "start": In(1),
                **plan.layer_port,
                "address": Out(plan.state_address_bits),
                "word": In(plan.state_bits * plan.lanes),
                "opens": Out(1),
                "valid": Out(1),
                "group": Out(plan.group_bits),
                "lane": Out(plan.lane_bits),
                "row": Out(plan.group_bits + plan.lane_bits),
                "trace": Out(plan.trace_bits),
                "active": Out(1),
                "near": Out(1),
                "age": Out(plan.hidden.age_bits),
                "next": In(1),
                "ended": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan = self.plan
        layer = plan.layer_of(self)
        trace_bits, age_bits = plan.trace_bits + 1, plan.hidden.age_bits
        traces = Signal(trace_bits * plan.lanes, name="traces", reset_less=True)
        ages = Signal(age_bits * plan.lanes, name="ages", reset_less=True)
        group, lane = Signal(plan.group_bits, name="at_group"), Signal(plan.lane_bits, name="at")
        clock = Signal(range(plan.fetch + 2), name="clock")
        fetching, walking = Signal(name="fetching"), Signal(name="walking")

        def fields(bits: int) -> Any:
            words = range(0, plan.state_bits * plan.lanes, plan.state_bits)
            return Cat(self.word[low : low + bits] for low in words)

        m.d.comb += [
            self.address.eq(
                gated(plan.state_place(Part.TRACE, group, layer), by=fetching & (clock == 0))
                | gated(plan.state_place(Part.AGE, group, layer), by=fetching & (clock == 1))
            ),
            self.opens.eq(fetching & (clock == OPENS)),
            self.valid.eq(walking),
            self.group.eq(group),
            self.lane.eq(lane),
            self.row.eq(Cat(lane, group)),
            self.trace.eq(traces[: plan.trace_bits]),
            self.near.eq(traces[plan.trace_bits]),
            self.age.eq(ages[:age_bits]),
        ]
        with m.If(self.start):
            m.d.sync += [fetching.eq(1), clock.eq(0), group.eq(0), lane.eq(0)]
        with m.If(fetching):
            m.d.sync += clock.eq(clock + 1)
            with m.If(clock == plan.fetch):
                new_traces = fields(trace_bits)
                m.d.sync += [
                    traces.eq(new_traces),
                    self.active.eq(new_traces[: plan.trace_bits].any()),
                ]
            with m.If(clock == plan.fetch + 1):
                m.d.sync += [ages.eq(fields(age_bits)), fetching.eq(0), walking.eq(1)]
        lasts = [plan.place_of(index, plan.neurons_of(index) - 1) for index in range(plan.stages)]
        last_group = plan.by_layer(layer, [place[0] for place in lasts])
        last_lane = plan.by_layer(layer, [place[1] for place in lasts])
        at_end = (group == last_group) & (lane == last_lane)
        highest = [plan.lanes_of(index) - 1 for index in range(plan.stages)]
        wraps = set(highest) == {plan.lanes - 1}  # the number of a lane becomes 0 by itself
        over: Value = lane.all()
        if not wraps:
            over = Signal(name="over")
            m.d.comb += over.eq(lane == plan.by_layer(layer, highest))
        with m.If(walking & self.next):
            following = traces[trace_bits : trace_bits + plan.trace_bits]
            m.d.sync += [
                traces.eq(Cat(traces[trace_bits:], C(0, trace_bits))),
                self.active.eq(following.any()),
                ages.eq(Cat(ages[age_bits:], C(0, age_bits))),
                lane.eq(lane + 1),
            ]
            with m.If(at_end):
                m.d.sync += walking.eq(0)
                m.d.comb += self.ended.eq(1)
            with m.Elif(over):
                if not wraps:
                    m.d.sync += lane.eq(0)
                m.d.sync += [
                    walking.eq(0),
                    fetching.eq(1),
                    clock.eq(0),
                    group.eq(group + 1),
                ]
        return m
