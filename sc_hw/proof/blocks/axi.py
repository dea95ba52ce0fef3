# amaranth: UnusedElaboratable=no
"""Proofs about the door `axi`: the rules of AXI, and that each access is made once and as asked.

`python -m sc_hw.proof.blocks.axi --out reports` writes `axi_proofs.json` and `.md`. The claims are
about the emitted Verilog, hold for all inputs and any number of clocks, with resets at any time,
and are decided by PDR (`sc_hw.proof.pdr`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from functools import cache, partial
from typing import ClassVar

from amaranth.hdl import Assert, Assume, Cat, Const, Cover, Module, Signal, Value

from sc_hw.build.emit import to_verilog
from sc_hw.host.doors.axi import (
    ALL_BYTES,
    LEAST_ADDRESS_BITS,
    OKAY,
    RESPONSE_BITS,
    SLVERR,
    AxiPorts,
)
from sc_hw.host.registers import WORD_BITS, WORD_BYTES
from sc_hw.proof.blocks.host.harness import Harness, Proof, Task, covers_of, tasks_of

PACKET_WORDS = (1, 3)  # of a step: the two shapes of the counter, one word and several
SLOWEST_TARGET = 3  # clocks that the target takes in the claims about time
# Clocks from the last handshake of a request to its answer, where answers are taken at once: those
# of the other kind that was first, and its own. It is the least: with 7, PDR finds a trace.
ANSWERED_WITHIN = 2 * (SLOWEST_TARGET + 1)


@cache
def door_verilog() -> str:
    """The door's Verilog, as a system has it."""
    return to_verilog(AxiPorts(LEAST_ADDRESS_BITS, True), DoorHarness.top, None)


class DoorHarness(Harness):
    """The door, all of whose inputs the solver chooses.

    Parameters
    ----------
    packet_words : words of a step.
    """

    top = "axi_door"

    def __init__(self, packet_words: int = 1) -> None:
        self.packet_words = packet_words
        super().__init__()

    @property
    def constants(self) -> Mapping[str, Const]:
        """The words of a step."""
        return {"packet_words": Const(self.packet_words, WORD_BITS)}

    def component(self) -> AxiPorts:
        """The door with streams."""
        return AxiPorts(LEAST_ADDRESS_BITS, True)

    def verilog(self) -> str:
        """The door's Verilog."""
        return door_verilog()

    def moves(self, channel: str) -> Value:
        """Whether a channel's handshake happens in this clock."""
        return self[f"{channel}valid"] & self[f"{channel}ready"] & ~self.rst

    @property
    def access(self) -> Value:
        """The bus is asked for an access."""
        return self["bus__cyc"] & self["bus__stb"]

    @property
    def ended(self) -> Value:
        """The bus has made or refused the access."""
        return self.access & (self["bus__ack"] | self["bus__err"])

    def claims(self, m: Module) -> None:
        """Assume that a target answers what it was asked, in one way; then see `claim`."""
        answers = self["bus__ack"] | self["bus__err"]
        m.d.comb += Assume(~answers | self.access)
        m.d.comb += Assume(~(self["bus__ack"] & self["bus__err"]))
        self.claim(m)

    @abstractmethod
    def claim(self, m: Module) -> None:
        """Add the assertions, and the registers that they need."""


class Stable(DoorHarness):
    """`valid`, once raised, stays with its payload until `ready`."""

    statement = (
        "valid of every channel out of the door, and its payload, stay as they are until ready; an"
        " access of the bus stays until it is answered"
    )
    channels: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "s_axi_b": ("resp",),
        "s_axi_r": ("data", "resp"),
        "m_axis_t": ("data", "last"),
    }

    def claim(self, m: Module) -> None:
        for channel, payload in self.channels.items():
            valid = self[f"{channel}valid"]
            values = Cat(self[f"{channel}{name}"] for name in payload)
            waits = valid & ~self[f"{channel}ready"] & ~self.rst
            waited = self.past(m, waits, f"{channel}_waited")
            before = self.past(m, values, f"{channel}_before")
            m.d.comb += Assert(~waited | (valid & (values == before)))
        # the data of a read means nothing
        data = self["bus__dat_w"] & self["bus__we"].replicate(WORD_BITS)
        values = Cat(data, *(self[f"bus__{name}"] for name in ("adr", "sel", "we")))
        waited = self.past(m, self.access & ~self.ended & ~self.rst, "bus_waited")
        m.d.comb += Assert(~waited | (self.access & (values == self.past(m, values, "bus_before"))))
        # `cyc` is nothing without `stb` here
        m.d.comb += Assert(self["bus__cyc"] == self["bus__stb"])


class Quiet(DoorHarness):
    """Nothing is valid in the clock after a reset."""

    statement = "in the clock after one with reset no valid is high and the bus is not asked"

    def claim(self, m: Module) -> None:
        was = self.past(m, self.rst, "was_reset")
        valids = Cat(self[f"{channel}valid"] for channel in Stable.channels)
        m.d.comb += Assert(~was | ~(valids.any() | self["bus__cyc"]))


class Writes(DoorHarness):
    """Each pair of address and data makes one write of the bus, and has one answer."""

    statement = (
        "a write is made once, with the address and data that were accepted, iff all bytes are"
        " strobed; its answer comes once, after it, and says what the bus answered; a write of no"
        " byte is OKAY, of some SLVERR, and neither is made"
    )

    def claim(self, m: Module) -> None:
        asked = {"aw": Signal(name="has_aw"), "w": Signal(name="has_w")}
        address = Signal(LEAST_ADDRESS_BITS)
        data, strobes = Signal(WORD_BITS), Signal(WORD_BYTES)
        made, refused = Signal(), Signal()
        fresh = self["s_axi_bvalid"] & ~self.past(
            m, self["s_axi_bvalid"] & ~self["s_axi_bready"], "answer_waited"
        )
        both = asked["aw"] & asked["w"]
        writes = self.access & self["bus__we"]
        whole = strobes == ALL_BYTES
        expected = Signal(RESPONSE_BITS)
        with m.If((whole & refused) | (~whole & strobes.any())):
            m.d.comb += expected.eq(SLVERR)
        m.d.comb += [
            Assert(~writes | (both & whole & ~made)),
            Assert(~writes | (self["bus__adr"] == address[2:])),
            Assert(~writes | ((self["bus__dat_w"] == data) & (self["bus__sel"] == ALL_BYTES))),
            Assert(~fresh | (both & (made == whole))),
            Assert(~fresh | (self["s_axi_bresp"] == expected)),
        ]
        with m.If(writes & self.ended):
            m.d.instant += [made.eq(1), refused.eq(self["bus__err"])]
        with m.If(fresh):
            m.d.instant += [signal.eq(0) for signal in (made, *asked.values())]
        for name, signal in asked.items():
            # not taken while the last is under way
            m.d.comb += Assert(~self.moves(f"s_axi_{name}") | ~signal | fresh)
            with m.If(self.moves(f"s_axi_{name}")):
                m.d.instant += signal.eq(1)
        with m.If(self.moves("s_axi_aw")):
            m.d.instant += address.eq(self["s_axi_awaddr"])
        with m.If(self.moves("s_axi_w")):
            m.d.instant += [data.eq(self["s_axi_wdata"]), strobes.eq(self["s_axi_wstrb"])]
        with m.If(self.rst):
            m.d.instant += [signal.eq(0) for signal in (made, *asked.values())]


class Reads(DoorHarness):
    """Each address of a read makes one read of the bus, and has one answer."""

    statement = (
        "a read is made once, at the address that was accepted; its answer comes once, after it,"
        " with the data and the verdict of the bus"
    )

    def claim(self, m: Module) -> None:
        asked, made, refused = Signal(), Signal(), Signal()
        address, data = Signal(LEAST_ADDRESS_BITS), Signal(WORD_BITS)
        fresh = self["s_axi_rvalid"] & ~self.past(
            m, self["s_axi_rvalid"] & ~self["s_axi_rready"], "answer_waited"
        )
        reads = self.access & ~self["bus__we"]
        answer = Cat(self["s_axi_rdata"], self["s_axi_rresp"])
        m.d.comb += [
            Assert(~reads | (asked & ~made & (self["bus__adr"] == address[2:]))),
            Assert(~fresh | (asked & made & (answer == Cat(data, 0, refused)))),
            Assert(~self.moves("s_axi_ar") | ~asked | fresh),
        ]
        with m.If(reads & self.ended):
            m.d.instant += [made.eq(1), refused.eq(self["bus__err"]), data.eq(self["bus__dat_r"])]
        with m.If(fresh):
            m.d.instant += [asked.eq(0), made.eq(0)]
        with m.If(self.moves("s_axi_ar")):
            m.d.instant += [asked.eq(1), address.eq(self["s_axi_araddr"])]
        with m.If(self.rst):
            m.d.instant += [asked.eq(0), made.eq(0)]


class Answered(DoorHarness):
    """Where target and manager go on, every request is answered, whatever else is asked for."""

    statement = (
        f"with a target that answers within {SLOWEST_TARGET} clocks and a manager that takes"
        f" answers at once, a read or write is answered within {ANSWERED_WITHIN} clocks, however"
        " many of the other kind are asked for"
    )

    def claim(self, m: Module) -> None:
        m.d.comb += Assume(self["s_axi_bready"] & self["s_axi_rready"] & ~self.rst)
        age = Signal(range(SLOWEST_TARGET + 1))
        with m.If(self.access & ~self.ended):
            m.d.instant += age.eq(age + 1)
            m.d.comb += Assume(age < SLOWEST_TARGET - 1)
        with m.Else():
            m.d.instant += age.eq(0)
        kinds = (("read", ("ar",), "r"), ("write", ("aw", "w"), "b"))
        for kind, channels, answer in kinds:
            asked = [Signal(name=f"{kind}_has_{name}") for name in channels]
            waits = Signal(range(ANSWERED_WITHIN + 2), name=f"{kind}_waits")
            done = self[f"s_axi_{answer}valid"]
            with m.If(done):
                m.d.instant += [waits.eq(0), *(signal.eq(0) for signal in asked)]
            for name, signal in zip(channels, asked, strict=True):
                with m.If(self.moves(f"s_axi_{name}")):
                    m.d.instant += signal.eq(1)
            with m.If(Cat(asked).all() & ~done):
                m.d.instant += waits.eq(waits + 1)
                m.d.comb += Assert(waits < ANSWERED_WITHIN)


class Outputs(DoorHarness):
    """Words of output packets come out as they went in, in order, once."""

    statement = "words of output packets come out once, in order, with their last"

    def claim(self, m: Module) -> None:
        full, word = Signal(), Signal(WORD_BITS + 1)
        output = Cat(self["m_axis_tdata"], self["m_axis_tlast"])
        m.d.comb += [
            Assert(self["m_axis_tvalid"] == full),
            Assert(~full | (output == word)),
            Assert(~self.moves("outputs__") | ~full | self.moves("m_axis_t")),
        ]
        with m.If(self.moves("m_axis_t") | self.rst):
            m.d.instant += full.eq(0)
        with m.If(self.moves("outputs__")):
            m.d.instant += [full.eq(1), word.eq(self["outputs__payload"])]


class Packets(DoorHarness):
    """Each packet of the stream is one step, whatever its length."""

    statement = (
        "each packet gives the words of one step: its own in order, then 0 up to a step's, and none"
        " beyond; packet_error is raised once for each of another length and for no other"
    )

    def claim(self, m: Module) -> None:
        words = self.packet_words
        taken = Signal(range(words + 2))  # words of the packet under way; `words + 1` is too many
        given = Signal(range(words + 1))  # words of the step that it gives
        ends = Signal()  # the packet has ended, its step has not
        moves_in, moves_out = self.moves("s_axis_t"), self.moves("steps__")
        last = self["s_axis_tlast"]
        m.d.comb += [
            # a packet begins where a step begins
            Assert(~moves_in | ~ends),
            Assert(~moves_in | (taken < words) | ~moves_out),
            Assert(~moves_in | (taken >= words) | (moves_out & (given == taken))),
            Assert(~(moves_in & moves_out) | (self["steps__payload"] == self["s_axis_tdata"])),
            Assert(~moves_out | moves_in | (ends & (self["steps__payload"] == 0))),
            Assert(
                self.rst
                | (
                    self["packet_error"]
                    == (moves_in & ((last & (taken + 1 < words)) | (~last & (taken + 1 == words))))
                )
            ),
        ]
        with m.If(moves_out):
            m.d.instant += given.eq(given + 1)
            with m.If(given + 1 == words):
                m.d.instant += [given.eq(0), ends.eq(0)]
        with m.If(moves_in & last):
            m.d.instant += taken.eq(0)
            m.d.instant += ends.eq(taken + 1 < words)
        with m.Elif(moves_in & (taken <= words)):
            m.d.instant += taken.eq(taken + 1)
        with m.If(self.rst):
            m.d.instant += [taken.eq(0), given.eq(0), ends.eq(0)]


class Reached(DoorHarness):
    """Something that must be possible: the claims above would hold of a door that does nothing.

    Parameters
    ----------
    goal : a key of `GOALS`.
    """

    GOALS: ClassVar[Mapping[str, str]] = {
        "write": "a write of the bus is answered with OKAY",
        "refusal": "a read is answered with SLVERR",
        "both": "a read and a write are asked for at once, and both answers wait",
        "output": "an output word waits behind one that is not taken",
        "fill": "a step is filled up",
        "drop": "words behind a step are dropped",
    }

    def __init__(self, goal: str) -> None:
        super().__init__(packet_words=3)
        self.goal = goal

    def claim(self, m: Module) -> None:
        b, r = self["s_axi_bvalid"], self["s_axi_rvalid"]
        made = Signal()
        m.d.instant += made.eq(made | (self.ended & self["bus__we"]))
        goals = {
            "write": made & b & (self["s_axi_bresp"] == OKAY),
            "refusal": r & (self["s_axi_rresp"] == SLVERR),
            "both": b & r,
            "output": self["m_axis_tvalid"] & self["outputs__valid"] & ~self["outputs__ready"],
            "fill": self.moves("steps__") & ~self["s_axis_tvalid"],
            "drop": self.moves("s_axis_t") & ~self["steps__valid"],
        }
        m.d.comb += Cover(goals[self.goal] & ~self.rst)


CLAIMS: tuple[type[DoorHarness], ...] = (Stable, Quiet, Writes, Reads, Answered, Outputs)


def axi_tasks() -> list[Task]:
    """All claims about the door."""
    packets = [
        Task(f"packets of {words}", Packets.statement, partial(Packets, words))
        for words in PACKET_WORDS
    ]
    return [*tasks_of(CLAIMS), *packets, *covers_of(Reached, Reached.GOALS)]


AXI = Proof(
    "axi_proofs",
    "Proofs about the door `axi`",
    """Made by `python -m sc_hw.proof.blocks.axi --out reports`: the door's Verilog with inputs
that the solver chooses, resets at any time, for any number of clocks.""",
    axi_tasks,
    door_verilog,
)

if __name__ == "__main__":
    raise SystemExit(AXI.main())
