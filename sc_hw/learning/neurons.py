# amaranth: UnusedElaboratable=no
"""Hidden neurons: potentials and traces, half of a group's lanes a clock."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.learning.plan import FOLD, LearningPlan
from sc_hw.trained.lane import unit_graph
from sc_hw.wires import Delays
from sc_model.arithmetic.learning import hidden_neuron


class HiddenNeurons(wiring.Component):
    """Visits the neurons of half a group in a slot: one step of each, and its spike counted.

    Throughput one half a clock; `spacing` clocks must lie between two visits of the same one.
    Domain ``sync``. Potentials are undefined at power-on; a reset drops visits under way.

    Parameters
    ----------
    plan : sizes.

    Members
    -------
    visit : a slot visits `half` of `group`.
    fresh : potentials and traces count as 0: it is the sample's first step.
    currents : of the group, `fetch` clocks after the slot.
    word : traces of the group, as then.
    write, write_group, values : the new traces of a half of that group.
    landing : a visit is under way.
    """

    def __init__(self, plan: LearningPlan) -> None:
        self.plan = plan
        unit = hidden_neuron(plan.hidden, plan.spec.current_format(0))
        graph = unit_graph(unit, plan.family)
        delay = plan.family.layer_delay or plan.family.delay
        self.updates = [Datapath(graph, delay) for _ in range(plan.half)]
        super().__init__(
            {
                "visit": In(1),
                "group": In(plan.group_bits),
                "half": In(range(FOLD)),
                "fresh": In(1),
                "currents": In(data.ArrayLayout(signed(plan.sum_bits), plan.lanes)),
                "word": In(data.ArrayLayout(plan.state_bits, plan.lanes)),
                "write": Out(FOLD),
                "write_group": Out(plan.group_bits),
                "values": Out(data.ArrayLayout(plan.state_bits, plan.half)),
                "landing": Out(1),
            }
        )

    @property
    def taken(self) -> int:
        """Clocks from a slot to its half of currents, traces and potentials."""
        return self.plan.fetch + 1

    @property
    def written(self) -> int:
        """Clocks from a slot to the write of what is new."""
        return self.taken + self.updates[0].latency

    @property
    def spacing(self) -> int:
        """Clocks from a slot to the next one that may visit the same neurons."""
        return self.written

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan, delays = self.plan, Delays(m)
        bits = plan.hidden.potential_bits
        place = Cat(self.half, self.group)
        words = memory.Memory(
            shape=bits * plan.half, depth=1 << len(place), init=[], attrs={"no_rw_check": 1}
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
        potentials = Signal(bits * plan.half, name="potentials_register", reset_less=True)
        traces = Signal(plan.trace_bits * plan.half, name="traces", reset_less=True)
        fresh = delays.later(self.fresh, self.taken - 1, "fresh")
        upper = delays.later(place, self.taken - 1, "place")[0]
        found = Cat(
            self._of_half(upper, self.word, lane)[: plan.trace_bits] for lane in range(plan.half)
        )
        with m.If(fresh):
            m.d.sync += [potentials.eq(0), traces.eq(0)]
        with m.Else():
            m.d.sync += [potentials.eq(read.data), traces.eq(found)]
        current_bits = plan.spec.current_format(0).width
        latency, written = self.updates[0].latency, []
        traces_later = delays.later(traces, latency, "traces")
        for lane, update in enumerate(self.updates):
            m.submodules[f"update_{lane}"] = update
            current = Signal(signed(current_bits), name=f"current_{lane}", reset_less=True)
            m.d.sync += current.eq(
                self._of_half(upper, self.currents, lane)[:current_bits].as_signed()
            )
            low = lane * plan.trace_bits
            m.d.comb += [
                update.i_current.eq(current),
                update.i_potential.eq(potentials[lane * bits : (lane + 1) * bits].as_signed()),
                self.values[lane].eq(
                    Cat(
                        (traces_later[low : low + plan.trace_bits] + update.o_spike)[
                            : plan.trace_bits
                        ],
                        update.o_near,
                    )
                ),
            ]
            written.append(update.o_potential[:bits])
        landed = delays.later(place, self.written, "place")
        m.d.comb += [
            write.data.eq(Cat(*written)),
            self.write.eq(Cat(strobes[-1] & ~landed[0], strobes[-1] & landed[0])),
            self.write_group.eq(landed[1:]),
        ]
        return m

    def _of_half(self, upper: Value, word: Any, lane: int) -> Value:
        """A lane of a half of a word."""
        high = Value.cast(word[lane + self.plan.half])
        return Mux(upper, high, Value.cast(word[lane]))
