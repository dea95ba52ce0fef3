# amaranth: UnusedElaboratable=no
"""The weights of all layers: words of lanes that are read, and written some clocks later."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.primitives import WordRAM
from sc_hw.learning.plan import FETCH, PRODUCT, LearningPlan
from sc_hw.wires import Delays


class WeightMemory(wiring.Component):
    """Reads a word for each slot, and writes the changed one `WRITE` clocks after its slot.

    In memory with one port a slot that is written must have no slot `WRITE` - 1 clocks behind it
    (the address register serves both); slots in every second clock keep to that. Domain ``sync``.
    Contents are undefined at power-on and survive a reset, which drops writes under way.

    Parameters
    ----------
    plan : sizes.

    Members
    -------
    address : of the slot's word.
    update : the slot's word will be written.
    words : the weights, `FETCH` clocks after the slot.
    changed : the weights to write, `FETCH` + `PRODUCT` clocks after the slot.
    landing : a write is under way.
    load : write `load_data` into these lanes of the word at `address`; while nothing is under way.
    load_data : of each lane.
    """

    def __init__(self, plan: LearningPlan) -> None:
        self.plan = plan
        self.bits = plan.hidden.weight_bits
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
        m.submodules.ram = ram = WordRAM(
            plan.depth, self.bits, plan.lanes, single_port=plan.single_port
        )
        ready = FETCH + PRODUCT
        strobes = [
            delays.later(self.update, clocks, "update", strobe=True)
            for clocks in range(1, ready + 1)
        ]
        written = strobes[-1]
        address = delays.later(self.address, ready, "address")
        loads = self.load.any()
        write = Signal(plan.lanes, name="write")
        data_ = Signal(self.bits * plan.lanes, name="written", reset_less=True)
        m.d.sync += [
            write.eq(self.load | written.replicate(plan.lanes)),
            data_.eq(Mux(loads, self.load_data.replicate(plan.lanes), self.changed.as_value())),
        ]
        w_address = Signal(plan.address_bits, name="w_address", reset_less=True)
        m.d.sync += w_address.eq(Mux(loads, self.address, address))
        m.d.comb += [
            ram.r_addr.eq(delays.later(self.address, 1, "address")),
            ram.w_addr.eq(w_address),
            ram.w_en.eq(write),
            ram.w_data.eq(data_),
            self.words.as_value().eq(ram.r_data),
            self.landing.eq(Cat(*strobes).any() | write.any()),
        ]
        return m
