# amaranth: UnusedElaboratable=no
"""Words from one clock to another, whatever the two clocks' frequencies and phases: the only file
that names two domains.

After the gray-coded FIFO of C. Cummings ("Simulation and Synthesis Techniques for Asynchronous FIFO
Design", SNUG 2002) and the clearing handshakes of pulp's common_cells (`cdc_fifo_gray_clearable`),
with one difference: everything here is synchronous, so that nothing depends on when an asynchronous
reset lets go.

What meets a foreign clock is always one of two modules that the emitted Verilog holds once each and
under names of their own: :class:`Synchroniser` (`sc_sync_<width>`) and :class:`Capture`
(`sc_capture_<width>`). A proof or a simulation may put another definition, one that misses an edge,
in their place without a change to the rest of the text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from amaranth.hdl import (
    C,
    ClockSignal,
    DomainRenamer,
    Elaboratable,
    Instance,
    Module,
    Mux,
    ResetSignal,
    Signal,
    Value,
)
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out

DEPTHS = (1, 2, 4, 8, 16)
FIRST, STORAGE = "first", "storage"  # names of registers in the emitted Verilog

Kind = Literal["gray pointer", "handshake level", "storage"]


@dataclass(frozen=True)
class Crossing:
    """One signal on its way from a clock to another, by its names in the emitted Verilog once that
    is flattened.

    Members
    -------
    name : what it is, with the path of its block.
    kind : ``gray pointer``, ``handshake level`` or ``storage``.
    source_domain, destination_domain : clock domains.
    bits : wires.
    source : the register (or memory) it leaves.
    destination : the first register that takes it.
    group : the block it belongs to; a storage is allowed by the gray pointers of its group.
    """

    name: str
    kind: Kind
    source_domain: str
    destination_domain: str
    bits: int
    source: str
    destination: str
    group: str = ""

    def under(self, path: str) -> Crossing:
        """The same crossing where its block is the submodule `path` of another."""
        inner = f"{path}.{self.group}" if self.group else path
        name, source, destination = (
            f"{path}.{own}" for own in (self.name, self.source, self.destination)
        )
        return replace(self, name=name, source=source, destination=destination, group=inner)

    def as_json(self) -> dict[str, Any]:
        """The record as a manifest holds it."""
        return {
            "name": self.name,
            "kind": self.kind,
            "from": self.source_domain,
            "to": self.destination_domain,
            "bits": self.bits,
            "source": self.source,
            "destination": self.destination,
            "group": self.group,
        }


class Synchroniser(wiring.Component):
    """Bits of another clock, each through flip-flops of its own; domain ``sync`` is that of the
    output.

    Latency `stages` to `stages` + 1 clocks. No reset: 0 at power-on. Bits that change together may
    arrive a clock apart, so more than one bit only where one at a time changes (a gray-coded
    pointer).

    Parameters
    ----------
    width : bits, >= 1.
    stages : flip-flops in a row, >= 2.

    Members
    -------
    d : straight out of registers of the other domain.
    q : in this domain.

    Constraints: delay from the other domain's registers to the first flip-flops below a period of
    either clock.

    Raises ValueError for a width or a number of stages that is too small.
    """

    def __init__(self, width: int, stages: int = 2) -> None:
        if width < 1:
            raise ValueError(f"Synchroniser width must be 1 or more, not {width}")
        if stages < 2:
            raise ValueError(
                f"Synchroniser stages must be 2 or more, not {stages}; one flip-flop alone may stay"
                " undecided"
            )
        self.width, self.stages = width, stages
        super().__init__({"d": In(width), "q": Out(width)})

    @property
    def module(self) -> str:
        """Name of its module in the emitted Verilog."""
        return (
            f"sc_sync_{self.width}" if self.stages == 2 else f"sc_sync_{self.width}_{self.stages}"
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        value = self.d
        for stage in range(self.stages):
            name = FIRST if stage == 0 else f"stage_{stage}"
            # keep: not merged with another synchroniser of the same bit; ASYNC_REG: side by side,
            # and no shift register
            flop = Signal(
                self.width, name=name, reset_less=True, attrs={"ASYNC_REG": "TRUE", "keep": 1}
            )
            m.d.sync += flop.eq(value)
            value = flop
        m.d.comb += self.q.eq(value)
        return m


class Capture(wiring.Component):
    """The register that takes a word which another clock has written and holds still; domain
    ``sync`` is that of the output.

    Latency 1. Nothing is synchronised: `en` must say that `d` has not changed for a clock and will
    not.

    Parameters
    ----------
    width : bits, >= 1.

    Members
    -------
    d : out of the other domain's storage.
    en : take it.
    q : the word taken last, 0 at power-on.

    Constraints: delay from the storage to this register below a period of its clock.

    Raises ValueError for a width below 1.
    """

    def __init__(self, width: int) -> None:
        if width < 1:
            raise ValueError(f"Capture width must be 1 or more, not {width}")
        self.width = width
        super().__init__({"d": In(width), "en": In(1), "q": Out(width)})

    @property
    def module(self) -> str:
        """Name of its module in the emitted Verilog."""
        return f"sc_capture_{self.width}"

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        taken = Signal(
            self.width, reset_less=True, attrs={"keep": 1}
        )  # in the Verilog it has its port's name, `q`
        with m.If(self.en):
            m.d.sync += taken.eq(self.d)
        m.d.comb += self.q.eq(taken)
        return m


class Side:
    """What both sides of a crossing have: a pointer, and a handshake by which each clears the
    other.

    `want` remembers that this side was reset, until the other is known to stand still; `asks` is
    the request as the other sees it; `clear` is this side's answer to the other's request. `open`:
    no handshake is going on and words may move.
    """

    def __init__(self, name: str, bits: int) -> None:
        self.request = Signal(name=f"{name}_request")
        self.want = Signal(name=f"{name}_want", reset_less=True)
        self.asks = Signal(name=f"{name}_asks", reset_less=True)
        self.clear = Signal(name=f"{name}_clearing", reset_less=True)
        self.open = Signal(name=f"{name}_open", reset_less=True)
        self.count = Signal(bits, name=f"{name}_count", reset_less=True)
        self.gray = Signal(bits, name=f"{name}_gray", reset_less=True)
        self.following = Signal(bits, name=f"{name}_count_next")
        self.moves = Signal(name=f"{name}_moves")  # a word is written, or read
        # the other side's registers, synchronised
        self.asked = Signal(name=f"{name}_asked")
        self.answered = Signal(name=f"{name}_answered")
        self.other = Signal(bits, name=f"{name}_other")

    @property
    def full(self) -> Value:
        """The gray code of a pointer that is all places ahead of the other's."""
        bits = len(self.other)
        return self.other ^ (3 << bits - 2 if bits > 1 else 1)

    def returns(self) -> Value:
        """When the pointer goes back to 0: only while the other side does not look at it, which is
        between its answer to this side's request and the end of that, or while its own request
        lasts.
        """
        return self.clear | (self.asks & self.answered)

    def wants(self) -> Value:
        """Next value of `want`: kept until the other stands still, so that a reset in the midst of
        a handshake begins another.
        """
        return self.request | (self.want & ~(self.asks & self.answered))

    def asking(self) -> Value:
        """Next value of `asks`: raised when the last handshake is over, lowered a clock after the
        pointer went back.
        """
        return Mux(self.answered, self.asks & self.want, self.asks | self.want)

    def drive(self, m: Module, domain: str) -> None:
        """Pointer and handshake of this side."""
        m.d.comb += self.following.eq((self.count + self.moves)[: len(self.count)])
        with m.If(self.returns()):
            m.d.comb += self.following.eq(0)
        m.d[domain] += [
            self.count.eq(self.following),
            self.gray.eq(self.following ^ (self.following >> 1)),
            self.want.eq(self.wants()),
            self.asks.eq(self.asking()),
            self.clear.eq(self.asked),
            self.open.eq(~(self.request | self.want | self.asks | self.answered | self.asked)),
        ]


class WordCrossing(wiring.Component):
    """A queue whose ends have a clock each.

    Architecture
    ------------
    Words are written into `depth` places by the clock of `i`; a gray-coded pointer of log2(depth) +
    1 bits, synchronised, tells the other side how many there are, another tells how many have been
    read. Depth 1 is a held word under a two-phase handshake: the same circuit with pointers of one
    bit. `o.payload` comes out of registers, so that the path from the places ends at once and logic
    behind the crossing belongs to one clock. Nothing looks at payloads.

    Latency: `o.valid` rises with the third edge of `o` after the edge of `i` that took the word, or
    the fourth; a place is free again after as many edges of `i`. Throughput with both clocks alike:
    a word in 5 clocks at depth 1, 2 in 5 at 2, 4 in 5 at 4, a word a clock from 8 on.

    Reset
    -----
    A reset of either side at any time, of any length, empties both sides. Words accepted before may
    be lost; those accepted afterwards (by the side's own clock: after its own reset, or after
    `clear` has fallen) come out once and in order. Neither side accepts or gives a word while it is
    being cleared. By two handshakes, one a direction, since a pointer that jumps may be seen as
    anything: the side that was reset stops, keeps its pointer and asks; the other clears itself,
    stands still and answers; only then is the pointer cleared, and a clock later the request taken
    back. Both clocks must run for it to end: about 6 clocks of the side that asks and 6 of the
    other. A second reset during this starts it again. No reset is needed at power-on (registers
    start at 0).

    `i_clear` tells that side `i` is being cleared because `o` was reset, never because of its own
    reset or restart, and the other way round; so a restart may be passed on from crossing to
    crossing (`second.i_restart = first.o_clear`, `first.o_restart = second.i_clear`). Along a chain
    or tree of crossings this ends; round a loop it would not.

    Constraints
    -----------
    See `sc_hw.build.constraints`; `crossings` lists what they are about. Every crossing wire below
    a period of either clock.

    Parameters
    ----------
    width : bits of a word, >= 1.
    depth : 1, 2, 4, 8 or 16 words.
    i_domain, o_domain : clock domains of the two sides.
    stages : flip-flops of a synchroniser, >= 2.

    Members
    -------
    i, o : streams of words.
    i_restart, o_restart : as a reset of that side's domain, for this crossing alone.
    i_clear, o_clear : this side is being cleared because of the other.

    Raises ValueError for sizes or domains that can't be.

    Platform overrides
    ------------------
    Define `get_synchroniser(synchroniser)` or `get_capture(capture)` to return an elaboratable in
    domain ``sync`` that drives `q`, in place of an instance of the module that `shared_modules`
    holds.
    """

    side = Side  # a proof's controls put one with a bug in its place

    def __init__(
        self,
        width: int,
        depth: int = 4,
        *,
        i_domain: str = "i",
        o_domain: str = "o",
        stages: int = 2,
    ) -> None:
        if width < 1:
            raise ValueError(f"Word crossing width must be 1 or more, not {width}")
        if depth not in DEPTHS:
            raise ValueError(
                f"Word crossing depth must be one of {', '.join(map(str, DEPTHS))}, not {depth}"
            )
        if i_domain == o_domain:
            raise ValueError(
                f"Word crossing domains must be two, not '{i_domain}' twice; one clock needs no"
                " crossing"
            )
        self.width, self.depth, self.i_domain, self.o_domain, self.stages = (
            width,
            depth,
            i_domain,
            o_domain,
            stages,
        )
        self.pointer_bits = depth.bit_length()
        self._pointer, self._level = (
            Synchroniser(self.pointer_bits, stages),
            Synchroniser(1, stages),
        )
        self._capture = Capture(width)
        super().__init__(
            {
                "i": In(stream.Signature(width)),
                "i_restart": In(1),
                "i_clear": Out(1),
                "o": Out(stream.Signature(width)),
                "o_restart": In(1),
                "o_clear": Out(1),
            }
        )

    @property
    def shared_modules(self) -> dict[str, wiring.Component]:
        """Modules that are written once in the emitted Verilog, by name; whatever holds this
        component must pass them on.
        """
        return {part.module: part for part in (self._level, self._pointer, self._capture)}

    @property
    def crossings(self) -> tuple[Crossing, ...]:
        """What goes from one clock to the other here; `Crossing.under` where this is a
        submodule.
        """
        i, o = self.i_domain, self.o_domain
        rows: list[tuple[str, Kind, str, str, int, str, str]] = [
            (
                "write pointer",
                "gray pointer",
                i,
                o,
                self.pointer_bits,
                "i_gray",
                f"o_sync_pointer.{FIRST}",
            ),
            (
                "read pointer",
                "gray pointer",
                o,
                i,
                self.pointer_bits,
                "o_gray",
                f"i_sync_pointer.{FIRST}",
            ),
            ("i request", "handshake level", i, o, 1, "i_asks", f"o_sync_asked.{FIRST}"),
            ("i answer", "handshake level", i, o, 1, "i_clear", f"o_sync_answered.{FIRST}"),
            ("o request", "handshake level", o, i, 1, "o_asks", f"i_sync_asked.{FIRST}"),
            ("o answer", "handshake level", o, i, 1, "o_clear", f"i_sync_answered.{FIRST}"),
            ("words", "storage", i, o, self.width, STORAGE, "capture.q"),
        ]
        return tuple(Crossing(*row) for row in rows)

    def _place(
        self,
        m: Module,
        platform: Any,
        part: Synchroniser | Capture,
        name: str,
        domain: str,
        **ports: Any,
    ) -> None:
        """An instance of a shared_modules module, or what the platform has in its place."""
        hook = "get_capture" if isinstance(part, Capture) else "get_synchroniser"
        if hasattr(platform, hook):
            twin = (
                type(part)(part.width)
                if isinstance(part, Capture)
                else type(part)(part.width, part.stages)
            )
            made: Elaboratable = getattr(platform, hook)(twin)
            m.submodules[name] = DomainRenamer(domain)(made)
            for port, value in ports.items():
                m.d.comb += value.eq(twin.q) if port == "q" else getattr(twin, port).eq(value)
            return
        wires = {f"{'o' if port == 'q' else 'i'}_{port}": value for port, value in ports.items()}
        m.submodules[name] = Instance(
            part.module, i_clk=ClockSignal(domain), i_rst=C(0, 1), **wires
        )

    def _storage(self, m: Module, write: Side, read: Side) -> Signal:
        """The places; gives the word that is next to be read."""
        if self.depth == 1:  # an address of no bits can't be written in Verilog
            held = Signal(self.width, name=STORAGE, reset_less=True)
            with m.If(write.moves):
                m.d[self.i_domain] += held.eq(self.i.payload)
            return held
        m.submodules[STORAGE] = places = memory.Memory(shape=self.width, depth=self.depth, init=[])
        word = Signal(self.width, name="word")
        port, seen = places.write_port(domain=self.i_domain), places.read_port(domain="comb")
        m.d.comb += [
            port.en.eq(write.moves),
            port.addr.eq(write.count[: len(port.addr)]),
            port.data.eq(self.i.payload),
            seen.addr.eq(read.count[: len(seen.addr)]),
            word.eq(seen.data),
        ]
        return word

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        sides = {name: self.side(name, self.pointer_bits) for name in "io"}
        i, o = sides["i"], sides["o"]
        domains = {"i": self.i_domain, "o": self.o_domain}
        for name, side in sides.items():
            other, domain = sides["o" if name == "i" else "i"], domains[name]
            place = (
                ("pointer", self._pointer, other.gray, side.other),
                ("asked", self._level, other.asks, side.asked),
                ("answered", self._level, other.clear, side.answered),
            )
            for what, part, d, q in place:
                self._place(m, platform, part, f"{name}_sync_{what}", domain, d=d, q=q)
            restart = getattr(self, f"{name}_restart")
            m.d.comb += [
                side.request.eq(restart | ResetSignal(domain, allow_reset_less=True)),
                getattr(self, f"{name}_clear").eq(side.clear),
            ]
            side.drive(m, domain)

        free = Signal(name="i_free")
        m.d.comb += [
            free.eq(i.open & (i.gray != i.full)),
            self.i.ready.eq(free & ~i.request),
            i.moves.eq(self.i.valid & self.i.ready),
        ]
        word = self._storage(m, i, o)
        holds = Signal(name="o_holds", reset_less=True)
        m.d.comb += [
            o.moves.eq(o.open & (o.gray != o.other) & (~holds | self.o.ready)),
            self.o.valid.eq(holds & ~o.request),
        ]
        self._place(
            m,
            platform,
            self._capture,
            "capture",
            self.o_domain,
            d=word,
            en=o.moves,
            q=self.o.payload,
        )
        m.d[self.o_domain] += holds.eq((o.moves | (holds & ~self.o.ready)) & ~(o.request | o.asked))
        return m
