# amaranth: UnusedElaboratable=no
"""The sequencer of a convolution: each event visits the places of the kernel that see its input."""

from __future__ import annotations

from math import prod
from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring

from sc_hw.events.sequencer import sequencer_ports
from sc_hw.wires import gated
from sc_model.spec import ConvSpec

DECODING = 8  # clocks from an event to the first word of its window


def quotient(value: Value, divisor: int) -> Value:
    """The quotient of a value and a constant, rounded down, by a multiplication.

    With m = ceil(2^s / d), value * m >> s is exact for values of n bits where s >= n + log2(d)
    (Granlund & Montgomery 1994, theorem 4.2).
    """
    bits = len(value)
    if divisor & (divisor - 1) == 0:
        return value[divisor.bit_length() - 1 :] if divisor >> bits == 0 else C(0, 1)
    shift = bits + divisor.bit_length()
    factor = -(-(1 << shift) // divisor)
    return (value * factor)[shift : shift + bits]


class ConvSequencer(wiring.Component):
    """Issues the words of the kernel for each event, and the places of the image that they go to.

    Sums stand place by place, the channels of a place in one group or more of `lanes` each; the
    weights of one place of the kernel in as many words. An event at (y, x) of the padded image goes
    to the outputs from (y - height + 1, x - width + 1) to (y, x), of which a stride leaves some, as
    far as they are there, row by row, and to the channels of its group. No output may see an input:
    its event is dropped. The kernel is stored turned round, so that without a stride the words of a
    row follow each other. In front of a tick's first event, or of its end token, each sum takes the
    word of its channels' biases: `groups` clocks, in which nothing of the tick before is left. An
    event takes `decoding` clocks and then one for each word; so `loop` clocks lie between two
    additions to one sum. Domain ``sync``.

    Reset: at any time; the event under way is dropped.

    Parameters
    ----------
    spec : the layer; lanes divide the channels of a group.
    value_bits : bits of an event's value.
    sets : sets of sums; events go to the first one.
    loop : clocks that must lie between two additions to one sum.

    Members
    -------
    i_event, hold, issue, address, value, group, set, first, ended, used, restart : as those of
        `EventSequencer`.
    """

    def __init__(self, spec: ConvSpec, value_bits: int, sets: int, loop: int) -> None:
        self.spec, self.sets = spec, sets
        self.decoding = max(DECODING, loop - 1)
        super().__init__(sequencer_ports(spec.inputs, value_bits, spec.depth, spec.groups, sets))

    @property
    def event_clocks(self) -> int:
        """Most clocks of an event."""
        sizes = zip(self.spec.kernel, self.spec.stride, strict=True)
        outputs = prod(-(-size // step) for size, step in sizes)
        return self.decoding + self.spec.words_of_weights * outputs

    @property
    def tick_clocks(self) -> int:
        """Clocks of a tick without events."""
        return self.spec.groups + 1

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        window = _Window(m, self.spec)
        event = self.i_event.payload
        busy, filling, filled = Signal(name="busy"), Signal(name="filling"), Signal(name="filled")
        stage = Signal(range(self.decoding + 1), name="stage")
        place = Signal.like(self.address, name="place", reset_less=True)
        taken, over = Signal(name="taken"), Signal(name="over")
        at_end = self.group == self.spec.groups - 1
        # The window is in its registers one clock before its first word.
        decoded = busy & ~filling & (stage == self.decoding - 1)
        unseen = C(0, 1) if window.in_reach is None else decoded & ~window.in_reach
        m.d.comb += [
            self.issue.eq(busy & ((filling | (stage == self.decoding)) & ~self.hold)),
            over.eq((self.issue & Mux(filling, at_end, window.at_last)) | unseen),
            # The end token waits until the event in front of it is over: `ended` then says that all
            # words have been issued.
            self.i_event.ready.eq(filled & (~busy | (over & ~event.end)) & ~self.ended),
            taken.eq(self.i_event.valid & self.i_event.ready),
            self.address.eq(gated(place, by=busy)),
            self.first.eq(filling & busy),
            self.used.eq(filled),
        ]
        begins = self.i_event.valid & ~filled & ~busy
        with m.If(begins):
            m.d.sync += [filling.eq(1), self.group.eq(0), place.eq(self.spec.first_bias)]
            m.d.sync += [busy.eq(1), window.part.eq(0), self.value.eq(1)]
        with m.Elif(taken & ~event.end):
            m.d.sync += [busy.eq(1), window.column.eq(event.column), self.value.eq(event.value)]
            m.d.sync += stage.eq(0)
        with m.Elif(over):
            m.d.sync += [busy.eq(0), filling.eq(0)]
        with m.Elif(busy & ~filling & (stage != self.decoding)):
            m.d.sync += stage.eq(stage + 1)
            with m.If(stage == self.decoding - 1):
                m.d.sync += [self.group.eq(window.group), place.eq(window.word)]
                window.begin(m)
        with m.Elif(self.issue):
            m.d.sync += self.group.eq(self.group + 1 + gated(window.group_gap, by=~filling))
            with m.If(filling):
                m.d.sync += place.eq(Mux(window.at_bias, self.spec.first_bias, place + 1))
            with m.Else():
                m.d.sync += place.eq(place + 1 + window.word_gap)
            window.advance(m, filling)
        with m.If(self.restart):
            m.d.sync += [filled.eq(0), self.ended.eq(0)]
        with m.Else():
            with m.If(over & filling):
                m.d.sync += filled.eq(1)
            with m.If(taken & event.end):
                m.d.sync += self.ended.eq(1)
        return m


class _Window:
    """The places of the kernel that see an input: where they begin, and which of them are left.

    Members
    -------
    column : number of the input.
    part : which of a place's words is next.
    group, word : of the first issue of the window.
    seen : whether there is such an issue; None where there is one of each input.
    at_part, at_last : the next word is the last one of its place, of the window.
    at_bias : the next word of biases is the last one of its place.
    group_gap, word_gap : what is left out behind the next word, in groups and words.
    """

    def __init__(self, m: Module, spec: ConvSpec) -> None:
        self.spec = spec
        channels, height, width = spec.image
        inputs = max(1, (spec.inputs - 1).bit_length())
        self.column = Signal(inputs, name="column", reset_less=True)
        # Each register is one clock behind the one before: the channel, the place in it, the row;
        # the place behind pool and margin, the outputs that see it, and where they begin.
        channel = _register(m, "channel", channels, quotient(self.column, height * width))
        inner = _register(m, "inner", height * width, self.column - channel * (height * width))
        line = _register(m, "line", height, quotient(inner, width))
        across = Signal(range(max(2, width)), name="across")
        m.d.comb += across.eq(inner - line * width)
        own = quotient(channel, channels // spec.channel_groups)
        own = _register(m, "own_group", spec.channel_groups, own)
        self.rows = _Axis(m, "row", line, spec, 0)
        self.columns = _Axis(m, "column", across, spec, 1)
        in_reach = [
            axis.in_reach for axis in (self.rows, self.columns) if axis.in_reach is not None
        ]
        self.in_reach = Cat(in_reach).all() if in_reach else None
        parts, neighbours = spec.words_of_weights, spec.words_of_place
        kernel_words = spec.kernel[1] * parts
        of_channel = spec.kernel[0] * kernel_words
        source = _register(m, "source", spec.first_bias, channel * of_channel)
        corner = self.rows.first * spec.output[2] + self.columns.first
        corner = _register(m, "corner", spec.places, corner)
        word = source + self.rows.turned * kernel_words + self.columns.turned * parts
        self.word = _register(m, "first_word", spec.first_bias, word)
        self.group = _register(m, "first_group", spec.groups, corner * neighbours + own * parts)
        self.part = Signal(range(max(2, neighbours)), name="part", reset_less=True)
        self.at_part = self.part == parts - 1 if parts > 1 else C(1, 1)
        self.at_bias = self.part == neighbours - 1 if neighbours > 1 else C(1, 1)
        at_row = self.at_part & ~self.columns.left.any()
        self.at_last = at_row & ~self.rows.left.any()
        # What a place leaves out, and a row: the rest of a row of the kernel, and of the image.
        down, along = spec.stride
        in_row, count = self.at_part & ~at_row, self.columns.count
        self.word_gap = gated(C((along - 1) * parts), by=in_row) | gated(
            down * kernel_words - parts - count * (along * parts), by=at_row
        )
        self.group_gap = gated(C(neighbours - parts), by=in_row) | gated(
            spec.output[2] * neighbours - parts - count * neighbours, by=at_row
        )

    def begin(self, m: Module) -> None:
        """Take up the window of the column, where its registers have come up to it."""
        m.d.sync += self.part.eq(0)
        for axis in (self.rows, self.columns):
            if axis.most > 1:
                m.d.sync += axis.left.eq(axis.count)

    def advance(self, m: Module, filling: Value) -> None:
        """Go on to the next word; `filling`: of the biases."""
        columns, rows = self.columns, self.rows
        if self.spec.words_of_place > 1:
            over = self.at_part
            if self.spec.channel_groups > 1:
                over = Mux(filling, self.at_bias, over)
            m.d.sync += self.part.eq(gated(self.part + 1, by=~over))
        with m.If(self.at_part):
            at_row = ~columns.left.any()
            if columns.most > 1:
                m.d.sync += columns.left.eq(Mux(at_row, columns.count, columns.left - 1))
            with m.If(at_row):
                if rows.most > 1:
                    m.d.sync += rows.left.eq(rows.left - 1)


def _register(m: Module, name: str, values: int, next_value: Value) -> Value:
    """A register of a number of values; 0 where there is one value alone."""
    if values < 2:
        return C(0, 1)
    register = Signal(range(values), name=name, reset_less=True)
    m.d.sync += register.eq(next_value)
    return register


class _Axis:
    """One axis of a window: registers that follow the column.

    Members
    -------
    first : the first output.
    turned : its place in the kernel, which is stored turned round; a clock later.
    most : most outputs that see an input.
    count : outputs behind the first one; a clock later.
    left : outputs behind that of the next word.
    seen : whether an output sees the input; None where one sees each of them.
    """

    def __init__(self, m: Module, name: str, at: Value, spec: ConvSpec, axis: int) -> None:
        size, outputs, step = spec.kernel[axis], spec.output[axis + 1], spec.stride[axis]
        margin, pooled = spec.padding[axis], spec.pooled[axis + 1]
        self.most = -(-size // step)
        # What is left over at the edge of a pooled image counts as one more.
        left_over = spec.image[axis + 1] % spec.pool[axis] > 0
        values = max(pooled + 2 * margin, pooled + margin + left_over)
        here = _register(m, f"padded_{name}", values, quotient(at, spec.pool[axis]) + margin)
        # the first output is here - (size - 1), divided by the step and rounded up
        behind = here + (step - size)
        behind = quotient(behind[: len(here)] if step <= size else behind, step)
        high = quotient(here, step)
        high = Mux(high < outputs, high, outputs - 1)
        self.first = _register(m, f"first_{name}", values, Mux(here >= size - 1, behind, 0))
        last = _register(m, f"last_{name}", outputs, high)
        place = _register(m, f"at_{name}", values, here)
        self.in_reach: Value | None = self.first <= last if step > 1 else None
        if left_over:
            there = _register(m, f"there_{name}", 2, here < pooled + margin)
            self.in_reach = there if self.in_reach is None else there & self.in_reach
        turned = size - 1 - place + self.first * step
        self.turned = _register(m, f"turned_{name}", size, turned)
        self.left = Signal(range(max(2, self.most)), name=f"left_{name}", reset_less=True)
        self.count = _register(m, f"count_{name}", self.most, last - self.first)
