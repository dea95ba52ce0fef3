# amaranth: UnusedElaboratable=no
"""The sums that events add weights to: currents of hidden neurons, scores of classes."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.primitives import BlockRAM
from sc_hw.learning.plan import FETCH, LearningPlan
from sc_hw.wires import Delays


class EventSums(wiring.Component):
    """A word of sums a slot, one for each lane: read, or read and added to.

    Both go through one pipeline. The caller leaves `LOOP` clocks between an addition and the next
    slot of the same word. Domain ``sync``. Contents are undefined at power-on; nothing is ever
    cleared, since the first addition of a sample counts what was there as 0.

    Parameters
    ----------
    plan : sizes.

    Members
    -------
    place : of the slot's sums.
    event : the slot's weights are added.
    fresh : the sums at `place` count as 0.
    words : the weights, `FETCH` clocks after the slot.
    stored : the sums as they were, `FETCH` clocks after the slot.
    landing : an addition is under way.
    """

    def __init__(self, plan: LearningPlan) -> None:
        self.plan = plan
        bits = self.bits = plan.sum_bits
        super().__init__(
            {
                "place": In(plan.place_bits),
                "event": In(1),
                "fresh": In(1),
                "words": In(data.ArrayLayout(signed(plan.hidden.weight_bits), plan.lanes)),
                "stored": Out(data.ArrayLayout(signed(bits), plan.lanes)),
                "landing": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan, delays, bits = self.plan, Delays(m), self.bits
        m.submodules.ram = ram = BlockRAM(
            1 << plan.place_bits, bits * plan.lanes, output_register=False
        )
        strobes = [
            delays.later(self.event, clocks, "event", strobe=True) for clocks in range(1, FETCH + 2)
        ]
        stored = Signal(bits * plan.lanes, name="stored_register", reset_less=True)
        # An If that gives 0: a reset of the registers, where a gate would cost a LUT for each bit.
        with m.If(delays.later(self.fresh, FETCH - 1, "fresh")):
            m.d.sync += stored.eq(0)
        with m.Else():
            m.d.sync += stored.eq(ram.r_data)
        totals = Signal(data.ArrayLayout(signed(bits), plan.lanes), name="totals", reset_less=True)
        m.d.comb += self.stored.as_value().eq(stored)
        for lane in range(plan.lanes):
            m.d.sync += totals[lane].eq(self.stored[lane] + self.words[lane])
        m.d.comb += [
            ram.r_addr.eq(delays.later(self.place, FETCH - 2, "place")),
            ram.w_addr.eq(delays.later(self.place, FETCH + 1, "place")),
            ram.w_en.eq(strobes[-1]),
            ram.w_data.eq(totals.as_value()),
            self.landing.eq(Cat(*strobes).any()),
        ]
        return m
