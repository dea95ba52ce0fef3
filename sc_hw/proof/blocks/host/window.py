# amaranth: UnusedElaboratable=no
"""Proofs about the window: what the bus writes to a block is what the block is told to load.

`python -m sc_hw.proof.blocks.host.window --out reports` writes `window_proofs.json` and `.md`. The
claims are about the registers and whatever connects them with a block. In the block's place stands
a module whose outputs the solver chooses in every clock, so they hold for every block with those
ports. What is asserted beside the claims makes them inductive: with it they hold in a clock if they
held in the one before, whatever the other registers do, so the answer comes at once for any width.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from amaranth.hdl import Assert, Assume, C, Cat, Cover, Module, Mux, Signal, Value

from sc_hw.host.host_registers import PORT_BITS
from sc_hw.host.registers import WORD_BITS
from sc_hw.proof.blocks.host.harness import Proof, Task, covers_of
from sc_hw.proof.blocks.host.subjects import SUBJECTS, Subject, subject_verilog
from sc_hw.proof.blocks.host.window_harness import BusModel, WindowHarness, pieces_of
from sc_hw.proof.blocks.host.window_invariant import Invariant


class Told(WindowHarness):
    """The block is told what the bus says, and the bus what the block does."""

    statement = (
        "each write of the last part of WINDOW_DATA that is acknowledged hands over one load, and"
        " no other access does: to the port WINDOW_PORT, at the address WINDOW_ADDRESS, with the"
        " words written; each read of the first part that is acknowledged hands over one read, at"
        " that port and address, and the block's answer, or what was written since, is what the"
        " parts read as; the address goes on behind the last part, and not else; WINDOW_PORT and"
        " WINDOW_ADDRESS read as they stand"
    )

    is_claimed: ClassVar[bool] = True  # else it is asserted where it helps

    def claims(self, m: Module) -> None:
        waited = self.hold(m)
        self.bus_model = model = self.follow_bus(m)
        if self.is_claimed or self.helped:
            self.claim(m, model)
        if self.helped:
            Invariant(self, m, model, waited).add()

    def claim(self, m: Module, model: BusModel) -> None:
        """What `statement` says, clock by clock."""
        ack, we, data = self["bus__ack"], self["bus__we"], self["bus__dat_w"]
        window = self.request("WINDOW_DATA")
        for number, port in enumerate(self.ports()):
            here = window & (model.port == number)
            bits = port.window.address_bits
            m.d.comb += [
                Assert(~port.loads | (here & we & model.ends & ~model.loaded)),
                Assert(~port.loads | (port.load[:bits] == model.place[:bits])),
                Assert(~port.reads | (here & ~we & ~model.part.any() & ~model.fetched)),
                Assert(~port.reads | (port.read == model.place[:bits])),
                Assert(~port.answers | ((model.fetched | port.reads) & ~model.heard)),
            ]
            for part in range(port.window.accesses):
                word = data if part == port.window.accesses - 1 else model.now[f"word_{part}"]
                known = 1 if part == port.window.accesses - 1 else model.now[f"known_{part}"]
                for low, high in pieces_of(port.ranges, part):
                    m.d.comb += Assert(
                        ~(port.loads & known)
                        | (
                            port.load[bits:][low:high]
                            == word[low - part * WORD_BITS : high - part * WORD_BITS]
                        )
                    )
        first, reads = ~model.part.any(), ack & window & ~we
        answers = Cat(model.loaded, model.fetched, model.heard)
        m.d.comb += [
            Assert(~self.ended | (model.loaded == (ack & window & we & model.ends))),
            Assert(~self.ended | (model.fetched == (reads & first))),
            Assert(~self.ended | (model.heard == model.fetched)),
            Assert(~(self["bus__err"] & window) | ~answers.any()),
            *(
                Assert(
                    ~(reads & (model.part == part) & model.next[f"known_{part}"])
                    | (self["bus__dat_r"] == model.next[f"word_{part}"])
                )
                for part in range(model.parts)
            ),
            *(
                Assert(
                    ~(ack & ~we & self.request(register)) | (self["bus__dat_r"] == model.now[name])
                )
                for register, name in (("WINDOW_PORT", "port"), ("WINDOW_ADDRESS", "place"))
            ),
        ]


class ReadBack(Told):
    """What is loaded is what is read back, if the block keeps it.

    The block's part is an assumption: it answers with the word that it was last told to load there.
    The solver chooses one address of one port, and holds to it; what is claimed of that one holds
    of all.
    """

    statement = (
        "where the block answers a read with the word that it was last told to load at that address"
        " of that port, a word is read through the window as it was last written through it, in all"
        " bits that the block loads, whatever other accesses lie between, at every address of every"
        " port"
    )

    is_claimed = False

    def claims(self, m: Module) -> None:
        super().claims(m)
        memory = Memory(
            self, m, self.choice(m, "chosen_port", PORT_BITS), self.choice(m, "chosen", WORD_BITS)
        )
        memory.follow()
        self.conclude(m, memory)
        if self.helped:
            memory.hold()

    def conclude(self, m: Module, memory: Memory) -> None:
        """Every part that is read is the one written."""
        for number, port, pieces in memory.parts():
            for low, high in pieces:
                data = self["bus__dat_r"][low - number * WORD_BITS : high - number * WORD_BITS]
                m.d.comb += Assert(
                    ~(memory.read_back(number) & memory.is_port(port))
                    | (data == memory.stored[low:high])
                )


class Memory:
    """One word of the block, as the block and as the bus knows it.

    Parameters
    ----------
    harness : the claim's, whose model follows the bus.
    m : its module.
    port, address : of the word.

    Members
    -------
    content, has : what the block was last told to load there; it has been told.
    asks : the block was last asked for that word.
    stored, known : what the bus wrote there last, and that it has written all of it.
    follows : the parts behind the first one are read.
    here : the window shows that word.
    """

    def __init__(self, harness: ReadBack, m: Module, port: Signal, address: Signal) -> None:
        self.h, self.m, self.model = harness, m, harness.bus_model
        self.port, self.address = port, address
        self.ports = harness.ports()
        bits = harness.host_block.data_bits
        self.content, self.stored = Signal(bits, name="content"), Signal(bits, name="stored")
        self.next_stored, self.next_known = Signal(bits), Signal()
        self.has, self.asks, self.known, self.follows, self.here = (
            Signal(name=name) for name in ("has", "asks", "known", "follows", "here")
        )

    def is_port(self, number: int) -> Value:
        """The word is one of that port."""
        return self.port == number

    def parts(self) -> list[tuple[int, int, list[tuple[int, int]]]]:
        """For each part of each port's words: its number, the port's, and the bits kept."""
        return [
            (part, number, pieces_of(port.ranges, part))
            for number, port in enumerate(self.ports)
            for part in range(port.window.accesses)
        ]

    def read_back(self, number: int) -> Value:
        """A part of the word is read, and is known; of a part behind the first one, in order."""
        h, model = self.h, self.model
        reads = h["bus__ack"] & h.request("WINDOW_DATA") & ~h["bus__we"]
        in_order = self.follows if number else C(1, 1)
        return reads & self.here & self.known & (model.part == number) & in_order

    def follow(self) -> None:
        """Add the registers, and assume that the block answers as it was told."""
        h, m, model = self.h, self.m, self.model
        ack, we, window = h["bus__ack"], h["bus__we"], h.request("WINDOW_DATA")
        here, whole = [], []
        for number, port in enumerate(self.ports):
            bits, own = port.window.address_bits, self.is_port(number)
            address = self.address[:bits]
            asks = Signal(name=f"asks_{number}")
            m.d.comb += asks.eq(Mux(port.reads, own & (port.read == address), self.asks))
            with m.If(port.loads & own & (port.load[:bits] == address)):
                m.d.instant += [self.content.eq(port.load[bits:]), self.has.eq(1)]
            with m.If(port.reads):
                m.d.instant += self.asks.eq(asks)
            for low, size in port.ranges:
                same = port.answer[low : low + size] == self.content[low : low + size]
                m.d.comb += Assume(~(port.answers & own & asks & self.has) | same)
            on_port = own & (model.port == number)
            here.append(on_port & (model.place[:bits] == address))
            known = Cat(model.next[f"known_{part}"] for part in range(port.window.accesses))
            whole.append(on_port & known.all())
        first = ~model.part.any()
        m.d.comb += [
            self.here.eq(Cat(here).any()),
            self.next_stored.eq(self.stored),
            self.next_known.eq(self.known),
        ]
        with m.If(ack & window & we & model.ends & self.here):
            m.d.comb += [
                self.next_stored.eq(model.words()),
                self.next_known.eq(Cat(whole).any()),
            ]
        m.d.instant += [self.stored.eq(self.next_stored), self.known.eq(self.next_known)]
        moves = we & (h.request("WINDOW_PORT") | h.request("WINDOW_ADDRESS") | window)
        with m.If(ack & window & ~we):
            m.d.instant += self.follows.eq(
                Mux(first, self.here & self.known, self.follows) & ~model.ends
            )
        with m.Elif((ack & moves) | (h["bus__err"] & window)):
            m.d.instant += self.follows.eq(0)
        with m.If(h.rst):
            m.d.instant += [x.eq(0) for x in (self.has, self.known, self.follows, self.asks)]

    def hold(self) -> None:
        """Assert what makes the claim inductive."""
        h, m, model = self.h, self.m, self.model
        loading = model.loaded & ~h.ended & self.here
        m.d.comb += [
            Assert(~(~loading & self.next_known) | self.has),
            Assert(~loading | self.has),
            Assert(~(model.fetched & ~h.ended) | (self.asks == self.here)),
            Assert(~self.follows | (self.known & self.here)),
        ]
        for number, port, pieces in self.parts():
            own, is_last = self.is_port(port), number == self.ports[port].window.accesses - 1
            word = h["bus__dat_w"] if is_last else model.now[f"word_{number}"]
            known = C(1, 1) if is_last else model.now[f"known_{number}"]
            m.d.comb += Assert(~(self.follows & own) | model.now[f"known_{number}"])
            for low, high in pieces:
                content, stored = self.content[low:high], self.stored[low:high]
                at = slice(low - number * WORD_BITS, high - number * WORD_BITS)
                m.d.comb += [
                    Assert(~(loading & own & known) | (content == word[at])),
                    Assert(
                        ~(~loading & own & self.next_known)
                        | (content == self.next_stored[low:high])
                    ),
                    Assert(
                        ~(model.heard & self.here & own & self.has)
                        | (model.answer[low:high] == content)
                    ),
                    Assert(~(self.follows & own) | (model.now[f"word_{number}"][at] == stored)),
                ]


class Reached(ReadBack):
    """Something that must be possible: the claims above would hold of what does nothing.

    Parameters
    ----------
    goal : a key of `GOALS`.
    """

    GOALS: ClassVar[dict[str, str]] = {
        "first": "a first part that is not 0 is read back",
        "last": "a last part that is not 0 is read back, behind the others",
    }

    def __init__(self, goal: str) -> None:
        super().__init__(next(each for each in SUBJECTS if each.name == "words of 33 bits"))
        self.goal = goal

    def conclude(self, m: Module, memory: Memory) -> None:
        """Reach it."""
        read_back = memory.read_back({"first": 0, "last": 1}[self.goal])
        m.d.comb += Cover(read_back & self["bus__dat_r"].any())


def window_tasks(subjects: Sequence[Subject] = SUBJECTS) -> list[Task]:
    """All claims."""
    kinds = (("told", Told), ("read back", ReadBack))
    return [
        *(
            Task(f"{name}: {each.name}", kind.statement, partial(kind, each), inductive=True)
            for each in subjects
            for name, kind in kinds
        ),
        *covers_of(Reached, Reached.GOALS),
    ]


ABOUT = """\
Made by `python -m sc_hw.proof.blocks.host.window --out reports`: the registers with what connects
them with a block, and in the block's place a module whose outputs the solver chooses in every
clock; inputs that the solver chooses, resets at any time, any number of clocks, all bits of all
words at once, by induction (`sc_hw/proof/induction.py`). Five designs, and ports alone with words
of 1 to 100 bits.

**What is loaded is what is read back** follows from two lemmas, for every kind of block, space and
address:

1. *The window* (`read back` below): if the block answers a read with the word that it was last told
   to load at that address of that port, then the bus reads there what it last wrote. It is about
   the wires `load*`, `read*` and `readback*` between registers and block (a lane: `load`,
   `load_<field>` and its outputs), whatever the block does otherwise.
2. *The block*: it does answer so, as long as no step, reset or other load of that word comes in
   between. That is claimed of each design's own Verilog by `sc-hw prove`, about the same ports:

| block | claims that make lemma 2 |
|---|---|
| lane | `load: <field>`, `hold: <field>`; its word is its outputs |
| bank | `memory: load lands`, `memory: nothing else writes`, `read-back: word`, `read-back: held` |
| layer | `host: load`, `host: between steps`, `host: read-back held`, those about wiring |
| layer, its memories | of each: `load` or `load of <field>`, `nothing else ...`, `read-back` |
| network, each layer | `its host`, `the host's requests`, `the answer to the host` |
| network, its memories | of each: `addresses`, `what the host writes`, `memory <path>` |
| network, event layers | the same, with `weights` and `memory sums` of the lanes |
| network, plastic layer | all of the rows about layers |

Lemma 2 is put together out of these claims in words, not by a solver. An access of the window waits
until no step is under way and keeps the next one back (`sc_hw/host/step_path.py`)."""

WINDOW_PROOF = Proof(
    "window_proofs",
    "Proofs about the window",
    ABOUT,
    window_tasks,
    lambda: "".join(subject_verilog(subject) for subject in SUBJECTS),
    limit_s=300.0,
)

if __name__ == "__main__":
    raise SystemExit(WINDOW_PROOF.main())
