# amaranth: UnusedElaboratable=no
"""Inputs in the order of time: one linked list for each step, made while the values come in."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.learning.plan import LearningPlan
from sc_hw.trained.lane import unit_graph
from sc_hw.wires import choose, gated
from sc_model.arithmetic.learning import spike_time

BUFFERS = 2  # samples that the lists hold: one that is worked on, and the one that comes


class InputLists(wiring.Component):
    """Files each input under the step in which it spikes; reads a step's inputs, last one first.

    A value's step is found by `spike_time`. A silent input takes a clock, another one three, and
    one more for each clock in which a walk reads. After the last value the constant input follows
    by itself, in step 0. One of two buffers is filled while the other one is read. Heads of lists
    and links are words of one memory: what is behind the row of a walk is kept in a register, so
    that an input can be put into a list meanwhile. Whoever walks through the steps knows a trace
    without a memory: it is what is left of the sample. No sort, no scan, no trace: the lists are
    all that is kept of a sample.

    Domain ``sync``. A reset empties all buffers.

    Parameters
    ----------
    plan : sizes.

    Members
    -------
    i : stream of the values of the inputs, in order.
    full : a sample is complete, and can be read.
    count : with `full`: its inputs that spike.
    step, look : look up the list of a step; `some` stands a clock later and `row` two, until the
        next `look`.
    some : the list is not empty.
    row : an input of the list.
    last : it is the list's last one; stands a clock after `row`.
    advance : go on to the next input of the list; `row` stands a clock later. Only while `last`
        stands and is low.
    release : the sample has been read.
    """

    def __init__(self, plan: LearningPlan) -> None:
        self.plan = plan
        self.times = Datapath(unit_graph(spike_time(plan.spec), plan.family))
        super().__init__(
            {
                "i": In(stream.Signature(plan.spec.value_bits)),
                "full": Out(1),
                "count": Out(plan.row_bits),
                "step": In(plan.time_bits),
                "look": In(1),
                "some": Out(1),
                "row": Out(plan.row_bits),
                "last": Out(1),
                "advance": In(1),
                "release": In(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        lists = _Lists(self.plan)
        m.submodules.times = self.times
        m.submodules.links = lists.words
        m.d.comb += [
            lists.found.eq(lists.read.data),
            self.full.eq(lists.of(lists.full, lists.reads)),
            self.count.eq(choose(lists.reads, lists.counts)),
        ]
        self._take(m, lists)
        self._read(m, lists, self._insert(m, lists))
        self._release(m, lists)
        return m

    def _take(self, m: Module, lists: _Lists) -> None:
        """A register for a value, and the constant input behind the last one."""
        plan = self.plan
        number = Signal(plan.row_bits, name="number")  # of the input whose value comes next
        due = Signal(name="due")  # the constant input is next
        taken = Signal(name="taken")
        at_last = number == plan.spec.inputs - 1
        free = ~lists.held | lists.leaves
        blocked = lists.of(lists.full, lists.fills) | lists.left | lists.closes | lists.ends
        m.d.comb += [
            self.i.ready.eq(free & ~due & ~blocked),
            taken.eq(self.i.valid & self.i.ready),
        ]
        with m.If(lists.leaves):
            m.d.sync += [lists.held.eq(0), lists.ends.eq(0), lists.constant.eq(0)]
        with m.If(taken):
            m.d.sync += [
                lists.held.eq(1),
                lists.value.eq(self.i.payload),
                lists.row.eq(number),
                number.eq(gated(number + 1, by=~at_last)),
                lists.ends.eq(at_last & (not plan.spec.bias)),
                due.eq(at_last & plan.spec.bias),
            ]
        with m.Elif(due & free):
            m.d.sync += [
                lists.held.eq(1),
                lists.row.eq(plan.spec.inputs),
                lists.constant.eq(1),
                lists.ends.eq(1),
                due.eq(0),
            ]

    def _insert(self, m: Module, lists: _Lists) -> Signal:
        """Put the input in the register in front of the list of its step; that list's number."""
        plan = self.plan
        time = Signal(plan.time_bits, name="time")
        inserts = Signal(name="inserts")
        silent = time == plan.steps
        row = Signal(plan.row_bits, name="placed_row", reset_less=True)
        behind = Signal(name="behind", reset_less=True)  # the list had an input
        at = Signal.like(lists.place, name="list")
        busy = lists.writes | lists.fronts | self.look | lists.fresh
        m.d.comb += [
            self.times.i_value.eq(lists.value),
            time.eq(gated(self.times.o_time, by=~lists.constant)),
            at.eq(Cat(time[: lists.step_bits], lists.fills)),
            inserts.eq(lists.held & ~silent & ~busy),
            lists.leaves.eq(lists.held & (silent | inserts)),
        ]
        m.d.sync += [
            lists.writes.eq(inserts),
            lists.fronts.eq(lists.writes),
            lists.left.eq(lists.leaves & lists.ends),
            lists.closes.eq(lists.left),
        ]
        with m.If(~lists.writes):
            m.d.sync += [
                lists.place.eq(at),
                row.eq(lists.row),
                behind.eq(lists.occupied.bit_select(at, 1)),
            ]
        # First the link leads to the head, read in the clock before; then the head changes.
        end = C((1 << plan.row_bits) - 1, plan.row_bits)
        link = lists.link(row, lists.place[lists.step_bits :])
        m.d.comb += [
            lists.write.addr.eq(Mux(lists.fronts, lists.head(lists.place), link)),
            lists.write.data.eq(
                Mux(lists.fronts, row, Mux(behind, lists.found, end)),
            ),
            lists.write.en.eq(lists.writes | lists.fronts),
        ]
        with m.If(lists.writes):
            m.d.sync += lists.occupied.bit_select(lists.place, 1).eq(1)
        with m.If(lists.closes):
            for buffer in range(BUFFERS):
                with m.If(lists.fills == buffer):
                    m.d.sync += lists.full[buffer].eq(1)
            m.d.sync += lists.fills.eq(~lists.fills)
        return at

    def _read(self, m: Module, lists: _Lists, filled: Signal) -> None:
        """Go along a list; `filled` is the list of the input that comes next."""
        looked = Signal(name="looked")
        some = Signal(name="some_register", reset_less=True)
        arrived = Signal(name="arrived")  # what is behind the row is at the memory's output
        kept = Signal(self.plan.row_bits, name="kept", reset_less=True)
        following = Signal(self.plan.row_bits, name="following")
        asked = Signal.like(lists.place, name="asked_list")
        m.d.sync += [
            looked.eq(self.look),
            lists.fresh.eq(looked | self.advance),
            arrived.eq(lists.fresh),
            kept.eq(following),
        ]
        with m.If(self.look):
            m.d.sync += some.eq(lists.occupied.bit_select(asked, 1))
        with m.If(looked):
            m.d.sync += self.row.eq(lists.found)
        with m.Elif(self.advance):
            m.d.sync += self.row.eq(following)
        m.d.comb += [
            self.some.eq(some),
            asked.eq(Cat(self.step[: lists.step_bits], lists.reads)),
            lists.read.addr.eq(
                Mux(
                    lists.fresh & ~self.look,
                    lists.link(self.row, lists.reads),
                    lists.head(Mux(self.look, asked, filled)),
                )
            ),
            following.eq(Mux(arrived, lists.found, kept)),
            self.last.eq(following.all()),
        ]

    def _release(self, m: Module, lists: _Lists) -> None:
        """Empty the buffer that has been read; count the inputs of the other one."""
        size = len(lists.occupied) // BUFFERS
        for buffer, count in enumerate(lists.counts):
            with m.If(self.release & (lists.reads == buffer)):
                m.d.sync += [
                    count.eq(0),
                    lists.full[buffer].eq(0),
                    lists.occupied[buffer * size : (buffer + 1) * size].eq(0),
                ]
            with m.Elif(lists.writes & (lists.place[lists.step_bits :] == buffer)):
                m.d.sync += count.eq(count + 1)
        with m.If(self.release):
            m.d.sync += lists.reads.eq(~lists.reads)


class _Lists:
    """The buffers, and the register between them and the values.

    Members
    -------
    words : memory: of each buffer the input behind each input, all ones behind the last, and from
        the end of its words the input in front of each list.
    fills, reads : numbers of the buffers that are filled and read.
    full : for each buffer, whether it holds a sample.
    occupied : for each step of each buffer, whether its list holds an input.
    counts : inputs of each buffer.
    held, value, row, constant, ends : the register: whether it holds an input; its value and
        number; it is the constant input; it is the last of the sample.
    leaves : the input leaves the register.
    found : the word that was read in the clock before.
    writes, place : its link is written in this clock, and it belongs in front of that list.
    fronts : it becomes the list's head in this clock, the one behind `writes`.
    left, closes : the last input has left, a clock and two ago.
    fresh : the row of a walk is new: what is behind it is read in this clock.
    """

    def __init__(self, plan: LearningPlan) -> None:
        self.step_bits = (plan.steps - 1).bit_length()
        # Heads lie behind the links of all inputs.
        words = plan.rows + (1 << self.step_bits)
        self.row_bits = (words - 1).bit_length()
        attrs: dict[str, Any] = {"no_rw_check": 1}
        if plan.behind_host and plan.family.name == "ecp5":
            # The weights of a large network and the host's queues take all block RAM of an
            # ECP5-25F; its LUTs are memories too.
            attrs["ram_style"] = "distributed"
        self.words = memory.Memory(
            shape=plan.row_bits, depth=BUFFERS << self.row_bits, init=[], attrs=attrs
        )
        self.read, self.write = self.words.read_port(), self.words.write_port()
        self.found = Signal(plan.row_bits, name="found")
        self.fills, self.reads = Signal(name="fills"), Signal(name="reads")
        self.full = Signal(BUFFERS, name="complete")
        self.occupied = Signal(BUFFERS << self.step_bits, name="occupied")
        self.counts = [Signal(plan.row_bits, name=f"count_{n}") for n in range(BUFFERS)]
        self.held, self.constant = Signal(name="held"), Signal(name="constant")
        self.value = Signal(plan.spec.value_bits, name="value", reset_less=True)
        self.row = Signal(plan.row_bits, name="held_row", reset_less=True)
        self.ends, self.leaves = Signal(name="ends"), Signal(name="leaves")
        self.writes, self.fronts = Signal(name="writes"), Signal(name="fronts")
        self.left, self.closes = Signal(name="left"), Signal(name="closes")
        self.fresh = Signal(name="fresh")
        self.place = Signal(self.step_bits + 1, name="place", reset_less=True)

    def of(self, bits: Value, buffer: Value) -> Value:
        """The bit of a buffer."""
        return choose(buffer, list(bits))

    def link(self, row: Value, buffer: Value) -> Value:
        """Address of the link behind an input."""
        return Cat(Cat(row, C(0, self.row_bits))[: self.row_bits], buffer)

    def head(self, place: Value) -> Value:
        """Address of the head of a list: they are counted from the end of the buffer's words."""
        step, buffer = place[: self.step_bits], place[self.step_bits :]
        return Cat(~step, C(-1, self.row_bits - self.step_bits), buffer)
