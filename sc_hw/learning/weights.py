# amaranth: UnusedElaboratable=no
"""The weights of all layers: words of lanes that are read, and written some clocks later."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.primitives import WordRAM
from sc_hw.learning.plan import PRODUCT, LearningPlan
from sc_hw.wires import Delays


class WeightMemory(wiring.Component):
    """Reads a word for each slot, and writes the changed one `fetch` + `PRODUCT` clocks after it.

    In memory with one port no slot may be issued `fetch` + `PRODUCT` - 1 clocks behind one that is
    written; slots in every second clock keep to that. Domain ``sync``. Contents are undefined at
    power-on and survive a reset, which drops writes under way.

    Parameters
    ----------
    plan : sizes.

    Members
    -------
    address : of the slot's word.
    update : the slot's word will be written.
    words : the weights, `fetch` clocks after the slot.
    changed : the weights to write, `fetch` + `PRODUCT` clocks after the slot.
    landing : a write is under way.
    load : write `load_data` into these lanes of the word whose address stood a clock ago; while
        nothing is under way.
    load_data : of each lane.
    """

    def __init__(self, plan: LearningPlan) -> None:
        self.plan = plan
        self.bits = plan.weight_bits
        words = data.ArrayLayout(signed(self.bits), plan.lanes)
        super().__init__(
            {
                "address": In(plan.address_bits),
                "update": In(1),
                "words": Out(words),
                "changed": In(words),
                "landing": Out(1),
                "load": In(plan.lanes),
                "load_data": In(signed(self.bits)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan, delays = self.plan, Delays(m)
        full = plan.bases[-2] + plan.words_of(plan.stages - 1)  # words before the readout's
        m.submodules.ram = ram = WordRAM(
            plan.depth,
            self.bits,
            plan.lanes,
            single_port=plan.single_port,
            narrow=(full, plan.classes) if plan.out_groups == 1 else None,
        )
        strobes = [
            delays.later(self.update, clocks, "update", strobe=True)
            for clocks in range(1, plan.fetch + PRODUCT + 1)
        ]
        update = strobes[-1]
        first = delays.later(self.address, 1, "address")
        last = delays.later(self.address, plan.fetch + PRODUCT, "address")
        m.d.comb += [
            ram.w_en.eq(self.load | update.replicate(plan.lanes)),
            ram.w_data.eq(
                Mux(update, self.changed.as_value(), self.load_data.replicate(plan.lanes))
            ),
            self.words.as_value().eq(ram.r_data),
            self.landing.eq(Cat(*strobes).any()),
        ]
        if plan.single_port:
            m.d.comb += ram.r_addr.eq(Mux(update, last, first))
        else:
            m.d.comb += [ram.r_addr.eq(first), ram.w_addr.eq(Mux(update, last, first))]
        return m
