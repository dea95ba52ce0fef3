# amaranth: UnusedElaboratable=no
"""Neurons of a hidden layer that fired in a step, for the events of the layer behind it."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.learning.plan import LearningPlan


class SpikeQueue(wiring.Component):
    """Takes the spikes of a share of a group's neurons, and gives the neurons one by one.

    A share in which none fires takes no place; the neurons come out in the order of their numbers.
    All spikes of a step are in before the first one is asked for, so places are counted up from 0:
    no ring. Domain ``sync``. A reset empties it.

    Parameters
    ----------
    plan : sizes.

    Members
    -------
    clear : forget all: the spikes of another layer or step follow. Not together with `push`.
    push : `spikes` of `share` of `group` are added.
    some : there is a neuron; `row` is its place {group, lane}, until it is taken.
    take : go on to the next neuron; only with `some`.
    empty : all neurons that were added have been taken.
    """

    def __init__(self, plan: LearningPlan) -> None:
        self.plan = plan
        super().__init__(
            {
                "clear": In(1),
                "push": In(1),
                "spikes": In(plan.share),
                "share": In(plan.share_bits),
                "group": In(plan.group_bits),
                "some": Out(1),
                "row": Out(plan.lane_bits + plan.group_bits),
                "take": In(1),
                "empty": Out(1),
            }
        )

    @property
    def places(self) -> int:
        """Words of spikes: the shares of the largest layer with one behind it."""
        plan = self.plan
        most = max(plan.groups_of(index) for index in range(max(1, plan.stages - 1)))
        return most * plan.fold

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan = self.plan
        bits = (self.places - 1).bit_length()
        place_bits = plan.share_bits + plan.group_bits
        words = memory.Memory(
            shape=plan.share + place_bits, depth=1 << bits, init=[], attrs={"no_rw_check": 1}
        )
        m.submodules.words = words
        write, read = words.write_port(), words.read_port()
        written, taken = Signal(bits + 1, name="written"), Signal(bits + 1, name="taken")
        left = Signal(plan.share, name="left")  # spikes of the word that is being given
        place = Signal(place_bits, name="place", reset_less=True)
        # The word at `taken` stands at the memory's port: both have been the same for a clock.
        stands, opens, adds = Signal(name="stands"), Signal(name="opens"), Signal(name="adds")
        waits, fetched = Signal(name="waits"), Signal(plan.share + place_bits, name="fetched")
        m.d.comb += [
            adds.eq(self.push & self.spikes.any()),
            write.addr.eq(written[:bits]),
            write.data.eq(Cat(self.spikes, self.share, self.group)),
            write.en.eq(adds),
            read.addr.eq(taken[:bits]),
            read.en.eq(1),
            fetched.eq(read.data),
            waits.eq(taken != written),
            opens.eq(stands & ~self.some),
            self.some.eq(left.any()),
            self.empty.eq(~self.some & ~waits),
            self.row.eq(Cat(self._lowest(left), place)),
        ]
        m.d.sync += [
            stands.eq(waits & ~opens & ~self.clear),
            written.eq(Mux(self.clear, 0, written + adds)),
            taken.eq(Mux(self.clear, 0, taken + opens)),
        ]
        with m.If(self.clear):
            m.d.sync += left.eq(0)
        with m.Elif(opens):
            m.d.sync += [left.eq(fetched[: plan.share]), place.eq(fetched[plan.share :])]
        with m.Elif(self.take):
            m.d.sync += left.eq(left & (left - 1)[: plan.share])
        return m

    def _lowest(self, spikes: Value) -> Value:
        """The number of the lowest bit that is set."""
        lowest = spikes & (~spikes + 1)[: len(spikes)]
        return Cat(
            Cat(lowest[place] for place in range(len(spikes)) if place >> bit & 1).any()
            for bit in range((len(spikes) - 1).bit_length())
        )
