# amaranth: UnusedElaboratable=no
"""Transfer of words between two clock domains, for any frequencies and phases of their clocks.

This is the only file with logic in two domains. It follows the gray-coded FIFO of C. Cummings
("Simulation and Synthesis Techniques for Asynchronous FIFO Design", SNUG 2002) and the clearing
handshakes of pulp's common_cells (`cdc_fifo_gray_clearable`), with one difference: no register has
an asynchronous reset, so the release of one can't violate its recovery time.

Every register that samples a signal of another clock is in one of two modules:
:class:`Synchroniser` (`sc_sync_<width>`) or :class:`Capture` (`sc_capture_<width>`). The emitted
Verilog holds each of them once, under that name. A proof or a simulation replaces the module by a
model that may sample a changing bit one clock late; the rest of the text stays the same.
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
# Names of registers in the emitted Verilog, which constraints and the audit of crossings look up.
FIRST, STORAGE = "first", "storage"

Kind = Literal["gray pointer", "handshake level", "storage"]


@dataclass(frozen=True)
class Crossing:
    """A signal that leads from one clock domain to another, by its names in the flattened Verilog.

    Members
    -------
    name : of the signal, with the path of its block.
    kind : ``gray pointer``, ``handshake level`` or ``storage``.
    source_domain : clock domain of the driver.
    destination_domain : clock domain of the register that samples it.
    bits : number of wires.
    source : the register or memory that drives it.
    destination : the first register that samples it.
    group : path of its block. Sampling a storage is safe only under the control of the gray
        pointers of the same group.
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
        """The same crossing, where its block is the submodule `path` of another."""
        return replace(
            self,
            name=f"{path}.{self.name}",
            source=f"{path}.{self.source}",
            destination=f"{path}.{self.destination}",
            group=f"{path}.{self.group}" if self.group else path,
        )

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
    """Synchronises bits of another clock domain, each through its own row of flip-flops.

    Architecture
    ------------
    A row of `stages` flip-flops for each bit. Latency `stages` to `stages` + 1 clocks; domain
    ``sync`` is that of the output. Bits that change together may arrive one clock apart, so use
    more than one bit only where one bit changes at a time (a gray-coded pointer).

    Reset
    -----
    None: the output is 0 at power-on.

    Constraints
    -----------
    Delay from the registers of the other domain to the first flip-flops below a period of either
    clock.

    Parameters
    ----------
    width : bits, >= 1.
    stages : flip-flops in a row, >= 2.

    Members
    -------
    d : directly from registers of the other domain, without logic in between.
    q : the bits in this domain.

    Raises
    ------
    ValueError
        width or stages too small.
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
            # keep: synthesis must not merge it with another synchroniser of the same bit.
            # ASYNC_REG: place the row side by side, and do not make a shift register of it.
            flop = Signal(
                self.width, name=name, reset_less=True, attrs={"ASYNC_REG": "TRUE", "keep": 1}
            )
            m.d.sync += flop.eq(value)
            value = flop
        m.d.comb += self.q.eq(value)
        return m


class Capture(wiring.Component):
    """Samples a word of another clock domain that is known to be stable.

    Architecture
    ------------
    One register with an enable. Latency 1 clock; domain ``sync`` is that of the output. It does not
    synchronise: raise `en` only when `d` has been stable for a clock and stays stable.

    Reset
    -----
    None: the output is 0 at power-on.

    Constraints
    -----------
    Delay from the storage to this register below a period of its clock.

    Parameters
    ----------
    width : bits, >= 1.

    Members
    -------
    d : the word, from the storage of the other domain.
    en : sample it.
    q : the last sampled word.

    Raises
    ------
    ValueError
        width below 1.
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
        # No reset: the word counts only together with `o_holds` of the crossing. In the Verilog
        # this register has the name of its port, `q`.
        sample = Signal(self.width, reset_less=True, attrs={"keep": 1})
        with m.If(self.en):
            m.d.sync += sample.eq(self.d)
        m.d.comb += self.q.eq(sample)
        return m


class Side:
    """Signals of one side of a crossing: its pointer, and the handshake that clears the other side.

    Parameters
    ----------
    name : ``i`` or ``o``, the prefix of the signals' names.
    bits : bits of a pointer.

    Members
    -------
    request : this side is reset or restarted in this clock.
    pending : this side was reset, and the other side has not answered yet.
    clear_request : the request to the other side to clear itself and stop.
    clear_answer : the answer to the other side's request; this side moves no words.
    open : no handshake is under way, and words may move.
    count : number of words that this side has moved, modulo twice the depth.
    gray : `count` in gray code, for the other side.
    next_count : next value of `count`.
    transfer : a word is written or read in this clock.
    other_request : `clear_request` of the other side, synchronised.
    other_answer : `clear_answer` of the other side, synchronised.
    other_gray : `gray` of the other side, synchronised.
    """

    def __init__(self, name: str, bits: int) -> None:
        # No register has a reset of its domain: a reset enters as data, in `request`. Cleared at
        # once, a gray pointer would change several bits, which the other side could read as any
        # value (see `pointer_clear`). At power-on all are 0.
        # The proof's harness and the records in `crossings` look signals up by these names.
        self.request = Signal(name=f"{name}_request")
        self.pending = Signal(name=f"{name}_want", reset_less=True)
        self.clear_request = Signal(name=f"{name}_asks", reset_less=True)
        self.clear_answer = Signal(name=f"{name}_clearing", reset_less=True)
        self.open = Signal(name=f"{name}_open", reset_less=True)
        self.count = Signal(bits, name=f"{name}_count", reset_less=True)
        self.gray = Signal(bits, name=f"{name}_gray", reset_less=True)
        self.next_count = Signal(bits, name=f"{name}_count_next")
        self.transfer = Signal(name=f"{name}_moves")
        self.other_request = Signal(name=f"{name}_asked")
        self.other_answer = Signal(name=f"{name}_answered")
        self.other_gray = Signal(bits, name=f"{name}_other")

    @property
    def full(self) -> Value:
        """The gray code of a pointer that is `depth` words ahead of the other side's.

        `depth` is half of the pointer's range. Adding half of the range inverts the two highest
        bits of a gray code, or its only bit.
        """
        # Compared in gray code, so that no gray pointer has to be decoded: an XOR chain less.
        bits = len(self.other_gray)
        return self.other_gray ^ (3 << bits - 2 if bits > 1 else 1)

    def pointer_clear(self) -> Value:
        """Whether the pointer returns to 0 in this clock.

        Several bits of the pointer change at once then, so the other side may read any value. It
        returns only while the other side moves no words: while that side answers this side's
        request, or while this side answers the other's.
        """
        return self.clear_answer | (self.clear_request & self.other_answer)

    def next_pending(self) -> Value:
        """Next value of `pending`.

        It stays high until the other side has answered. A reset in the middle of a handshake sets
        it again, which begins another handshake.
        """
        # Not `other_answer` alone: without a request it is still the answer of the last handshake.
        return self.request | (self.pending & ~(self.clear_request & self.other_answer))

    def next_clear_request(self) -> Value:
        """Next value of `clear_request`.

        It rises when the last handshake is over, and falls a clock after the pointer has returned.
        """
        # Four phases: request, answer, request withdrawn, answer withdrawn. While `other_answer` is
        # high the request may only fall, and while it is low only rise, so that the other side
        # sees every change.
        return Mux(
            self.other_answer, self.clear_request & self.pending, self.clear_request | self.pending
        )

    def drive(self, m: Module, domain: str) -> None:
        """Add the registers of pointer and handshake, in the domain of this side."""
        # The slice lets the count wrap at twice the depth: the extra bit tells full from empty.
        m.d.comb += self.next_count.eq((self.count + self.transfer)[: len(self.count)])
        with m.If(self.pointer_clear()):
            m.d.comb += self.next_count.eq(0)
        m.d[domain] += [
            self.count.eq(self.next_count),
            # A register behind the XOR: the other clock may sample at any time, and a glitch of the
            # gates would be a second bit that changes.
            self.gray.eq(self.next_count ^ (self.next_count >> 1)),
            self.pending.eq(self.next_pending()),
            self.clear_request.eq(self.next_clear_request()),
            self.clear_answer.eq(self.other_request),
            # A register, since it gates every transfer of the stream. A clock late is early enough:
            # `clear_answer`, which promises that no word moves, rises in the clock in which `open`
            # falls, and the clock of a reset itself is covered by `request`.
            self.open.eq(
                ~(
                    self.request
                    | self.pending
                    | self.clear_request
                    | self.other_answer
                    | self.other_request
                )
            ),
        ]


class WordCrossing(wiring.Component):
    """A queue whose two ends have different clocks.

    Architecture
    ------------
    Stream `i` writes words into a storage of `depth` words. Each side counts the words that it has
    moved; the other side sees this pointer, of log2(depth) + 1 bits, in gray code and through a
    synchroniser. With depth 1 the same circuit is one register of words and a two-phase handshake.
    The path from the storage ends in the registers of `o.payload`, so the logic behind the crossing
    has one clock only. No logic depends on the payload.

    Latency: `o.valid` rises with the third or fourth edge of `o` after the edge of `i` that took
    the word. The word's place is free again after as many edges of `i`. Throughput, with two clocks
    of equal frequency: 1 word in 5 clocks at depth 1, 2 in 5 at depth 2, 4 in 5 at depth 4, 1 a
    clock from depth 8 on.

    Reset
    -----
    A reset of either side, at any time and of any length, empties both sides. Words that were
    accepted before it may be lost. Words that side `i` accepts after its own reset, or after
    `i_clear` has fallen, come out once and in order. Neither side moves a word while it is being
    cleared. No reset is needed at power-on: registers start at 0.

    A pointer that returns to 0 changes several bits at once, and the other side may read any value.
    So clearing takes a handshake:

    1. The side that was reset stops, keeps its pointer and raises its request.
    2. The other side clears its pointer, moves no words and answers.
    3. The first side clears its pointer, and one clock later lowers its request.

    This takes about 6 clocks of each side, and both clocks must run. A second reset meanwhile
    starts it again.

    `i_clear` is high while side `i` is being cleared because `o` was reset, never because of its
    own reset or restart; `o_clear` likewise. So a restart can be passed on from crossing to
    crossing (`second.i_restart = first.o_clear`, `first.o_restart = second.i_clear`). In a chain or
    a tree of crossings it stops at the ends; in a loop it would not stop.

    Constraints
    -----------
    The delay of each wire in `crossings` must be below a period of either clock;
    `sc_hw.build.constraints` writes this for the tools.

    Parameters
    ----------
    width : bits of a word, >= 1.
    depth : 1, 2, 4, 8 or 16 words.
    i_domain, o_domain : clock domains of the two sides.
    stages : flip-flops of a synchroniser, >= 2.

    Members
    -------
    i, o : streams of words.
    i_restart, o_restart : the same as a reset of that side's domain, for this crossing alone.
    i_clear, o_clear : this side is being cleared because the other was reset.

    Raises
    ------
    ValueError
        width or depth outside its range, or one domain for both sides.

    Platform overrides
    ------------------
    Define `get_synchroniser(synchroniser)` or `get_capture(capture)` to return an elaboratable in
    domain ``sync`` that drives `q`, in place of an instance of the module that `shared_modules`
    holds.
    """

    side = Side  # mutants of the proof replace it by a faulty class

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
        """Modules that the emitted Verilog holds once, by name.

        A component that holds this one must have them among its own.
        """
        return {part.module: part for part in (self._level, self._pointer, self._capture)}

    @property
    def crossings(self) -> tuple[Crossing, ...]:
        """The wires between the two domains; see `Crossing.under` where this is a submodule."""
        i, o, bits = self.i_domain, self.o_domain, self.pointer_bits
        rows: list[tuple[str, Kind, str, str, int, str, str]] = [
            ("write pointer", "gray pointer", i, o, bits, "i_gray", f"o_sync_pointer.{FIRST}"),
            ("read pointer", "gray pointer", o, i, bits, "o_gray", f"i_sync_pointer.{FIRST}"),
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
        """An instance of a shared module, or the platform's replacement for it."""
        hook = "get_capture" if isinstance(part, Capture) else "get_synchroniser"
        if hasattr(platform, hook):
            # A copy, not `part`: one shared part stands for several instances here, each of which
            # needs ports of its own.
            twin = (
                type(part)(part.width)
                if isinstance(part, Capture)
                else type(part)(part.width, part.stages)
            )
            replacement: Elaboratable = getattr(platform, hook)(twin)
            m.submodules[name] = DomainRenamer(domain)(replacement)
            for port, value in ports.items():
                m.d.comb += value.eq(twin.q) if port == "q" else getattr(twin, port).eq(value)
            return
        # Reset is tied to 0: the shared modules have no register that it would act on.
        wires = {f"{'o' if port == 'q' else 'i'}_{port}": value for port, value in ports.items()}
        m.submodules[name] = Instance(
            part.module, i_clk=ClockSignal(domain), i_rst=C(0, 1), **wires
        )

    def _storage(self, m: Module, write: Side, read: Side) -> Signal:
        """The storage of words, written by side `i`; returns the word that side `o` reads next.

        The read port has no clock. `Capture` samples its output, and only after the synchronised
        pointer has shown that the word was written.
        """
        if self.depth == 1:  # Verilog has no address of zero bits
            held_word = Signal(self.width, name=STORAGE, reset_less=True)
            with m.If(write.transfer):
                m.d[self.i_domain] += held_word.eq(self.i.payload)
            return held_word
        m.submodules[STORAGE] = places = memory.Memory(shape=self.width, depth=self.depth, init=[])
        word = Signal(self.width, name="word")
        write_port = places.write_port(domain=self.i_domain)
        read_port = places.read_port(domain="comb")
        m.d.comb += [
            write_port.en.eq(write.transfer),
            write_port.addr.eq(write.count[: len(write_port.addr)]),
            write_port.data.eq(self.i.payload),
            read_port.addr.eq(read.count[: len(read_port.addr)]),
            word.eq(read_port.data),
        ]
        return word

    def _handshake(
        self, m: Module, platform: Any, name: str, domain: str, side: Side, other: Side
    ) -> None:
        """Add one side's registers, and the synchronisers for the signals of the other side."""
        synchronised = (
            ("pointer", self._pointer, other.gray, side.other_gray),
            ("asked", self._level, other.clear_request, side.other_request),
            ("answered", self._level, other.clear_answer, side.other_answer),
        )
        for what, part, d, q in synchronised:
            self._place(m, platform, part, f"{name}_sync_{what}", domain, d=d, q=q)
        restart = getattr(self, f"{name}_restart")
        m.d.comb += [
            side.request.eq(restart | ResetSignal(domain, allow_reset_less=True)),
            getattr(self, f"{name}_clear").eq(side.clear_answer),
        ]
        side.drive(m, domain)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        i, o = self.side("i", self.pointer_bits), self.side("o", self.pointer_bits)
        self._handshake(m, platform, "i", self.i_domain, i, o)
        self._handshake(m, platform, "o", self.o_domain, o, i)

        free = Signal(name="i_free")
        m.d.comb += [
            # `other` is late by the synchroniser: this side may find the queue full although a
            # place has just become free, never the other way round.
            free.eq(i.open & (i.gray != i.full)),
            # No word is accepted in the clock of a reset; `open` falls one clock later.
            self.i.ready.eq(free & ~i.request),
            i.transfer.eq(self.i.valid & self.i.ready),
        ]
        word = self._storage(m, i, o)
        holds = Signal(name="o_holds", reset_less=True)  # the captured word waits to be taken
        m.d.comb += [
            # Equal gray codes: empty. The next word is captured in the clock in which the last one
            # is taken, for one word a clock.
            o.transfer.eq(o.open & (o.gray != o.other_gray) & (~holds | self.o.ready)),
            self.o.valid.eq(holds & ~o.request),
        ]
        self._place(
            m,
            platform,
            self._capture,
            "capture",
            self.o_domain,
            d=word,
            en=o.transfer,
            q=self.o.payload,
        )
        # A captured word is dropped when this side is reset and when the other side requests it:
        # it is older than the reset, and would come out in front of the words after it.
        m.d[self.o_domain] += holds.eq(
            (o.transfer | (holds & ~self.o.ready)) & ~(o.request | o.other_request)
        )
        return m
