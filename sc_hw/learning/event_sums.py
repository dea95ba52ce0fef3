# amaranth: UnusedElaboratable=no
"""The sums that events add weights to: currents of hidden neurons, scores of classes."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal, signed
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.learning.plan import LearningPlan
from sc_hw.wires import Delays


class EventSums(wiring.Component):
    """A word of sums a slot, one for each lane: read, or read and added to.

    Both go through one pipeline. The caller leaves `LOOP` clocks between an addition and the next
    slot of the same word. Domain ``sync``. Contents are undefined at power-on: they are cleared
    before each sample.

    Parameters
    ----------
    plan : sizes.

    Members
    -------
    place : of the slot's sums.
    event : the slot's weights are added.
    clear : the slot's sums become 0.
    words : the weights, `fetch` clocks after the slot.
    stored : the sums as they were, `fetch` clocks after the slot.
    landing : an addition is under way.
    """

    def __init__(self, plan: LearningPlan) -> None:
        self.plan = plan
        bits = self.bits = plan.sum_bits
        super().__init__(
            {
                "place": In(plan.place_bits),
                "event": In(1),
                "clear": In(1),
                "words": In(data.ArrayLayout(signed(plan.weight_bits), plan.lanes)),
                "stored": Out(data.ArrayLayout(signed(bits), plan.lanes)),
                "landing": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan, delays, bits = self.plan, Delays(m), self.bits
        words = memory.Memory(
            shape=bits * plan.lanes,
            depth=1 << plan.place_bits,
            init=[],
            attrs={"no_rw_check": 1},
        )
        m.submodules.words = words
        read, write = words.read_port(), words.write_port()
        writes = self.event | self.clear
        strobes = [
            delays.later(writes, clocks, "writes", strobe=True)
            for clocks in range(1, plan.fetch + 2)
        ]
        totals = Signal(data.ArrayLayout(signed(bits), plan.lanes), name="totals", reset_less=True)
        m.d.comb += self.stored.as_value().eq(read.data)
        # An If that gives 0: a reset of the registers, where a gate would cost a LUT for each bit.
        with m.If(delays.later(self.clear, plan.fetch, "clear")):
            m.d.sync += totals.eq(0)
        with m.Else():
            for lane in range(plan.lanes):
                m.d.sync += totals[lane].eq(self.stored[lane] + self.words[lane])
        m.d.comb += [
            read.addr.eq(delays.later(self.place, plan.fetch - 1, "place")),
            read.en.eq(1),
            write.addr.eq(delays.later(self.place, plan.fetch + 1, "place")),
            write.en.eq(strobes[-1]),
            write.data.eq(totals.as_value()),
            self.landing.eq(Cat(*strobes).any()),
        ]
        return m
