"""The order in which a plastic layer works on its synapses.

A component of its own, with the sizes as ports: small enough to be proved for every size.
"""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.wires import gated

# Clocks from a group's last row to `end`: it comes out of a register.
END = 1

# Clocks of a group in which no row is issued, at least: the lanes hand over their sums, and the
# counters go back to the first row.
PAUSE = 1


class LayerSequencer(wiring.Component):
    """Issues the synapses of a sweep in order: `groups` times `rows`, and a pause after each group.

    In every clock that issues a row, all lanes work on one synapse each. The first group of a sweep
    waits for a transfer for each row; the others repeat the rows from memory, without waiting.

    Latency 0 from `i_valid` to `issue`; throughput one row a clock; domain ``sync``. A reset goes
    back to the start of a sweep.

    The sizes are ports so that one proof covers all; a layer ties them to constants. `last_row` >=
    1, `last_pause` >= 0, `last_group` >= 1.

    Parameters
    ----------
    row_width, pause_width, group_width, address_width : bits of these numbers.

    Members
    -------
    last_row, last_pause, last_group : rows - 1, clocks of a pause - 1, groups - 1.
    i_valid, i_ready : stream of rows, in the first group.
    open : a sweep may begin, from the next clock on. When `open` falls, a sweep may still begin in
        the clock after.
    issue : a row is worked on in this clock.
    row, address : its number, and the number of its word in the lanes.
    first, last : it is in the first, or in the last, group.
    start : the first row of a sweep is issued.
    end : the clock after a group's last row.
    at_start : no sweep has begun.
    """

    def __init__(
        self, row_width: int, pause_width: int, group_width: int, address_width: int
    ) -> None:
        self.row_width, self.pause_width, self.group_width = row_width, pause_width, group_width
        super().__init__(
            {
                "last_row": In(row_width),
                "last_pause": In(pause_width),
                "last_group": In(group_width),
                "i_valid": In(1),
                "i_ready": Out(1),
                "open": In(1),
                "issue": Out(1),
                "row": Out(row_width),
                "address": Out(address_width),
                "first": Out(1),
                "last": Out(1),
                "start": Out(1),
                "end": Out(1),
                "at_start": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # All decisions are registered a clock ahead: flags travel with the counters in place of
        # comparisons behind them, so that no path is longer than a LUT or two.
        row = Signal(self.row_width)
        address = Signal(len(self.address))
        at_last_row = Signal()
        at_end = Signal()  # the last row of the last group
        pause = Signal(self.pause_width)
        group = Signal(self.group_width)
        pausing = Signal()  # behind a group's last row
        # Rows may be issued: not pausing, and at a sweep's start only if it is open.
        going = Signal()
        at_last_pause = Signal()
        at_last_group = Signal()
        first = Signal(init=1, name="first_q")
        at_start = Signal(init=1, name="at_start_q")
        ended = Signal()
        ends = Signal()  # the sweep's last clock
        before_last = Signal()
        m.d.comb += [
            self.i_ready.eq(going & first),
            self.issue.eq(going & (~first | self.i_valid)),
            self.row.eq(row),
            self.address.eq(address),
            self.first.eq(first),
            self.last.eq(at_last_group),
            self.start.eq(self.issue & at_start),
            self.end.eq(ended),
            self.at_start.eq(at_start),
            ends.eq(at_last_pause & at_last_group),
            before_last.eq(row == (self.last_row - 1)[: self.row_width]),
        ]
        # A pause goes on, or no sweep may begin. Where a sweep begins in the clock in which `open`
        # falls, its second row waits for one clock: that is cheaper than to look at `issue` here.
        still = Signal()
        m.d.comb += still.eq((pausing & ~at_last_pause) | (~self.open & (at_start | ends)))
        m.d.sync += [
            ended.eq(self.issue & at_last_row),
            pausing.eq((self.issue & at_last_row) | (pausing & ~at_last_pause)),
            going.eq(~still & ~(self.issue & at_last_row)),
            at_start.eq(ends | (at_start & ~self.issue)),
            at_last_pause.eq(
                (self.issue & at_last_row & ~self.last_pause.any())
                | (pausing & ~at_last_pause & (pause == (self.last_pause - 1)[: self.pause_width]))
            ),
            pause.eq(gated(pause + 1, by=pausing & ~at_last_pause)),
            row.eq(gated(row + 1, by=self.issue & ~at_last_row) | gated(row, by=~self.issue)),
            address.eq(
                gated(address + 1, by=self.issue & ~at_end) | gated(address, by=~self.issue)
            ),
            at_last_row.eq((self.issue & before_last) | (~self.issue & at_last_row)),
            at_end.eq((self.issue & before_last & at_last_group) | (~self.issue & at_end)),
        ]
        before_last_group = Signal()
        m.d.comb += before_last_group.eq(group == (self.last_group - 1)[: self.group_width])
        m.d.sync += [
            first.eq((at_last_pause & at_last_group) | (~at_last_pause & first)),
            group.eq(
                gated(group + 1, by=at_last_pause & ~at_last_group)
                | gated(group, by=~at_last_pause)
            ),
            at_last_group.eq(
                (at_last_pause & before_last_group & ~at_last_group)
                | (~at_last_pause & at_last_group)
            ),
        ]
        return m
