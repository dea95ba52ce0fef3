"""Claims about the sequencer of a convolution: which words it issues, and for which sums.

The input of the event under way is given by ghosts: numbers with which its column is channel, row
and column of the image, and place in a window of the pool; its channel one of a group, and row and
column a multiple of the stride and a rest. No division stands in the claims, so they say that those
of the hardware are exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from sc_hw.proof.bits import Bits, cat, mux
from sc_hw.proof.blocks.network.addresses import Clocks, same, violated
from sc_hw.proof.blocks.network.facts import EventCounterFacts
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_model.spec import ConvSpec

DECODING = 8  # clocks from an event to its first word, where additions need no more between them


@dataclass(frozen=True)
class _Input:
    """The input of an event: ghosts, in as many bits as all numbers of the claims have.

    Members
    -------
    channel : of the image.
    own : its group of channels.
    row, column : behind the pool; what the pool leaves over counts as one more.
    top, left : in the window of the pool.
    down, along : row and column of the padded image, divided by the stride.
    below, behind : what this division leaves.
    """

    channel: Bits
    own: Bits
    row: Bits
    column: Bits
    top: Bits
    left: Bits
    down: Bits
    along: Bits
    below: Bits
    behind: Bits

    @classmethod
    def of(cls, prover: Prover, name: str, bits: int) -> _Input:
        """New ghosts."""
        t = prover.terms
        names = (each.name for each in fields(cls))
        return cls(*(Bits(t, t.var(f"{each} of {name}", bits)) for each in names))

    def or_else(self, condition: Bits, other: _Input) -> _Input:
        """This input where a bit is 1, else another one."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return _Input(*(mux(condition, one, two) for one, two in pairs))

    def inside(self, spec: ConvSpec) -> Bits:
        """Whether the numbers are those of an input."""
        (down, along), inputs = spec.stride, spec.kernel_shape[1]
        places = [
            (self.line(spec), self.row, self.top, self.down.times(down) + self.below, self.below),
            (self.across(spec), self.column, self.left, self.along.times(along) + self.behind,
             self.behind),
        ]  # fmt: skip
        facts = [
            self.channel.below(spec.image[0]),
            self.own.below(spec.channel_groups),
            (self.channel - self.own.times(inputs)).below(inputs),
        ]
        for axis, (whole, number, rest, multiple, left) in enumerate(places):
            size = spec.image[axis + 1]
            facts += [
                whole.below(size),
                number.below(-(-size // spec.pool[axis])),
                rest.below(spec.pool[axis]),
                same(multiple, number + spec.padding[axis]),
                left.below(spec.stride[axis]),
                ~(number + spec.padding[axis]).below((self.down, self.along)[axis]),
            ]
        return cat(facts).all()

    def across(self, spec: ConvSpec) -> Bits:
        """Column of the image."""
        return self.column.times(spec.pool[1]) + self.left

    def line(self, spec: ConvSpec) -> Bits:
        """Row of the image."""
        return self.row.times(spec.pool[0]) + self.top

    def inner(self, spec: ConvSpec) -> Bits:
        """Place in its channel."""
        return self.line(spec).times(spec.image[2]) + self.across(spec)

    def number(self, spec: ConvSpec) -> Bits:
        """Number of the input."""
        return self.channel.times(spec.image[1] * spec.image[2]) + self.inner(spec)


class _Axis:
    """The outputs that see an input, along one axis.

    Members
    -------
    here : place in the padded image.
    first, last : of the outputs, if there are any.
    count : outputs behind the first one.
    turned : place of the first one in the kernel, which is stored turned round.
    seen : whether there are any.
    left_over : whether the pool leaves something over at the edge.
    there : it does not leave over this.
    most : most outputs that see an input.
    """

    def __init__(self, spec: ConvSpec, axis: int, of: _Input) -> None:
        at, multiple, rest = ((of.row, of.down, of.below), (of.column, of.along, of.behind))[axis]
        self.size, self.outputs, self.step = (
            spec.kernel[axis], spec.output[axis + 1], spec.stride[axis]
        )  # fmt: skip
        self.most = -(-self.size // self.step)
        margin, pooled = spec.padding[axis], spec.pooled[axis + 1]
        self.here = at + margin
        self.values = max(pooled + 2 * margin, -(-spec.image[axis + 1] // spec.pool[axis]) + margin)
        zero = Bits.const(at.terms, 0, len(at))
        # here - (size - 1) is (multiple - whole) x step + rest - part
        whole, part = divmod(self.size - 1, self.step)
        rounded_up = (~rest.below(part + 1)).wide(len(at))
        first = multiple - whole + rounded_up
        self.first = mux(self.here.below(self.size - 1), zero, first)
        end = Bits.const(at.terms, self.outputs - 1, len(at))
        self.last = mux(multiple.below(self.outputs), multiple, end)
        self.count = self.last - self.first
        # Place in the kernel of the first output's weight, turned round
        self.turned = self.first.times(self.step) - self.here + (self.size - 1)
        self.left_over = spec.image[axis + 1] % spec.pool[axis] > 0
        self.there = at.below(pooled)
        self.in_reach = self.there & ~self.last.below(self.first)


def _in_reach(spec: ConvSpec, of: _Input) -> Bits:
    """Whether an output sees an input."""
    return _Axis(spec, 0, of).in_reach & _Axis(spec, 1, of).in_reach


class _Sequencer:
    """The signals of the sequencer in some clock."""

    def __init__(self, clocks: Clocks, clock: int, spec: ConvSpec, bits: int, decoding: int):
        self.spec, self.clocks, self.bits, self.decoding = spec, clocks, bits, decoding

        def at(name: str) -> Bits:
            return clocks.at(clock, name)

        payload = at("i_event__payload")
        width = len(at("value"))
        self.end, self.event_value = payload[0], payload[len(payload) - width :]
        self.event_column = payload[1 : len(payload) - width].wide(bits)
        self.valid, self.ready, self.hold = at("i_event__valid"), at("i_event__ready"), at("hold")
        self.busy, self.filling, self.filled = at("busy"), at("filling"), at("filled")
        self.ended, self.restart, self.issue = at("ended"), at("restart"), at("issue")
        self.first, self.used, self.value = at("first"), at("used"), at("value")
        self.address = at("address").wide(bits)
        self.place, self.group = at("place").wide(bits), at("group").wide(bits)
        self.stage = at("stage")
        self.part = self._counter("part", spec.words_of_place, clock)
        self.transfer = self.valid & self.ready
        self.begins, self.token = self.transfer & ~self.end, self.transfer & self.end
        self.fills = self.valid & ~self.filled & ~self.busy
        self.visits = self.busy & ~self.filling
        self.issuing = self.visits & self.stage.equals(decoding)
        self.decoded = self.visits & self.stage.equals(decoding - 1)
        self.clock = clock

    def _counter(self, name: str, values: int, clock: int) -> Bits:
        """A register of a number of values; there is none for one value."""
        if values < 2:
            return self.clocks.const(0, self.bits)
        return self.clocks.at(clock, name).wide(self.bits)

    def register(self, name: str) -> Bits:
        """A register that may be one bit wide and never change."""
        return self.clocks.at(self.clock, name).wide(self.bits)

    def left(self, axis: str, size: int) -> Bits:
        """Outputs that are left along an axis."""
        return self._counter(f"left_{axis}", size, self.clock)

    def invariant(self, of: _Input, filled_places: Bits) -> Bits:
        """What holds in every state, for the input of the event under way.

        `filled_places`: places that have been filled, while a tick begins.
        """
        spec = self.spec
        rows, columns = _Axis(spec, 0, of), _Axis(spec, 1, of)
        parts, stage = spec.words_of_weights, self.stage
        in_reach, corner = (
            rows.in_reach & columns.in_reach,
            rows.first.times(spec.output[2]) + columns.first,
        )
        # those of part 0
        group = corner.times(spec.words_of_place) + of.own.times(parts)
        word = self.source(of) + rows.turned.times(spec.kernel[1] * parts)
        word = word + columns.turned.times(parts)
        reached = [~stage.below(number) for number in range(self.decoding + 1)]
        up_to = [
            (0, same(self.register("column"), of.number(spec))),
            (1, same(self._counter("channel", spec.image[0], self.clock), of.channel)),
            (
                2,
                same(
                    self._counter("inner", spec.image[1] * spec.image[2], self.clock),
                    of.inner(spec),
                ),
            ),
            (2, same(self._counter("own_group", spec.channel_groups, self.clock), of.own)),
            (3, same(self._counter("line", spec.image[1], self.clock), of.line(spec))),
            (2, same(self._counter("source", spec.first_bias, self.clock), self.source(of))),
            *self._of_axis("row", rows),
            *self._of_axis("column", columns),
            (6, in_reach.implies(same(self._counter("corner", spec.places, self.clock), corner))),
            (
                7,
                in_reach.implies(
                    same(self._counter("first_word", spec.first_bias, self.clock), word)
                ),
            ),
            (
                7,
                in_reach.implies(
                    same(self._counter("first_group", spec.groups, self.clock), group)
                ),
            ),
        ]
        decoded = [(self.visits & reached[number]).implies(fact) for number, fact in up_to]
        y, x = self.output(of)
        window = [
            rows.in_reach & columns.in_reach,
            ~rows.count.below(self.left("row", rows.most)),
            ~columns.count.below(self.left("column", columns.most)),
            self.part.below(parts),
            same(self.group, self.group_of(of, y, x)),
            same(self.place, self.word_of(of, y, x)),
        ]
        filling = [
            same(self.group, filled_places.times(spec.words_of_place) + self.part),
            same(self.place, self.part + spec.first_bias),
            self.part.below(spec.words_of_place),
            filled_places.below(spec.places),
            same(self.value, self.clocks.const(1, len(self.value))),
        ]
        return cat(
            [
                of.inside(spec),
                stage.below(self.decoding + 1),
                self.filling.implies(self.busy & ~self.filled),
                self.visits.implies(self.filled),
                self.ended.implies(self.filled & ~self.busy),
                *decoded,
                *(self.issuing.implies(fact) for fact in window),
                *(self.filling.implies(fact) for fact in filling),
            ]
        ).all()

    def _of_axis(self, name: str, axis: _Axis) -> Iterator[tuple[int, Bits]]:
        """What the registers of an axis hold, from a stage on."""
        yield 4, same(self._counter(f"padded_{name}", axis.values, self.clock), axis.here)
        yield 5, same(self._counter(f"first_{name}", axis.values, self.clock), axis.first)
        yield 5, same(self._counter(f"last_{name}", axis.outputs, self.clock), axis.last)
        yield 5, same(self._counter(f"at_{name}", axis.values, self.clock), axis.here)
        if axis.left_over:
            yield 5, same(self.clocks.at(self.clock, f"there_{name}"), axis.there)
        turned = same(self._counter(f"turned_{name}", axis.size, self.clock), axis.turned)
        yield 6, axis.in_reach.implies(turned)
        count = same(self._counter(f"count_{name}", axis.most, self.clock), axis.count)
        yield 6, axis.in_reach.implies(count)

    def source(self, of: _Input) -> Bits:
        """Number of the first word of the weights of the input's channel."""
        return of.channel.times(
            self.spec.kernel[0] * self.spec.kernel[1] * self.spec.words_of_weights
        )

    def output(self, of: _Input) -> tuple[Bits, Bits]:
        """Row and column of the output whose word is next."""
        spec = self.spec
        rows, columns = _Axis(spec, 0, of), _Axis(spec, 1, of)
        y = rows.last - self.left("row", rows.most)
        return y, columns.last - self.left("column", columns.most)

    def group_of(self, of: _Input, y: Bits, x: Bits) -> Bits:
        """Number of the group of neurons of an output and part, in the input's channels."""
        spec = self.spec
        place = y.times(spec.output[2]) + x
        return place.times(spec.words_of_place) + of.own.times(spec.words_of_weights) + self.part

    def word_of(self, of: _Input, y: Bits, x: Bits) -> Bits:
        """Number of the word with the weights from the input to that output."""
        spec = self.spec
        rows, columns = _Axis(spec, 0, of), _Axis(spec, 1, of)
        # the kernel's row and column with which the output sees the input, stored turned round
        row, column = y.times(rows.step) - rows.here, x.times(columns.step) - columns.here
        turned = of.channel.times(spec.kernel[0]) + row + (spec.kernel[0] - 1)
        place = turned.times(spec.kernel[1]) + column + (spec.kernel[1] - 1)
        return place.times(spec.words_of_weights) + self.part


def prove_conv_sequencer(
    prover: Prover, net: Netlist, spec: ConvSpec, facts: EventCounterFacts
) -> None:
    """Add the claims about the sequencer of a convolution to the prover."""
    label = f"layer {spec.name}, sequencer"
    decoding = max(DECODING, facts.loop - 1)
    # all numbers of the claims, and differences of them
    bits = max(spec.inputs, spec.depth, spec.groups).bit_length() + 3
    clocks = Clocks(prover, net, 1)
    now, then = (_Sequencer(clocks, clock, spec, bits, decoding) for clock in (0, 1))
    under_way = _Input.of(prover, "the event under way", bits)
    next_one = _Input.of(prover, "the next event", bits)
    places = Bits(prover.terms, prover.terms.var("places filled", bits))
    # The layer restarts it only when the tick has ended; the scanner gives inputs of the layer.
    assumptions = [
        *clocks.quiet,
        now.invariant(under_way, places).holds,
        next_one.inside(spec).holds,
        now.begins.implies(same(now.event_column, next_one.number(spec))).holds,
        (~now.restart | now.ended).holds,
    ]
    next_under_way = next_one.or_else(now.begins, under_way)
    at_part = now.part.equals(spec.words_of_place - 1)
    filled = mux(now.issue & at_part, places + 1, places).gated(~now.fills)
    over_fill = now.issue & now.filling & now.group.equals(spec.groups - 1)
    filled = mux(over_fill, clocks.const(0, bits), filled)
    prover.claim(
        f"{label}: the window of an event",
        "from an event on the registers hold channel, row and column of its input, those of the"
        " padded image, and the outputs that see it; while its words are issued, group and word are"
        " those of an output that sees it, and of the weight with which it does",
        violated(then.invariant(next_under_way, filled)),
        assumptions,
        {"place": now.place.term, "group": now.group.term},
    )
    _prove_words(prover, clocks, now, then, under_way, label, assumptions)
    over = _over(now, under_way) | (now.decoded & ~_in_reach(spec, under_way))
    _prove_tick(prover, now, then, label, assumptions, over_fill, over)
    _prove_distance(prover, net, facts, spec, bits, decoding, label)
    prover.claim(
        f"{label}: after a reset",
        "a reset drops the event under way, and no set counts as used",
        violated(~then.busy, ~then.filling, ~then.filled, ~then.ended, ~then.used.any()),
        [prover.on(clocks.frames.at(0, "rst"))],
    )


def _over(now: _Sequencer, of: _Input) -> Bits:
    """The last word of the event under way is issued in this clock."""
    spec = now.spec
    none_left = (
        now.left("row", _Axis(spec, 0, of).most).equals(0)
        & now.left("column", _Axis(spec, 1, of).most).equals(0)
        & now.part.equals(spec.words_of_weights - 1)
    )
    return now.issue & ~now.filling & none_left


def _prove_words(
    prover: Prover,
    clocks: Clocks,
    now: _Sequencer,
    then: _Sequencer,
    of: _Input,
    label: str,
    assumptions: list[Any],
) -> None:
    """Each output of the window is visited once, row by row."""
    spec, bits = now.spec, now.bits
    rows, columns = _Axis(spec, 0, of), _Axis(spec, 1, of)
    (y, x), (next_y, next_x) = now.output(of), then.output(of)
    over, in_reach = _over(now, of), _in_reach(spec, of)
    at_part = now.part.equals(spec.words_of_weights - 1)
    at_row = at_part & same(x, columns.last)
    goes_on = now.issuing & now.issue & ~over
    starts = now.decoded & in_reach
    expected_x = mux(at_row, columns.first, mux(at_part, x + 1, x))
    expected_part = mux(at_part, clocks.const(0, bits), now.part + 1)
    stays = (now.issuing & ~now.issue).implies(
        same(next_y, y) & same(next_x, x) & same(then.part, now.part) & then.issuing
    )
    prover.claim(
        f"{label}: the words of an event",
        "an event issues the words of each output that sees its input, from the first one on, row"
        " by row, each once, with its value, and none where no output sees it; nothing else is"
        " issued but the biases, and nothing while `hold` is high",
        violated(
            same(now.issue, (now.filling | now.issuing) & now.busy & ~now.hold),
            same(now.address, now.place.gated(now.busy)),
            now.issue.implies(now.address.below(spec.depth) & now.group.below(spec.groups)),
            starts.implies(
                then.issuing
                & same(next_y, rows.first)
                & same(next_x, columns.first)
                & then.part.equals(0)
            ),
            goes_on.implies(
                then.issuing
                & same(next_y, mux(at_row, y + 1, y))
                & same(next_x, expected_x)
                & same(then.part, expected_part)
            ),
            stays,
            # The last one is the last output of the window, with the last part.
            over.implies(same(y, rows.last) & same(x, columns.last) & at_part),
            same(now.first, now.filling),
            now.begins.implies(same(then.value, now.event_value) & then.stage.equals(0)),
            (now.visits & ~now.begins).implies(same(then.value, now.value)),
            (now.visits & now.stage.below(now.decoding) & ~(now.decoded & ~in_reach)).implies(
                same(then.stage, now.stage + 1) & then.visits
            ),
            (now.decoded & ~in_reach).implies(~then.issuing & same(then.busy, now.begins)),
        ),
        assumptions,
        {"place": now.place.term, "group": now.group.term},
    )


def _prove_tick(
    prover: Prover,
    now: _Sequencer,
    then: _Sequencer,
    label: str,
    assumptions: list[Any],
    over_fill: Bits,
    over: Bits,
) -> None:
    """Sums begin with their biases; events follow, and the end token comes last."""
    spec = now.spec
    issues = now.issue & now.filling
    at_part = now.part.equals(spec.words_of_place - 1)
    bias = mux(at_part, now.clocks.const(spec.first_bias, now.bits), now.place + 1)
    prover.claim(
        f"{label}: the sums begin",
        f"before anything is taken in a tick each of the {spec.groups} groups gets the word of its"
        " channels' biases, once, in order, and loses what it had",
        violated(
            now.fills.implies(
                then.filling & then.group.equals(0) & then.place.equals(spec.first_bias)
            ),
            (issues & ~over_fill).implies(
                then.filling & same(then.group, now.group + 1) & same(then.place, bias)
            ),
            (now.filling & ~now.issue).implies(
                then.filling & same(then.group, now.group) & same(then.place, now.place)
            ),
            over_fill.implies(~then.filling & ~then.busy),
            same(then.filled, (now.filled | over_fill) & ~now.restart),
            same(now.used[0], now.filled),
            now.transfer.implies(now.filled),
        ),
        assumptions,
    )
    prover.claim(
        f"{label}: end of a tick",
        "the end token is taken when the words of all events have been issued; then nothing is"
        " taken until the restart",
        violated(
            same(then.ended, (now.ended | now.token) & ~now.restart),
            now.token.implies(~now.busy),
            now.ended.implies(~now.transfer & ~now.issue & ~now.fills),
            same(now.ready, now.filled & ~now.ended & (~now.busy | (over & ~now.end))),
            same(
                then.busy,
                now.begins | now.fills | (now.busy & ~over & ~over_fill),
            ),
        ),
        assumptions,
    )


def _prove_distance(
    prover: Prover,
    net: Netlist,
    facts: EventCounterFacts,
    spec: ConvSpec,
    bits: int,
    decoding: int,
    label: str,
) -> None:
    """Two issues to the same sums are far enough apart."""
    clocks = Clocks(prover, net, facts.loop)
    steps = [_Sequencer(clocks, clock, spec, bits, decoding) for clock in range(facts.loop)]
    inputs = [_Input.of(prover, f"event {clock}", bits) for clock in range(facts.loop)]
    start, under_way = steps[0], _Input.of(prover, "the event under way", bits)
    places = Bits(prover.terms, prover.terms.var("places filled", bits))
    near = [
        (start.issue & step.issue).implies(~same(step.group, start.group)) for step in steps[1:]
    ]
    assumptions = [
        (step.begins.implies(same(step.event_column, each.number(spec)) & each.inside(spec))).holds
        for step, each in zip(steps, inputs, strict=True)
    ]
    prover.claim(
        f"{label}: distance of additions",
        f"within {facts.loop - 1} clocks behind an issue there is no other one to the same sums of"
        " the tick",
        violated(*near),
        [
            *clocks.quiet,
            start.invariant(under_way, places).holds,
            *assumptions,
            *((~step.restart).holds for step in steps),
        ],
    )
