"""The order of a bank's memory accesses.

A component of its own, with the sizes as ports: small enough to be proved hazard-free for every
depth.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

SLICE = 4  # address bits that one LUT compares with a constant

# `landing` is a register behind `age`, which is a register behind `issued`, which is one behind the
# issue; and `empty` is the register behind `landing`. So `age` is compared with span - 4.
_KNOWN_LATE = 4


class Sequencer(wiring.Component):
    """Issues the synapses of a sweep in order, one a clock, and lets the host in between sweeps.

    A synapse's new state lands in memory `span` clocks after its issue. The same address is issued
    again no sooner: a sweep of `span` synapses or more takes that long by itself; a `short` one
    waits at its start until the pipeline is empty.

    Latency 0 (`issue` follows `i_valid` in the same clock), throughput one synapse a clock, domain
    ``sync``. A reset goes back to the first synapse, and takes the pipeline to be empty.

    `last` and `short` are ports so that one proof covers all depths; a bank ties them to constants.

    Parameters
    ----------
    address_width : bits of an address, >= 1.
    span : clocks from the issue of a synapse until the next issue of the same one is safe, >= 4.

    Members
    -------
    last : number of the last synapse.
    short : whether `last` + 1 < `span`.
    i_valid, i_ready : stimulus stream of one transfer a synapse.
    issue, address : the synapse to be read in this clock.
    host_request : the host wants the memory; it stays high until the grant.
    host_grant : the host gets the memory in this clock; only between sweeps, with the pipeline
        empty.
    host_busy : a host read is under way: issue nothing.
    at_start : no sweep has begun.
    empty : no update is in flight.

    Raises
    ------
    ValueError : width or span out of its range.
    """

    def __init__(self, address_width: int, span: int) -> None:
        if address_width < 1 or span < 4:
            raise ValueError(
                f"Sequencer needs address_width and span >= 4, not {address_width} and {span}"
            )
        self.address_width, self.span = address_width, span
        super().__init__(
            {
                "last": In(address_width),
                "short": In(1),
                "i_valid": In(1),
                "i_ready": Out(1),
                "issue": Out(1),
                "address": Out(address_width),
                "host_request": In(1),
                "host_grant": Out(1),
                "host_busy": In(1),
                "at_start": Out(1),
                "empty": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # All decisions are registered a clock ahead, so that no path is longer than a LUT or two.
        # Only `at_start` needs the right value after a reset: it stands for address 0, whatever
        # `position` holds. The counter then has neither reset nor wrap in its path, and its enable
        # is `i_valid` alone.
        position = Signal(self.address_width, reset_less=True)
        at_start = Signal(init=1, name="at_start_q")  # the address is 0
        at_last = Signal(reset_less=True)  # the address, if it is not 0, is `last`
        closed = Signal()  # nothing may be issued in this clock
        empty = Signal(init=1, name="empty_q")
        issued = Signal()  # issue, a clock ago
        # Clocks since then; valid only while `issued` is low.
        age = Signal(range(self.span), reset_less=True)
        # The youngest update is about to land; valid only while `issued` is low.
        landing = Signal(reset_less=True)
        granted = Signal()
        at_start_next = Signal()
        empty_next = Signal()
        m.d.comb += [
            self.i_ready.eq(~closed),
            self.issue.eq(self.i_valid & ~closed),
            self.address.eq(Mux(at_start, 0, position)),
            self.at_start.eq(at_start),
            self.empty.eq(empty),
            self.host_grant.eq(granted),
            at_start_next.eq(Mux(self.issue, Mux(at_start, self.last == 0, at_last), at_start)),
            empty_next.eq(~self.issue & (empty | (landing & ~issued))),
        ]
        m.d.sync += [
            at_start.eq(at_start_next),
            empty.eq(empty_next),
            closed.eq(
                at_start_next & (self.host_request | self.host_busy | (self.short & ~empty_next))
            ),
            issued.eq(self.issue),
            age.eq(Mux(issued, 0, (age + 1)[: len(age)])),
            landing.eq(~issued & (age == self.span - _KNOWN_LATE)),
            # `closed` first: a grant comes in a clock in which nothing can be issued.
            granted.eq(closed & at_start & empty & self.host_request & ~self.host_busy & ~granted),
        ]
        # Whether the address, if it is not 0, is `last`: compared one address earlier and in
        # slices, so that each comparison is one LUT and so is their conjunction.
        slices = [slice(low, low + SLICE) for low in range(0, self.address_width, SLICE)]
        matches = Signal(len(slices), reset_less=True)
        differ = position ^ (self.last - 2)[: self.address_width]
        equal = Cat(~differ[part].any() for part in slices)
        with m.If(self.i_valid):  # where nothing is issued all the same, `at_start` is high
            m.d.sync += [
                position.eq(Mux(at_start, 1, (position + 1)[: self.address_width])),
                matches.eq(Mux(at_start, (self.last == 2).replicate(len(slices)), equal)),
                at_last.eq(Mux(at_start, self.last == 1, matches.all())),
            ]
        return m
