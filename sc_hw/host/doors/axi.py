# amaranth: UnusedElaboratable=no
"""Door `axi`: registers by AXI4-Lite, and step and output packets by AXI4-Stream."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import Flow, In, Member, Out
from pydantic import Field

from sc_hw.host.doors.door import INSIDE, Door
from sc_hw.host.register_map import ADDRESS_BITS
from sc_hw.host.registers import WORD_BITS, WORD_BYTES
from sc_model.spec import Frozen
from sc_model.spec.host import MAX_FIFO_WORDS, HostSpec

OFFSET_BITS = 2  # of a byte in a word
PROTECTION_BITS = 3
RESPONSE_BITS = 2
ALL_BYTES = (1 << WORD_BYTES) - 1
# AXI interconnects give out regions of 4 KiB at least (IHI 0022, "Address structure"); at most
# what the bus behind reaches.
LEAST_ADDRESS_BITS = 12
MOST_ADDRESS_BITS = ADDRESS_BITS + OFFSET_BITS


# Answers of AXI4-Lite that occur here.
OKAY, SLVERR = 0, 2


class AxiLite(wiring.Signature):
    """The ports of an AXI4-Lite subordinate of 32 bits, as its manager sees them.

    Parameters
    ----------
    address_bits : bits of a byte address.
    """

    def __init__(self, address_bits: int) -> None:
        self.address_bits = address_bits
        super().__init__(
            {
                "awaddr": Out(address_bits),
                "awprot": Out(PROTECTION_BITS),
                "awvalid": Out(1),
                "awready": In(1),
                "wdata": Out(WORD_BITS),
                "wstrb": Out(WORD_BYTES),
                "wvalid": Out(1),
                "wready": In(1),
                "bresp": In(RESPONSE_BITS),
                "bvalid": In(1),
                "bready": Out(1),
                "araddr": Out(address_bits),
                "arprot": Out(PROTECTION_BITS),
                "arvalid": Out(1),
                "arready": In(1),
                "rdata": In(WORD_BITS),
                "rresp": In(RESPONSE_BITS),
                "rvalid": In(1),
                "rready": Out(1),
            }
        )


class AxiStream(wiring.Signature):
    """The ports of an AXI4-Stream of 32-bit words in packets, as its transmitter sees them."""

    def __init__(self) -> None:
        super().__init__(
            {
                "tdata": Out(WORD_BITS),
                "tlast": Out(1),
                "tvalid": Out(1),
                "tready": In(1),
            }
        )


class AxiLiteBridge(wiring.Component):
    """AXI4-Lite to Wishbone.

    The five handshakes are independent: address and data of a write may come in either order or
    apart, reads and writes may be asked for at once and are answered in turn, an answer waits for
    its `ready` as long as it likes. No `ready` depends on a `valid` of the same clock. An access
    of the bus begins only when there is room for its answer. A write that does not strobe all four
    bytes is not made: registers are written whole. It is answered with SLVERR, and with OKAY where
    it strobes none, since then nothing was asked for. The lowest two bits of an address mean
    nothing.

    Latency: 3 clocks from the handshake of the address to `valid` of the answer, with a target that
    answers in the clock of the request. Throughput: an access every 3 clocks.

    Parameters
    ----------
    address_bits : bits of a byte address.

    Members
    -------
    axi : see `AxiLite`.
    bus : to the registers.

    Reset
    -----
    `bvalid` and `rvalid` are low from the first edge with `rst` on. A handshake in a clock with
    `rst` high is lost.
    """

    def __init__(self, address_bits: int) -> None:
        self.address_bits = address_bits
        super().__init__({"axi": In(AxiLite(address_bits)), "bus": INSIDE["bus"]})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        axi, bus = self.axi, self.bus
        # a word each of the channels towards us, taken and not yet used
        has_address, has_data, has_read = Signal(), Signal(), Signal()
        write_word = Signal(self.address_bits - OFFSET_BITS)
        read_word = Signal(self.address_bits - OFFSET_BITS)
        data, strobes = Signal(WORD_BITS), Signal(WORD_BYTES)
        m.d.comb += [
            axi.awready.eq(~has_address),
            axi.wready.eq(~has_data),
            axi.arready.eq(~has_read),
        ]
        with m.If(axi.awvalid & axi.awready):
            m.d.sync += [has_address.eq(1), write_word.eq(axi.awaddr[OFFSET_BITS:])]
        with m.If(axi.wvalid & axi.wready):
            m.d.sync += [has_data.eq(1), data.eq(axi.wdata), strobes.eq(axi.wstrb)]
        with m.If(axi.arvalid & axi.arready):
            m.d.sync += [has_read.eq(1), read_word.eq(axi.araddr[OFFSET_BITS:])]

        active, writing = Signal(), Signal()
        m.d.comb += [
            bus.cyc.eq(active),
            bus.stb.eq(active),
            bus.we.eq(writing),
            bus.adr.eq(Mux(writing, write_word, read_word)),
            bus.dat_w.eq(data),
            bus.sel.eq(ALL_BYTES),
        ]
        with m.If(axi.bvalid & axi.bready):
            m.d.sync += axi.bvalid.eq(0)
        with m.If(axi.rvalid & axi.rready):
            m.d.sync += axi.rvalid.eq(0)

        can_write = Signal()
        can_read = Signal()
        m.d.comb += [
            can_write.eq(has_address & has_data & ~axi.bvalid),
            can_read.eq(has_read & ~axi.rvalid),
        ]
        ended = bus.ack | bus.err
        answer = Mux(bus.err, SLVERR, OKAY)
        with m.If(active):
            with m.If(ended & writing):
                m.d.sync += [has_address.eq(0), has_data.eq(0), active.eq(0)]
                m.d.sync += [axi.bvalid.eq(1), axi.bresp.eq(answer)]
            with m.Elif(ended):
                m.d.sync += [has_read.eq(0), active.eq(0)]
                m.d.sync += [axi.rvalid.eq(1), axi.rresp.eq(answer), axi.rdata.eq(bus.dat_r)]
        # A write goes first, and none can be ready in the clock behind one: a read never waits for
        # more than one (the claim `answered` of sc_hw.proof.blocks.axi).
        with m.Elif(can_write):
            with m.If(strobes == ALL_BYTES):
                m.d.sync += [active.eq(1), writing.eq(1)]
            with m.Else():
                refused = Mux(strobes.any(), SLVERR, OKAY)
                m.d.sync += [has_address.eq(0), has_data.eq(0)]
                m.d.sync += [axi.bvalid.eq(1), axi.bresp.eq(refused)]
        with m.Elif(can_read):
            m.d.sync += [active.eq(1), writing.eq(0)]
        return m


class PacketFrame(wiring.Component):
    """Step packets of a stream, each made as long as a step.

    A packet ends with the word that has `tlast`. One that is too short is filled up with words
    of 0, of one that is too long the words behind a step are dropped: the next packet begins a
    step in either case, and `error` says that it happened. Throughput: a word a clock.

    Members
    -------
    i : the stream of packets.
    words : words of a step, a constant of at least 1.
    o : words of steps.
    error : for one clock, where a packet of another length ended or went on.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "i": In(AxiStream()),
                "words": INSIDE["packet_words"],
                "o": INSIDE["steps"],
                "error": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        number = Signal(range(MAX_FIFO_WORDS))  # of the next word in its step
        at_end = Signal()
        m.d.comb += at_end.eq(number == (self.words - 1)[: len(number)])
        with m.FSM():
            with m.State("WORDS"):
                m.d.comb += [
                    self.o.valid.eq(self.i.tvalid),
                    self.o.payload.eq(self.i.tdata),
                    self.i.tready.eq(self.o.ready),
                ]
                with m.If(self.o.valid & self.o.ready):
                    m.d.sync += number.eq(Mux(at_end, 0, number + 1))
                    m.d.comb += self.error.eq(at_end != self.i.tlast)
                    with m.If(self.i.tlast & ~at_end):
                        m.next = "FILL"
                    with m.Elif(at_end & ~self.i.tlast):
                        m.next = "DROP"
            with m.State("FILL"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.d.sync += number.eq(Mux(at_end, 0, number + 1))
                    with m.If(at_end):
                        m.next = "WORDS"
            with m.State("DROP"):
                m.d.comb += self.i.tready.eq(1)
                with m.If(self.i.tvalid & self.i.tlast):
                    m.next = "WORDS"
        return m


def _with_prefix(prefix: str, signature: wiring.Signature, flow: Flow) -> dict[str, Member]:
    """Members `prefix_NAME` in place of one `prefix`.

    Amaranth would join the names by two underscores. Vivado, Quartus and cocotbext-axi find the
    channels of an interface by names with one.
    """
    members = signature.members if flow is Out else signature.flip().members
    return {f"{prefix}_{name}": member for name, member in members.items()}


class AxiPorts(wiring.Component):
    """The door's component: the bridge, and the streams if they are asked for.

    Parameters
    ----------
    address_bits : bits of a byte address.
    streams : whether there are streams.

    Members
    -------
    s_axi_* : registers, see `AxiLite`.
    s_axis_* : step packets, with streams.
    m_axis_* : output packets, with streams. A word that has been shown is kept until it is taken,
        whatever becomes of the FIFO behind it.
    irq : the interrupt.
    bus, interrupt, steps, outputs, packet_words, packet_error : see `sc_hw.host.doors.door.INSIDE`.
    """

    def __init__(self, address_bits: int, streams: bool) -> None:
        self.address_bits, self.streams = address_bits, streams
        members = {
            **_with_prefix("s_axi", AxiLite(address_bits), In),
            "irq": Out(1),
            "bus": INSIDE["bus"],
            "interrupt": INSIDE["interrupt"],
        }
        if streams:
            members |= _with_prefix("s_axis", AxiStream(), In) | _with_prefix(
                "m_axis", AxiStream(), Out
            )
            members |= {
                name: INSIDE[name] for name in ("steps", "outputs", "packet_words", "packet_error")
            }
        super().__init__(members)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.bridge = bridge = AxiLiteBridge(self.address_bits)
        self._connect(m, "s_axi", bridge.axi)
        wiring.connect(m, bridge.bus, wiring.flipped(self.bus))
        m.d.comb += self.irq.eq(self.interrupt)
        if not self.streams:
            return m
        m.submodules.frame = frame = PacketFrame()
        self._connect(m, "s_axis", frame.i)
        wiring.connect(m, frame.o, wiring.flipped(self.steps))
        m.d.comb += [frame.words.eq(self.packet_words), self.packet_error.eq(frame.error)]

        m.d.comb += self.outputs.ready.eq(~self.m_axis_tvalid | self.m_axis_tready)
        with m.If(self.outputs.ready):
            m.d.sync += [
                self.m_axis_tvalid.eq(self.outputs.valid),
                self.m_axis_tdata.eq(self.outputs.payload.word),
                self.m_axis_tlast.eq(self.outputs.payload.last),
            ]
        return m

    def _connect(self, m: Module, prefix: str, inner: Any) -> None:
        """Connect the ports `prefix_NAME` to the members of an interface inside."""
        for name, member in inner.signature.members.items():
            port, signal = getattr(self, f"{prefix}_{name}"), getattr(inner, name)
            m.d.comb += signal.eq(port) if member.flow is In else port.eq(signal)


class AxiOptions(Frozen):
    """The keys of `[host]` that belong to the door `axi`."""

    address_bits: int = Field(
        default=LEAST_ADDRESS_BITS,
        ge=LEAST_ADDRESS_BITS,
        le=MOST_ADDRESS_BITS,
        description="bits of a byte address; 12 are AXI's least region of 4 KiB",
    )
    streams: bool = Field(
        default=True, description="AXI4-Streams for step and output packets, beside the registers"
    )


class AxiDoor(Door):
    """The door to AXI."""

    name = "axi"
    options = AxiOptions

    @classmethod
    def component(cls, spec: HostSpec, clock_hz: float) -> AxiPorts:
        """Bridge and streams; the clock's frequency does not matter."""
        options = cls.options_of(spec)
        return AxiPorts(options.address_bits, options.streams)


DOOR = AxiDoor
