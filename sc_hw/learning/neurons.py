# amaranth: UnusedElaboratable=no
"""Hidden neurons: potentials and traces, a share of a group's lanes a clock."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Any

from amaranth.hdl import C, Cat, Module, Signal, Value, signed
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.learning.plan import LearningPlan
from sc_hw.trained.lane import unit_graph
from sc_hw.wires import Delays, choose
from sc_model.arithmetic.learning import hidden_neuron
from sc_model.graph import Graph, Node, Op


class HiddenNeurons(wiring.Component):
    """Visits a share of a group's neurons in a slot: one step of each, and its spike counted.

    Throughput one share a clock; `spacing` clocks must lie between two visits of the same one.
    Domain ``sync``. Potentials are undefined at power-on; a reset drops visits under way.

    Parameters
    ----------
    plan : sizes.

    Members
    -------
    visit : a slot visits `share` of `group`, a number that has the layer's in it.
    fresh : potentials and traces count as 0: it is the sample's first step.
    currents : of the group, `fetch` clocks after the slot.
    word : traces of the group, as then.
    write, write_group, values : the new traces of a share of that group.
    spikes : with `write`: neurons of the share that fire, not the lanes that pad a layer; only
        where there are several layers.
    landing : a visit is under way.
    """

    def __init__(self, plan: LearningPlan) -> None:
        self.plan = plan
        # One register, in the middle: more would cost a lane four times the flip-flops, and other
        # paths are as long. What lies in front of it is the same in all layers; thresholds differ.
        halves = [
            cut(unit_graph(hidden_neuron(layer, plan.current_format), plan.family), "raised")
            for layer in plan.spec.hidden
        ]
        self.raises, self.fires = halves[0][0], [half for _, half in halves]
        super().__init__(
            {
                "visit": In(1),
                "group": In(plan.unit_bits),
                "share": In(plan.share_bits),
                "fresh": In(1),
                "currents": In(data.ArrayLayout(signed(plan.sum_bits), plan.lanes)),
                "word": In(data.ArrayLayout(plan.state_bits, plan.lanes)),
                "write": Out(plan.fold),
                "write_group": Out(plan.unit_bits),
                "values": Out(data.ArrayLayout(plan.state_bits, plan.share)),
                **({"spikes": Out(plan.share)} if plan.layer_bits else {}),
                "landing": Out(1),
            }
        )

    @property
    def taken(self) -> int:
        """Clocks from a slot to its share of currents, traces and potentials."""
        return self.plan.fetch + 1

    @property
    def written(self) -> int:
        """Clocks from a slot to the write of what is new."""
        return self.taken + 1

    @property
    def spacing(self) -> int:
        """Clocks from a slot to the next one that may visit the same neurons."""
        return self.written

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan, delays = self.plan, Delays(m)
        bits = plan.hidden.potential_bits
        place = Cat(self.share, self.group)
        words = memory.Memory(
            shape=bits * plan.share, depth=1 << len(place), init=[], attrs={"no_rw_check": 1}
        )
        m.submodules.potentials = words
        read, write = words.read_port(), words.write_port()
        strobes = [
            delays.later(self.visit, clocks, "visit", strobe=True)
            for clocks in range(1, self.written + 1)
        ]
        m.d.comb += [
            read.addr.eq(delays.later(place, self.taken - 2, "place")),
            write.addr.eq(delays.later(place, self.written, "place")),
            write.en.eq(strobes[-1]),
            read.en.eq(1),
            self.landing.eq(Cat(*strobes).any()),
        ]
        potentials = Signal(bits * plan.share, name="potentials_register", reset_less=True)
        traces = Signal(plan.trace_bits * plan.share, name="traces", reset_less=True)
        fresh = delays.later(self.fresh, self.taken - 1, "fresh")
        share = delays.later(place, self.taken - 1, "place")[: plan.share_bits]
        old_traces = Cat(
            self._of_share(share, self.word, lane)[: plan.trace_bits] for lane in range(plan.share)
        )
        with m.If(fresh):
            m.d.sync += [potentials.eq(0), traces.eq(0)]
        with m.Else():
            m.d.sync += [potentials.eq(read.data), traces.eq(old_traces)]
        landed = delays.later(place, self.written, "place")
        new_words = [
            self._update(m, lane, potentials, traces, share, landed) for lane in range(plan.share)
        ]
        m.d.comb += [
            write.data.eq(Cat(*new_words)),
            self.write.eq(
                Cat(
                    strobes[-1] & (landed[: plan.share_bits] == number)
                    for number in range(plan.fold)
                )
            ),
            self.write_group.eq(landed[plan.share_bits :]),
        ]
        return m

    def _update(
        self,
        m: Module,
        lane: int,
        potentials: Value,
        traces: Value,
        share: Value,
        landed: Value,
    ) -> Value:
        """A step of a lane's neuron: its potential, in the clock in which it is written."""
        plan = self.plan
        bits, form = plan.hidden.potential_bits, plan.current_format
        first, seconds = Datapath(self.raises), [Datapath(graph) for graph in self.fires]
        m.submodules[f"raise_{lane}"] = first
        for number, second in enumerate(seconds):
            m.submodules[f"fire_{lane}" + (f"_{number}" if number else "")] = second
        current = Signal(signed(form.width), name=f"current_{lane}", reset_less=True)
        raised = Signal(signed(bits), name=f"raised_{lane}", reset_less=True)
        trace = Signal(plan.trace_bits, name=f"trace_{lane}", reset_less=True)
        low = lane * plan.trace_bits
        layer = landed[plan.share_bits + plan.group_bits :]

        def of_layer(name: str) -> Value:
            return choose(layer, [Value.cast(getattr(second, name)) for second in seconds])

        m.d.sync += [
            current.eq(self._of_share(share, self.currents, lane)[: form.width].as_signed()),
            raised.eq(first.o_raised),
            trace.eq(traces[low : low + plan.trace_bits]),
        ]
        m.d.comb += [
            first.i_current.eq(current),
            first.i_potential.eq(potentials[lane * bits : (lane + 1) * bits].as_signed()),
            *(second.i_raised.eq(raised) for second in seconds),
            self.values[lane].eq(
                Cat((trace + of_layer("o_spike"))[: plan.trace_bits], of_layer("o_near"))
            ),
        ]
        if plan.layer_bits:
            m.d.comb += self.spikes[lane].eq(of_layer("o_spike") & ~self._pads(landed, lane))
        return of_layer("o_potential")[:bits]

    def _pads(self, place: Value, lane: int) -> Value:
        """Whether a lane of a share has no neuron in its layer, whose last word has fewer lanes.

        So have all words where another layer has more lanes.
        """
        plan = self.plan
        share, unit = place[: plan.share_bits], place[plan.share_bits :]
        pads: list[Value] = [C(0, 1)]
        for index in range(plan.stages - 1):
            last, used = plan.place_of(index, plan.neurons_of(index) - 1)
            at_last = unit == (index << plan.group_bits | last)
            at_layer = unit[plan.group_bits :] == index
            for number in range(plan.fold):
                if number * plan.share + lane >= plan.lanes_of(index):
                    pads.append(at_layer & (share == number))
                elif number * plan.share + lane > used:
                    pads.append(at_last & (share == number))
        return reduce(or_, pads)

    def _of_share(self, share: Value, word: Any, lane: int) -> Value:
        """A lane of a share of a word."""
        lanes = range(lane, self.plan.lanes, self.plan.share)
        return choose(share, [Value.cast(word[one]) for one in lanes])


def cut(graph: Graph, name: str) -> tuple[Graph, Graph]:
    """A graph as two, in front of and behind a named intermediate.

    Parameters
    ----------
    graph : every way from a variable to an output leads through the intermediate.
    name : of the intermediate: the output of the first graph, the variable of the second.

    Raises ValueError where a way leads around it.
    """
    place = graph.lets[name]
    front = replace(
        graph,
        nodes=graph.nodes[: place + 1],
        outputs={name: place},
        lets={key: index for key, index in graph.lets.items() if index <= place},
    )
    nodes: list[Node] = []
    places: dict[int, int] = {}

    def copied(index: int) -> int:
        if index not in places:
            node = graph.nodes[index]
            if index == place:
                node = Node(Op.VAR, (), (name,), node.interval)
            elif node.op is Op.VAR:
                raise ValueError(f"{node.data[0]} must not lead around {name}, but does")
            args = tuple(map(copied, node.args))
            places[index] = len(nodes)
            nodes.append(replace(node, args=args))
        return places[index]

    outputs = {key: copied(index) for key, index in graph.outputs.items()}
    lets = {key: places[index] for key, index in graph.lets.items() if index in places}
    behind = Graph(tuple(nodes), {name: places[place]}, outputs, lets)
    return front, behind
