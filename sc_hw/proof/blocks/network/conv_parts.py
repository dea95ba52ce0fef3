"""Claims about the sequencer of a convolution: which words it issues, and for which sums.

The input of the event under way is given by ghosts: numbers with which its column is channel, row
and column of the image, and place in a window of the pool. No division stands in the claims, so
they say that those of the hardware are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sc_hw.proof.bits import Bits, cat, mux
from sc_hw.proof.blocks.network.addresses import Clocks, same, violated
from sc_hw.proof.blocks.network.facts import EventCounterFacts
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_model.spec import ConvSpec

DECODING = 6  # clocks from an event to its first word, where additions need no more between them


@dataclass(frozen=True)
class _Input:
    """The input of an event: ghosts, in as many bits as all numbers of the claims have.

    Members
    -------
    channel : of the image.
    row, column : behind the pool.
    top, left : in the window of the pool.
    """

    channel: Bits
    row: Bits
    column: Bits
    top: Bits
    left: Bits

    @classmethod
    def of(cls, prover: Prover, name: str, bits: int) -> _Input:
        """New ghosts."""
        t = prover.terms
        names = ("channel", "row", "column", "top", "left")
        return cls(*(Bits(t, t.var(f"{each} of {name}", bits)) for each in names))

    def or_else(self, condition: Bits, other: _Input) -> _Input:
        """This input where a bit is 1, else another one."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return _Input(*(mux(condition, one, two) for one, two in pairs))

    def inside(self, spec: ConvSpec) -> Bits:
        """Whether the numbers are those of an input."""
        channels, height, width = spec.pooled
        limits = (channels, height, width, *spec.pool)
        pairs = zip(vars(self).values(), limits, strict=True)
        return cat([number.below(limit) for number, limit in pairs]).all()

    def line(self, spec: ConvSpec) -> Bits:
        """Row of the image."""
        return self.row.times(spec.pool[0]) + self.top

    def inner(self, spec: ConvSpec) -> Bits:
        """Place in its channel."""
        across = self.column.times(spec.pool[1]) + self.left
        return self.line(spec).times(spec.image[2]) + across

    def number(self, spec: ConvSpec) -> Bits:
        """Number of the input."""
        return self.channel.times(spec.image[1] * spec.image[2]) + self.inner(spec)


class _Axis:
    """The outputs that see an input, along one axis."""

    def __init__(self, spec: ConvSpec, axis: int, at: Bits) -> None:
        self.size, self.most = spec.kernel[axis], spec.output[axis + 1]
        self.here = at + spec.padding[axis]
        self.padded = spec.pooled[axis + 1] + 2 * spec.padding[axis]
        zero = Bits.const(at.terms, 0, len(at))
        clipped = self.here.below(self.size - 1)
        self.first = mux(clipped, zero, self.here - (self.size - 1))
        end = Bits.const(at.terms, self.most - 1, len(at))
        self.last = mux(self.here.below(self.most), self.here, end)
        self.count = self.last - self.first


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
        self.taken = self.valid & self.ready
        self.begins, self.token = self.taken & ~self.end, self.taken & self.end
        self.fills = self.valid & ~self.filled & ~self.busy
        self.visits = self.busy & ~self.filling
        self.issuing = self.visits & self.stage.equals(decoding)
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
        rows, columns = _Axis(spec, 0, of.row), _Axis(spec, 1, of.column)
        parts, stage = spec.words_of_place, self.stage
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
            (3, same(self._counter("line", spec.image[1], self.clock), of.line(spec))),
            (4, same(self._counter("padded_row", rows.padded, self.clock), rows.here)),
            (4, same(self._counter("padded_column", columns.padded, self.clock), columns.here)),
            (5, same(self._counter("count_row", spec.kernel[0], self.clock), rows.count)),
            (5, same(self._counter("count_column", spec.kernel[1], self.clock), columns.count)),
        ]
        decoded = [(self.visits & reached[number]).implies(fact) for number, fact in up_to]
        y, x = self.output(of)
        window = [
            ~rows.count.below(self.left("row", spec.kernel[0])),
            ~columns.count.below(self.left("column", spec.kernel[1])),
            self.part.below(parts),
            same(self.group, self.group_of(y, x)),
            same(self.place, self.word_of(of, y, x)),
        ]
        filling = [
            same(self.group, filled_places.times(parts) + self.part),
            same(self.place, self.part + spec.first_bias),
            self.part.below(parts),
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

    def output(self, of: _Input) -> tuple[Bits, Bits]:
        """Row and column of the output whose word is next."""
        spec = self.spec
        rows, columns = _Axis(spec, 0, of.row), _Axis(spec, 1, of.column)
        y = rows.last - self.left("row", spec.kernel[0])
        return y, columns.last - self.left("column", spec.kernel[1])

    def group_of(self, y: Bits, x: Bits) -> Bits:
        """Number of the group of neurons of an output and part."""
        spec = self.spec
        place = y.times(spec.output[2]) + x
        return place.times(spec.words_of_place) + self.part

    def word_of(self, of: _Input, y: Bits, x: Bits) -> Bits:
        """Number of the word with the weights from the input to that output."""
        spec = self.spec
        rows, columns = _Axis(spec, 0, of.row), _Axis(spec, 1, of.column)
        # the kernel's row and column with which the output sees the input, stored turned round
        row, column = y - rows.here, x - columns.here
        turned = of.channel.times(spec.kernel[0]) + row + (spec.kernel[0] - 1)
        place = turned.times(spec.kernel[1]) + column + (spec.kernel[1] - 1)
        return place.times(spec.words_of_place) + self.part


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
    known = [
        *clocks.quiet,
        now.invariant(under_way, places).holds,
        next_one.inside(spec).holds,
        now.begins.implies(same(now.event_column, next_one.number(spec))).holds,
        (~now.restart | now.ended).holds,
    ]
    kept = next_one.or_else(now.begins, under_way)
    at_part = now.part.equals(spec.words_of_place - 1)
    filled = mux(now.issue & at_part, places + 1, places).gated(~now.fills)
    over_fill = now.issue & now.filling & now.group.equals(spec.groups - 1)
    filled = mux(over_fill, clocks.const(0, bits), filled)
    prover.claim(
        f"{label}: the window of an event",
        "from an event on the registers hold channel, row and column of its input, those of the"
        " padded image, and the outputs that see it; while its words are issued, group and word are"
        " those of an output that sees it, and of the weight with which it does",
        violated(then.invariant(kept, filled)),
        known,
        {"place": now.place.term, "group": now.group.term},
    )
    _prove_words(prover, clocks, now, then, under_way, label, known)
    _prove_tick(prover, now, then, label, known, over_fill)
    _prove_distance(prover, net, facts, spec, bits, decoding, label)
    prover.claim(
        f"{label}: after a reset",
        "a reset drops the event under way, and no set counts as used",
        violated(~then.busy, ~then.filling, ~then.filled, ~then.ended, ~then.used.any()),
        [prover.on(clocks.frames.at(0, "rst"))],
    )


def _over(now: _Sequencer) -> Bits:
    """The last word of the event under way is issued in this clock."""
    none_left = (
        now.left("row", now.spec.kernel[0]).equals(0)
        & now.left("column", now.spec.kernel[1]).equals(0)
        & now.part.equals(now.spec.words_of_place - 1)
    )
    return now.issue & ~now.filling & none_left


def _prove_words(
    prover: Prover,
    clocks: Clocks,
    now: _Sequencer,
    then: _Sequencer,
    of: _Input,
    label: str,
    known: list[Any],
) -> None:
    """Each output of the window is visited once, row by row."""
    spec, bits = now.spec, now.bits
    rows, columns = _Axis(spec, 0, of.row), _Axis(spec, 1, of.column)
    (y, x), (next_y, next_x) = now.output(of), then.output(of)
    over = _over(now)
    at_part = now.part.equals(spec.words_of_place - 1)
    at_row = at_part & same(x, columns.last)
    goes_on = now.issuing & now.issue & ~over
    starts = now.visits & now.stage.equals(now.decoding - 1)
    wanted_x = mux(at_row, columns.first, mux(at_part, x + 1, x))
    wanted_part = mux(at_part, clocks.const(0, bits), now.part + 1)
    held = (now.visits & ~now.issue & ~starts & now.stage.equals(now.decoding)).implies(
        same(next_y, y) & same(next_x, x) & same(then.part, now.part) & then.issuing
    )
    prover.claim(
        f"{label}: the words of an event",
        "an event issues the words of each output that sees its input, from the first one on, row"
        " by row, each once, with its value; nothing else is issued but the biases, and nothing"
        " while `hold` is high",
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
                & same(next_x, wanted_x)
                & same(then.part, wanted_part)
            ),
            held,
            # The last one is the last output of the window, with the last part.
            over.implies(same(y, rows.last) & same(x, columns.last) & at_part),
            same(now.first, now.filling),
            now.begins.implies(same(then.value, now.event_value) & then.stage.equals(0)),
            (now.visits & ~now.begins).implies(same(then.value, now.value)),
            (now.visits & now.stage.below(now.decoding) & ~now.begins).implies(
                same(then.stage, now.stage + 1) & then.visits
            ),
        ),
        known,
        {"place": now.place.term, "group": now.group.term},
    )


def _prove_tick(
    prover: Prover,
    now: _Sequencer,
    then: _Sequencer,
    label: str,
    known: list[Any],
    over_fill: Bits,
) -> None:
    """Sums begin with their biases; events follow, and the end token comes last."""
    spec, over = now.spec, _over(now)
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
            now.taken.implies(now.filled),
        ),
        known,
    )
    prover.claim(
        f"{label}: end of a tick",
        "the end token is taken when the words of all events have been issued; then nothing is"
        " taken until the restart",
        violated(
            same(then.ended, (now.ended | now.token) & ~now.restart),
            now.token.implies(~now.busy),
            now.ended.implies(~now.taken & ~now.issue & ~now.fills),
            same(now.ready, now.filled & ~now.ended & (~now.busy | (over & ~now.end))),
            same(
                then.busy,
                now.begins | now.fills | (now.busy & ~over & ~over_fill),
            ),
        ),
        known,
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
    known = [
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
            *known,
            *((~step.restart).holds for step in steps),
        ],
    )
