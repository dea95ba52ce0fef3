"""What is proved of the order in which a layer's synapses are worked on: for every size of a layer
at once.

The sequencer stands alone with its sizes as ports, held at one arbitrary value each. What holds
after a reset and is kept by every clock holds for ever. How many clocks lie between two events is
counted by variables of the proof that run along (*ghosts*): no sweep has to be unrolled, however
long it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sc_hw.proof.blocks.bank import Frames
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_model.graph.smt import K

SIZES = ("last_row", "last_pause", "last_group")


class _Sizes:
    """The sizes of a layer as vectors wide enough for any product of them."""

    def __init__(self, prover: Prover, frames: Frames) -> None:
        t = prover.terms
        ports = [frames.inputs[0][name] for name in SIZES]
        self.width = sum(t.width(port) for port in ports) + 4
        self.prover = prover
        self.last_row, self.last_pause, self.last_group = (self.wide(port) for port in ports)
        self.rows, self.groups = self.plus(self.last_row, 1), self.plus(self.last_group, 1)
        self.slots = t(K.BV_ADD, self.rows, self.plus(self.last_pause, 1))
        self.group_bits = t.width(ports[2])
        self.lap_bits = self.group_bits + max(t.width(ports[0]), t.width(ports[1])) + 1
        self.of_rows = _Multiples(self, "rows", self.rows)
        self.of_slots = _Multiples(self, "slots", self.slots)

    def wide(self, vector: Any) -> Any:
        """A vector at full width."""
        t = self.prover.terms
        return t(K.BV_ZERO_EXTEND, vector, indices=(self.width - t.width(vector),))

    def const(self, value: int) -> Any:
        """A constant at full width."""
        return self.prover.terms.const(value, self.width)

    def plus(self, vector: Any, more: int) -> Any:
        """A vector and a constant."""
        return self.prover.terms(K.BV_ADD, vector, self.const(more))


class _Multiples:
    """Multiples of a vector without a multiplier, which the solver could not get past: each is any
    number at all but for the few laws of multiplication that are needed, which are claims of their
    own.
    """

    def __init__(self, sizes: _Sizes, name: str, by: Any) -> None:
        self.sizes, self.name, self.by = sizes, name, by
        self.made: list[tuple[Any, Any]] = []
        self.known: list[Any] = []

    def laws(self, x: Any, product: Any, other: Any, other_product: Any) -> dict[str, Any]:
        """What is known of two products."""
        prover, t, s = self.sizes.prover, self.sizes.prover.terms, self.sizes
        zero, name = s.const(0), self.name
        few = t(K.BV_ULE, x, s.const(1 << s.group_bits))
        some = prover.both(t(K.DISTINCT, x, zero), few)
        return {
            f"0 x {name} = 0": prover.implies(t(K.EQUAL, x, zero), t(K.EQUAL, product, zero)),
            f"x x {name} is at least {name}, from x = 1 to more than any group": prover.implies(
                some, t(K.BV_UGE, product, self.by)
            ),
            f"x x {name} is below 2^{s.lap_bits}, up to there": prover.implies(
                some, t(K.BV_ULE, product, s.const(1 << s.lap_bits))
            ),
            f"x x {name} depends on x alone": prover.implies(
                t(K.EQUAL, x, other), t(K.EQUAL, product, other_product)
            ),
            f"(y + 1) x {name} = y x {name} + {name}": prover.implies(
                t(K.EQUAL, x, s.plus(other, 1)),
                t(K.EQUAL, product, t(K.BV_ADD, other_product, self.by)),
            ),
        }

    def __call__(self, x: Any) -> Any:
        """x times the vector."""
        for other, product in self.made:
            if other == x:
                return product
        product = self.sizes.prover.terms.var(f"{self.name} x {len(self.made)}", self.sizes.width)
        self.made.append((x, product))
        for other, other_product in self.made:
            self.known += [
                *self.laws(x, product, other, other_product).values(),
                *self.laws(other, other_product, x, product).values(),
            ]
        return product

    def prove(self, label: str, given: list[Any]) -> None:
        """The laws hold of multiplication."""
        prover, t, width = self.sizes.prover, self.sizes.prover.terms, self.sizes.width
        x, other = t.var("x", width), t.var("y", width)
        laws = self.laws(x, t(K.BV_MUL, x, self.by), other, t(K.BV_MUL, other, self.by))
        for law, fact in laws.items():
            prover.claim(
                f"layer sequencer{label}: {law}",
                "a law of multiplication that other claims use",
                prover.no(fact),
                given,
            )


@dataclass
class _Clock:
    """The sequencer in one clock, its counters at full width."""

    prover: Prover
    frames: Frames
    sizes: _Sizes
    number: int

    def bit(self, name: str) -> Any:
        """Whether a signal is high."""
        return self.prover.on(self.frames.at(self.number, name))

    def value(self, name: str) -> Any:
        """A counter."""
        return self.sizes.wide(self.frames.at(self.number, name))

    def invariant(self) -> list[Any]:
        """What holds in every clock after a reset."""
        prover, t, s, bit = self.prover, self.prover.terms, self.sizes, self.bit
        row, pause, group = self.value("row"), self.value("pause"), self.value("group")
        zero = s.const(0)

        def same(fact: Any, other: Any) -> Any:
            return t(K.EQUAL, fact, other)

        place = t(K.BV_EXTRACT, self.place(), indices=(self._address - 1, 0))
        return [
            t(K.BV_ULE, row, s.last_row),
            same(bit("at_last_row"), same(row, s.last_row)),
            t(K.EQUAL, self.frames.at(self.number, "address"), place),
            prover.either(
                bit("pausing"),
                bit("going"),
                prover.both(bit("first"), t(K.BV_ULE, row, s.const(1))),
            ),
            same(
                bit("at_start"),
                prover.both(prover.no(bit("pausing")), same(row, zero), same(group, zero)),
            ),
            t(K.BV_ULE, pause, s.last_pause),
            t(K.BV_ULE, group, s.last_group),
            same(bit("at_end"), prover.both(bit("at_last_row"), bit("at_last_group"))),
            same(bit("at_last_pause"), prover.both(bit("pausing"), same(pause, s.last_pause))),
            same(bit("at_last_group"), same(group, s.last_group)),
            same(bit("first"), same(group, zero)),
            prover.implies(
                bit("pausing"), prover.both(same(row, zero), prover.no(bit("at_start")))
            ),
            prover.implies(prover.no(bit("pausing")), same(pause, zero)),
            prover.implies(bit("pausing"), prover.no(bit("going"))),
            same(bit("end"), prover.both(bit("pausing"), same(pause, zero))),
        ]

    @property
    def _address(self) -> int:
        return self.prover.terms.width(self.frames.at(self.number, "address"))

    def place(self) -> Any:
        """Where the next synapse lies: group * rows + row; behind a group's last row, the next
        group's first.
        """
        prover, t, s = self.prover, self.prover.terms, self.sizes
        group = self.value("group")
        behind = t(
            K.ITE,
            prover.on(self.frames.at(self.number, "at_last_group")),
            s.const(0),
            s.plus(group, 1),
        )
        turn = t(K.ITE, self.bit("pausing"), behind, group)
        return t(K.BV_ADD, s.of_rows(turn), self.value("row"))


def prove_layer_sequencer(prover: Prover, net: Netlist, label: str = "") -> None:
    """Claims about a lone sequencer with ports of some width."""
    t = prover.terms
    frames = Frames(net, 2, constant=SIZES)
    sizes = _Sizes(prover, frames)
    clocks = [_Clock(prover, frames, sizes, number) for number in range(3)]
    now, then = clocks[0], clocks[1]
    legal = [
        t(K.BV_UGE, sizes.last_row, sizes.const(1)),
        t(K.BV_UGE, sizes.last_group, sizes.const(1)),
    ]
    no_reset = [prover.off(frames.at(clock, "rst")) for clock in range(2)]
    holds = [*legal, *no_reset, *now.invariant()]
    names = ("row", "pause", "group", "address", "going", "pausing", "at_start", "issue", "end")
    shown = {name: frames.inputs[0][name] for name in SIZES}
    shown |= {f"{name}@{clock}": frames.at(clock, name) for name in names for clock in range(3)}

    def claim(name: str, statement: str, bad: Any, given: list[Any]) -> None:
        known = [*sizes.of_rows.known, *sizes.of_slots.known]
        prover.claim(f"layer sequencer{label}: {name}", statement, bad, [*given, *known], shown)

    sizes.of_rows.prove(label, legal)
    sizes.of_slots.prove(label, legal)

    broken = prover.either(*(prover.no(fact) for fact in then.invariant()))
    claim(
        "invariant after reset",
        "reset leads to a state in which the invariant holds",
        broken,
        [*legal, prover.on(frames.at(0, "rst"))],
    )
    claim("invariant kept", "a clock leads from the invariant to the invariant", broken, holds)
    _order(prover, clocks, holds, claim)
    _distances(prover, clocks, holds, claim)


def _order(prover: Prover, clocks: list[_Clock], holds: list[Any], claim: Any) -> None:
    t, now, then, sizes = prover.terms, clocks[0], clocks[1], clocks[0].sizes
    frames = now.frames
    issue, last_row, last_group = (
        now.bit("issue"),
        t(K.EQUAL, now.value("row"), sizes.last_row),
        now.bit("last"),
    )
    here = t(K.BV_ADD, sizes.of_rows(now.value("group")), now.value("row"))
    width = t.width(frames.at(0, "address"))
    claim(
        "address",
        "the word of a synapse is group * rows + row (modulo the width of an address)",
        prover.both(
            issue, t.differ(frames.at(0, "address"), t(K.BV_EXTRACT, here, indices=(width - 1, 0)))
        ),
        holds,
    )
    wanted = t(K.ITE, last_row, sizes.const(0), sizes.plus(now.value("row"), 1))
    claim(
        "rows",
        "behind row r comes r + 1, behind the last 0",
        prover.both(issue, t.differ(then.value("row"), wanted)),
        holds,
    )
    claim(
        "rows wait",
        "without a synapse the row stays",
        prover.both(prover.no(issue), t.differ(then.value("row"), now.value("row"))),
        holds,
    )
    wanted = t(K.ITE, last_group, sizes.const(0), sizes.plus(now.value("group"), 1))
    moves = prover.both(now.bit("pausing"), t(K.EQUAL, now.value("pause"), sizes.last_pause))
    claim(
        "groups",
        "at the end of a pause, and never else, the next group begins; behind the last the first",
        t.differ(then.value("group"), t(K.ITE, moves, wanted, now.value("group"))),
        holds,
    )
    claim(
        "first and last",
        "`first` and `last` are high in the first and in the last group alone",
        prover.either(
            prover.no(t(K.EQUAL, now.bit("first"), t(K.EQUAL, now.value("group"), sizes.const(0)))),
            prover.no(t(K.EQUAL, last_group, t(K.EQUAL, now.value("group"), sizes.last_group))),
        ),
        holds,
    )
    claim(
        "end",
        "`end` is high in the clock after a group's last row, and never else",
        prover.no(t(K.EQUAL, then.bit("end"), prover.both(issue, last_row))),
        holds,
    )
    claim(
        "end without a synapse",
        "no synapse is issued while `end` is high",
        prover.both(issue, now.bit("end")),
        holds,
    )
    claim(
        "no clock lost",
        "behind the first row no group but the first waits: a synapse is issued in every clock"
        " outside pauses",
        prover.both(prover.no(now.bit("pausing")), prover.no(now.bit("first")), prover.no(issue)),
        holds,
    )
    claim(
        "transfers",
        "in the first group a synapse is issued just when a transfer is taken",
        prover.both(
            now.bit("first"),
            prover.no(t(K.EQUAL, issue, prover.both(now.bit("i_valid"), now.bit("i_ready")))),
        ),
        holds,
    )
    claim(
        "no other transfers",
        "no transfer is taken in any other group",
        prover.both(prover.no(now.bit("first")), now.bit("i_ready")),
        holds,
    )
    claim(
        "start",
        "`start` is high with the first synapse of a sweep, and never else",
        prover.no(
            t(
                K.EQUAL,
                now.bit("start"),
                prover.both(
                    issue,
                    t(K.EQUAL, now.value("row"), sizes.const(0)),
                    t(K.EQUAL, now.value("group"), sizes.const(0)),
                ),
            )
        ),
        holds,
    )
    claim(
        "closed",
        "a clock after `open` has gone no sweep begins",
        prover.both(then.bit("start"), prover.no(now.bit("open"))),
        holds,
    )
    claim(
        "open",
        "a clock after `open` a waiting sweep takes a transfer",
        prover.both(now.bit("open"), then.bit("at_start"), prover.no(then.bit("i_ready"))),
        holds,
    )


def _distances(prover: Prover, clocks: list[_Clock], holds: list[Any], claim: Any) -> None:
    """How many clocks lie between two visits of one place.

    A group's slots are its rows, then its pause. Ghosts: slots `moved` since a visit of slot `was`
    in group `of`, `wraps` from group to group on the way, and the `age` of the visit in clocks.
    """
    t, sizes = prover.terms, clocks[0].sizes
    one = sizes.const(1)
    was, of, moved, wraps, age = (
        t.var(name, sizes.width) for name in ("was", "of", "moved", "wraps", "age")
    )

    def slot(clock: _Clock) -> Any:
        paused = t(K.BV_ADD, sizes.rows, clock.value("pause"))
        return t(K.ITE, clock.bit("pausing"), paused, clock.value("row"))

    def facts(clock: _Clock, moved: Any, wraps: Any, age: Any) -> list[Any]:
        """Slots moved since the first visit, in all and of the present round."""
        since = t(K.BV_ADD, was, moved)
        lap = t(K.BV_ADD, of, wraps)
        return [
            t(K.BV_ULE, moved, age),
            # moved = wraps * slots + slot - was
            t(K.EQUAL, since, t(K.BV_ADD, sizes.of_slots(wraps), slot(clock))),
            prover.either(
                t(K.EQUAL, clock.value("group"), lap),
                t(K.EQUAL, t(K.BV_ADD, clock.value("group"), sizes.groups), lap),
            ),
            t(K.BV_ULE, wraps, sizes.groups),
            prover.either(t(K.BV_UGE, slot(clock), was), t(K.BV_UGE, wraps, one)),
        ]

    now, then = clocks[0], clocks[1]
    moves = prover.either(now.bit("issue"), now.bit("pausing"))
    leaves = prover.both(now.bit("pausing"), t(K.EQUAL, now.value("pause"), sizes.last_pause))
    moved_then = t(K.ITE, moves, t(K.BV_ADD, moved, one), moved)
    wraps_then = t(K.ITE, leaves, t(K.BV_ADD, wraps, one), wraps)
    begun = [t(K.BV_ULT, was, sizes.slots), t(K.BV_ULE, of, sizes.last_group)]
    # the place has not been passed by again
    before = prover.no(prover.both(t(K.EQUAL, wraps, sizes.groups), leaves))
    oldest = sizes.const(
        1 << (sizes.width - 2)
    )  # where it stands still, above all that is compared with it
    older = t(K.ITE, t(K.BV_ULT, age, oldest), t(K.BV_ADD, age, one), oldest)
    claim(
        "count begins",
        "the count holds when a place is visited: nothing moved, no group wrapped",
        prover.either(
            *(
                prover.no(fact)
                for fact in facts(now, sizes.const(0), sizes.const(0), sizes.const(0))
            )
        ),
        [*holds, t(K.EQUAL, was, slot(now)), t(K.EQUAL, of, now.value("group"))],
    )
    claim(
        "count kept",
        "a clock leads from the count to the count, until the place in its group has been passed by"
        " again",
        prover.either(*(prover.no(fact) for fact in facts(then, moved_then, wraps_then, older))),
        [*holds, *begun, before, *facts(now, moved, wraps, age)],
    )
    claim(
        "count ends",
        "the place in its group is not passed by again before it has been visited",
        prover.both(t(K.EQUAL, wraps, sizes.groups), leaves, t(K.BV_ULT, slot(now), was)),
        [*holds, *begun, *facts(now, moved, wraps, age)],
    )
    # a visit is over a clock later: then at least one place has been moved
    counted = [*holds, *begun, *facts(now, moved, wraps, age), t(K.BV_UGE, moved, one)]
    again = t(K.EQUAL, slot(now), was)
    claim(
        "slots",
        "from a row's synapse to the next of the same row, in whatever group, and from `end` to"
        " `end`, it is at least `slots` clocks",
        prover.both(again, t(K.BV_ULT, age, sizes.slots)),
        counted,
    )
    claim(
        "sweep",
        "from a synapse to the same synapse again it is at least groups * slots clocks",
        prover.both(
            again,
            t(K.EQUAL, now.value("group"), of),
            t(K.BV_ULT, age, sizes.of_slots(sizes.groups)),
        ),
        counted,
    )
