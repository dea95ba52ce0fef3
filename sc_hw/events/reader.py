# amaranth: UnusedElaboratable=no
"""The reader: it fetches the sums of a finished tick, group by group, for the neurons."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.wires import gated
from sc_model.spec import TrainedLayerSpec


class SumReader(wiring.Component):
    """Counts through the partial sums of all groups, once in a tick.

    A group takes `slots` clocks: one for each of its partial sums, and at least as many as the
    neurons take for the group's sums. The first fetch is in the clock after
    `start`. Domain ``sync``.

    Reset: at any time; it stops.

    Parameters
    ----------
    spec : the layer.
    sets : sets of partial sums, a power of two.

    Members
    -------
    start : begin; allowed only while it does not fetch.
    used : with `start`: the sets that hold sums of the tick.
    fetch : read the partial sum at `group`, `set`.
    group, set : its place.
    begin : it is the first one of its group.
    counts : its set is one of those that were `used`.
    last : it is the last one of its group.
    """

    def __init__(self, spec: TrainedLayerSpec, sets: int) -> None:
        self.spec, self.sets = spec, sets
        self.slots = max(sets, spec.group_turns)
        super().__init__(
            {
                "start": In(1),
                "used": In(sets),
                "fetch": Out(1),
                "group": Out(max(1, (spec.groups - 1).bit_length())),
                "set": Out(max(1, (sets - 1).bit_length())),
                "begin": Out(1),
                "counts": Out(1),
                "last": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        sweeping = Signal(name="sweeping")
        slot = Signal(range(max(2, self.slots)), name="slot")
        used = Signal(self.sets, name="held", reset_less=True)
        last_slot = slot == self.slots - 1 if self.slots > 1 else C(1, 1)
        at_last = self.group == self.spec.groups - 1 if self.spec.groups > 1 else C(1, 1)
        over = Signal(name="over")
        m.d.comb += [
            over.eq(last_slot & at_last),
            self.set.eq(slot[: len(self.set)]),
            self.begin.eq(~slot.any()),
            self.last.eq(slot == self.sets - 1),
            self.counts.eq(used.bit_select(self.set, 1) if self.sets > 1 else used),
        ]
        self._fetch(m, sweeping, slot, last_slot, over)
        with m.If(self.start):
            m.d.sync += [sweeping.eq(1), used.eq(self.used)]
        with m.If(sweeping):
            # A counter of one value has no register.
            if self.slots > 1:
                m.d.sync += slot.eq(gated(slot + 1, by=~last_slot))
            with m.If(last_slot):
                if self.spec.groups > 1:
                    m.d.sync += self.group.eq(gated(self.group + 1, by=~at_last))
                with m.If(at_last):
                    m.d.sync += sweeping.eq(0)
        return m

    def _fetch(
        self, m: Module, sweeping: Value, slot: Value, last_slot: Value, over: Value
    ) -> None:
        """Say that there is a fetch: out of a register, since events wait for it in this clock."""
        if self.slots == self.sets:
            m.d.comb += self.fetch.eq(sweeping)
            return
        # That the next slot is one of a set.
        follows = last_slot | (slot < self.sets - 1) if self.sets > 1 else last_slot
        m.d.sync += self.fetch.eq(self.start | (sweeping & ~over & follows))
