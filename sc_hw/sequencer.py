"""The order of a bank's memory accesses, and nothing else: small enough to be proved hazard-free for every depth."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class Sequencer(wiring.Component):
    """Issues the synapses of a sweep in order, one a clock, and lets the host in between sweeps.

    A synapse's new state lands in memory `span` clocks after its issue. The same address is issued again no sooner:
    a sweep of `span` synapses or more takes that long by itself; a `short` one waits at its start until the pipeline
    is empty. Latency 0 (`issue` follows `i_valid` in the same clock), throughput one a clock, domain ``sync``.

    `last` and `short` are ports so that one proof covers all depths; a bank ties them to constants.

    Parameters
    ----------
    address_width : bits of an address.
    span : clocks from the issue of a synapse until the next issue of the same one is safe, >= 2.

    Members
    -------
    last : number of the last synapse. short : whether `last` + 1 < `span`.
    i_valid, i_ready : stimulus stream of one transfer a synapse.
    issue, address : the synapse to be read in this clock.
    host_request, host_grant : the host wants (until it is granted) / gets the memory in this clock; only between sweeps,
        with the pipeline empty.
    host_busy : a host read is under way: issue nothing.
    at_start : no sweep has begun. empty : no update is in flight.
    """

    def __init__(self, address_width: int, span: int) -> None:
        if address_width < 1 or span < 2:
            raise ValueError(f"Sequencer needs address_width and span >= 2, not {address_width} and {span}")
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
        # Everything that decides is known a clock ahead, so that no path is longer than a LUT or two. Only `at_start` needs
        # to be right after a reset: it stands for address 0, whatever `position` holds, so that the counter needs neither
        # reset nor wrap and the enable of its flip-flops is `issue` alone.
        position = Signal(self.address_width, reset_less=True)
        at_start = Signal(init=1, name="at_start_q")  # the address is 0
        at_last = Signal(reset_less=True)  # the address is `last`, if it is not 0
        closed = Signal()  # nothing may be issued in this clock
        empty = Signal(init=1, name="empty_q")
        age = Signal(range(self.span), reset_less=True)  # clocks since the last issue, counted while not empty
        granted = Signal()
        before_last = Signal(self.address_width)
        at_start_next, empty_next = Signal(), Signal()
        m.d.comb += [
            before_last.eq((self.last - 1)[: self.address_width]),
            self.i_ready.eq(~closed),
            self.issue.eq(self.i_valid & ~closed),
            self.address.eq(Mux(at_start, 0, position)),
            self.at_start.eq(at_start),
            self.empty.eq(empty),
            self.host_grant.eq(granted),
            at_start_next.eq(Mux(self.issue, Mux(at_start, self.last == 0, at_last), at_start)),
            empty_next.eq(~self.issue & (empty | (age == self.span - 2))),
        ]
        m.d.sync += [
            at_start.eq(at_start_next),
            empty.eq(empty_next),
            closed.eq(at_start_next & (self.host_request | self.host_busy | (self.short & ~empty_next))),
            age.eq(Mux(self.issue, 0, (age + 1)[: len(age)])),
            granted.eq(closed & at_start & empty & self.host_request & ~self.host_busy & ~granted),
        ]
        with m.If(at_start):  # whether or not it is issued: what number 1 will need
            m.d.sync += [position.eq(1), at_last.eq(self.last == 1)]
        with m.Elif(self.issue):
            m.d.sync += [position.eq((position + 1)[: self.address_width]), at_last.eq(position == before_last)]
        return m
