# amaranth: UnusedElaboratable=no
"""The state that lanes keep beside weights and sums: traces, ages, signals and errors."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.learning.plan import LearningPlan
from sc_hw.wires import Delays


class LaneState(wiring.Component):
    """A word for each group of neurons and each :class:`~sc_hw.learning.plan.Part`.

    One word is read in a clock, and lanes of one are written: a share of the lanes with values
    of their own, or any lanes with one value. Domain ``sync``. Contents are undefined at power-on,
    and survive a reset.

    Parameters
    ----------
    plan : sizes.

    Members
    -------
    address : of the slot's word.
    word : `fetch` clocks after the slot.
    w_address : of the word that is written in this clock, and may be read from the next slot on.
    write : lanes that take `value`.
    value : for all of them.
    write_share : for each share of the lanes, whether it takes `values`.
    values : of the lanes of a share.
    """

    def __init__(self, plan: LearningPlan) -> None:
        self.plan = plan
        super().__init__(
            {
                "address": In(plan.state_address_bits),
                "word": Out(data.ArrayLayout(plan.state_bits, plan.lanes)),
                "w_address": In(plan.state_address_bits),
                "write": In(plan.lanes),
                "value": In(plan.state_bits),
                "write_share": In(plan.fold),
                "values": In(data.ArrayLayout(plan.state_bits, plan.share)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan, delays = self.plan, Delays(m)
        words = memory.Memory(
            shape=plan.state_bits * plan.lanes,
            depth=1 << plan.state_address_bits,
            init=[],
            attrs={"no_rw_check": 1},
        )
        m.submodules.words = words
        write, read = words.write_port(granularity=plan.state_bits), words.read_port()
        shares = self.write_share.any()
        m.d.comb += [
            read.addr.eq(delays.later(self.address, plan.fetch - 1, "address")),
            read.en.eq(1),
            write.addr.eq(self.w_address),
            write.en.eq(
                self.write | Cat(share.replicate(plan.share) for share in self.write_share)
            ),
            write.data.eq(
                Mux(
                    shares,
                    self.values.as_value().replicate(plan.fold),
                    self.value.replicate(plan.lanes),
                )
            ),
            self.word.as_value().eq(read.data),
        ]
        return m
