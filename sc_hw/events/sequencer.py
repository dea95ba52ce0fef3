# amaranth: UnusedElaboratable=no
"""The sequencer: each event visits all groups of the layer's neurons, one in a clock."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Member, Out

from sc_hw.wires import gated
from sc_model.spec import TrainedLayerSpec


def sequencer_ports(
    columns: int, value_bits: int, words: int, groups: int, sets: int
) -> dict[str, Member]:
    """The ports that all sequencers have; see `EventSequencer`.

    Parameters
    ----------
    columns : of the layer.
    value_bits : bits of an event's value.
    words : of the memory that `address` is for.
    groups : places of sums that `group` tells.
    sets : sets of sums.
    """

    def number(count: int) -> int:
        return max(1, (count - 1).bit_length())

    event = data.StructLayout({"end": 1, "column": number(columns), "value": value_bits})
    return {
        "i_event": In(stream.Signature(event)),
        "hold": In(1),
        "issue": Out(1),
        "address": Out(number(words)),
        "value": Out(value_bits),
        "group": Out(number(groups)),
        "set": Out(number(sets)),
        "first": Out(1),
        "ended": Out(1),
        "used": Out(sets),
        "restart": In(1),
    }


class EventSequencer(wiring.Component):
    """Issues the words of each event's column, and chooses the set of sums that they go to.

    An event takes one clock for each group of neurons, back to back with the next event. Event k of
    a tick adds to set k modulo `sets`: as many words lie between two additions to the same sum as
    the lanes' pipeline needs, so it never waits. The first events of a tick, one for each set,
    overwrite the sums of the tick before; a set without an event counts as 0. Domain ``sync``.

    Reset: at any time; the event under way is dropped.

    Parameters
    ----------
    spec : the layer.
    value_bits : bits of an event's value.
    sets : sets of sums, a power of two.

    Members
    -------
    i_event : stream of events, as `Scanner` gives it.
    hold : issue nothing in this clock.
    issue : the lanes read the word at `address` and add its products to the sums at `set`, `group`.
    address : number of the word, in [0, columns x groups); 0 while no event is under way.
    value : of the event's column.
    group : of the word's neurons.
    set : of the sums.
    first : with `issue`: overwrite the sums, this is their first event in the tick.
    ended : the tick's end token has been taken; there is no event under way.
    used : for each set, whether an event of the tick has gone to it.
    restart : forget the tick; allowed only while `ended` is high.
    """

    def __init__(self, spec: TrainedLayerSpec, value_bits: int, sets: int) -> None:
        self.spec, self.sets = spec, sets
        super().__init__(sequencer_ports(spec.columns, value_bits, spec.depth, spec.groups, sets))

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        spec, event = self.spec, self.i_event.payload
        busy, wrapped = Signal(name="busy"), Signal(name="wrapped")
        place = Signal.like(self.address, name="place", reset_less=True)
        over = Signal(name="over")
        taken = Signal(name="taken")
        at_last = self._at_last(m)
        m.d.comb += [
            self.issue.eq(busy & ~self.hold),
            over.eq(self.issue & at_last),
            # The end token waits until the event in front of it is over: `ended` then says that all
            # words have been issued.
            self.i_event.ready.eq((~busy | (over & ~event.end)) & ~self.ended),
            taken.eq(self.i_event.valid & self.i_event.ready),
            self.address.eq(gated(place, by=busy)),
            self.first.eq(~wrapped),
            self.used.eq(Cat(wrapped | (self.set > number) for number in range(self.sets))),
        ]
        with m.If(self.issue):
            m.d.sync += place.eq(place + 1)
            if spec.groups > 1:
                # Compared, not left to wrap: the number of groups need not be a power of two.
                m.d.sync += self.group.eq(gated(self.group + 1, by=~at_last))
        with m.If(taken & ~event.end):
            m.d.sync += [
                busy.eq(1),
                # The words of a column lie one after the other (`TrainedLayerSpec.word`).
                place.eq((event.column * spec.groups)[: len(place)]),
                self.value.eq(event.value),
            ]
        with m.Elif(over):
            m.d.sync += busy.eq(0)
        # The sets take turns; their number is a power of two, so that the counter wraps by itself.
        with m.If(self.restart):
            m.d.sync += [self.set.eq(0), wrapped.eq(0), self.ended.eq(0)]
        with m.Else():
            with m.If(over):
                if self.sets > 1:
                    m.d.sync += self.set.eq(self.set + 1)
                with m.If(self.set == self.sets - 1):
                    m.d.sync += wrapped.eq(1)
            with m.If(taken & event.end):
                m.d.sync += self.ended.eq(1)
        return m

    def _at_last(self, m: Module) -> Value:
        """Whether `group` is the last one: of more than two out of a register.

        A comparison would be in front of all that follows from an event's last word in this clock.
        """
        groups = self.spec.groups
        if groups <= 2:
            return self.group[0] if groups == 2 else C(1, 1)
        at_last = Signal(name="at_last")
        with m.If(self.issue):
            m.d.sync += at_last.eq(self.group == groups - 2)
        return at_last
