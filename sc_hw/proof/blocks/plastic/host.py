"""What is proved of the host's way into a layer: visits come between steps alone, when nothing is
in flight.

The other claims about a layer assume this of the host. What this in turn assumes of the order is
proved of it: no step begins but in the clock after `open` was high.
"""

from __future__ import annotations

from typing import Any

from sc_hw.proof.blocks.bank import Frames
from sc_hw.proof.blocks.plastic.lane import no_reset, slices
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_model.graph.smt import K

Facts = dict[str, Any]

# In these a step may be under way; in all others none is.
_OUTSIDE = ("run", "closing", "closed", "wait")
# In which states a strobe is high.
_STROBES = {
    "slot": ("slot",),
    "weigh": ("slot",),
    "look": ("slot",),
    "reading": ("hand_over",),
    "capture": ("hand_over", "restart"),
    "restart": ("restart",),
    "take": ("take_group",),
    "busy": ("store", "address", "slot", "respond"),
}
_DRAINED = (
    "decide",
    "take_load",
    "take_read",
    "store",
    "address",
    "restart",
)  # in which nothing is in flight


class _Host:
    def __init__(self, prover: Prover, net: Netlist, facts: Facts) -> None:
        self.prover, self.net, self.facts, self.t = prover, net, facts, prover.terms
        self.frames = Frames(net, 3)
        self.states = sorted(
            name.removeprefix("is_") for name in net.signals if name.startswith("is_")
        )
        self.loads = [f"load_{name}" for name in facts["spaces"]]
        self.strobes = {**_STROBES, **dict.fromkeys(self.loads, ("store",))}
        self.began = self.t.var("open a clock ago", 1)

    def bit(self, clock: int, name: str) -> Any:
        return self.prover.on(self.frames.at(clock, name))

    def within(self, clock: int, states: tuple[str, ...]) -> Any:
        """Whether it is one of these states."""
        return self.prover.either(*(self.bit(clock, f"is_{name}") for name in states))

    def count(self, clock: int) -> Any:
        return self.t(K.BV_ZERO_EXTEND, self.frames.at(clock, "still"), indices=(2,))

    def number(self, value: int) -> Any:
        return self.t.const(value, self.t.width(self.count(0)))

    def invariant(self, clock: int, began: Any, age: Any) -> list[Any]:
        """What holds in every clock; `began`: open a clock ago. `age`: clocks since anything
        moved.
        """
        prover, t, bit = self.prover, self.t, self.bit
        drain, settle = self.number(self.facts["drain"]), self.number(self.facts["settle"])
        still = self.count(clock)
        one_hot = [
            prover.no(prover.both(bit(clock, f"is_{a}"), bit(clock, f"is_{b}")))
            for i, a in enumerate(self.states)
            for b in self.states[:i]
        ]
        return [
            *one_hot,
            self.within(clock, tuple(self.states)),
            prover.implies(bit(clock, "open"), bit(clock, "is_run")),
            prover.implies(began, self.within(clock, ("run", "closing"))),
            prover.either(self.within(clock, _OUTSIDE), bit(clock, "at_start")),
            prover.implies(
                prover.both(bit(clock, "is_wait"), bit(clock, "may")),
                prover.both(bit(clock, "at_start"), bit(clock, "drained")),
            ),
            *(
                prover.implies(bit(clock, name), self.within(clock, where))
                for name, where in self.strobes.items()
            ),
            prover.no(prover.both(bit(clock, "loads"), bit(clock, "reads"))),
            prover.no(prover.both(bit(clock, "in_lane"), bit(clock, "beside"))),
            prover.no(prover.both(bit(clock, "follows"), bit(clock, "is_respond"))),
            t(K.EQUAL, bit(clock, "slot"), bit(clock, "is_slot")),
            t(
                K.EQUAL,
                bit(clock, "touched"),
                prover.either(bit(clock, "slot"), bit(clock, "capture"), bit(clock, "take")),
            ),
            t(K.EQUAL, bit(clock, "slot"), prover.either(bit(clock, "weigh"), bit(clock, "look"))),
            prover.implies(
                prover.either(self.within(clock, _DRAINED), bit(clock, "weigh")),
                bit(clock, "drained"),
            ),
            prover.either(bit(clock, "drained"), t(K.BV_ULT, still, drain)),
            prover.implies(bit(clock, "drained"), t(K.BV_UGE, age, drain)),
            prover.implies(bit(clock, "settled"), t(K.BV_UGT, age, settle)),
            t(K.BV_ULE, still, age),
        ]

    def moves(self, clock: int) -> Any:
        """Whether something moves: a step, a token, or a lane's word that is read."""
        return self.prover.either(
            self.prover.off(self.frames.at(clock, "at_start")),
            self.bit(clock, "token"),
            self.bit(clock, "slot"),
        )


def prove_host(prover: Prover, net: Netlist, facts: Facts) -> None:
    """Add the host port's claims to the prover."""
    host = _Host(prover, net, facts)
    t, bit = prover.terms, host.bit
    quiet = no_reset(prover, host.frames, 2)
    began, age = prover.on(host.began), t.var("age", t.width(host.count(0)))
    most = host.number(2 * facts["drain"] + 1)
    older = t(K.ITE, t(K.BV_ULT, age, most), t(K.BV_ADD, age, host.number(1)), age)
    age_then = t(K.ITE, host.moves(0), host.number(0), older)
    # a step begins with `start`, and that comes only a clock after `open`
    order = prover.implies(
        prover.both(bit(0, "at_start"), prover.off(host.frames.at(1, "at_start"))), began
    )
    holds = [*quiet, order, *host.invariant(0, began, age)]
    then = host.invariant(1, bit(0, "open"), age_then)
    shown: dict[str, Any] = {"open a clock ago": host.began, "age": age}
    for clock in (0, 1):
        names = (
            *(f"is_{name}" for name in host.states),
            "at_start",
            "open",
            "may",
            "drained",
            "settled",
            *host.strobes,
        )
        shown |= {f"{name}@{clock}": host.frames.at(clock, name) for name in names}
    broken = prover.either(*(prover.no(fact) for fact in then))
    prover.claim(
        "host: invariant after reset",
        "reset leads to a state in which the invariant holds; a reset of all puts the order to its"
        " start",
        prover.either(
            *(prover.no(fact) for fact in host.invariant(1, t.tm.mk_false(), host.number(0)))
        ),
        [prover.on(host.frames.at(0, "rst")), bit(1, "at_start")],
        shown,
    )
    prover.claim(
        "host: invariant kept",
        "a clock leads from the invariant to the invariant; a step begins in no clock but that"
        " after `open` (proved of the order)",
        broken,
        holds,
        shown,
    )
    prover.claim(
        "host: between steps",
        "the host neither writes nor reads nor hands over sums or values but while no step has"
        " begun, none can begin in this clock or the next, and none could have in the clock before",
        prover.both(
            prover.either(*(bit(0, name) for name in host.strobes)),
            prover.either(prover.off(host.frames.at(0, "at_start")), bit(0, "open"), began),
        ),
        holds,
        shown,
    )
    first = prover.either(*(bit(0, name) for name in (*host.loads, "weigh", "restart")))
    drained = t(K.BV_UGE, age, host.number(facts["drain"]))
    prover.claim(
        "host: nothing in flight",
        "the host writes, fetches again and begins to read a visit's word no sooner than"
        f" {facts['drain']} clocks after a step, a token or a reading of a lane",
        prover.both(first, prover.no(drained)),
        holds,
        shown,
    )
    waits = prover.either(
        *(
            prover.both(bit(0, f"is_{name}"), prover.off(host.frames.at(1, f"is_{name}")))
            for name in ("first_group", "second_group")
        )
    )
    settled = t(K.BV_UGT, age, host.number(facts["settle"]))
    prover.claim(
        "host: fetched again",
        f"the neurons' values are taken, and a step may begin, only {facts['settle']} clocks after"
        " what fetched them",
        prover.both(waits, prover.no(settled)),
        holds,
        shown,
    )
    _visits(host, quiet, shown)


def _visits(host: _Host, quiet: list[Any], shown: dict[str, Any]) -> None:
    """What a visit does."""
    prover, t, bit, frames, facts = host.prover, host.t, host.bit, host.frames, host.facts
    load = slices(prover, frames.at(0, "load__payload"), facts["load"])
    wrong = [
        t.differ(frames.at(1, name), load[name]) for name in ("chain", "number", "word", "data")
    ]
    wrong += [
        prover.no(t(K.EQUAL, bit(1, f"load_{name}"), prover.equals(load["space"], code)))
        for name, code in facts["spaces"].items()
    ]
    wrong.append(prover.no(t(K.EQUAL, bit(2, "load_synapse_d"), bit(1, "load_synapse"))))
    wrong.append(t.differ(frames.at(2, "word_d"), frames.at(1, "word")))
    taken = [*quiet, bit(0, "load__ready")]
    alone = [prover.no(bit(0, f"is_{name}")) for name in host.states if name != "take_load"]
    prover.claim(
        "host: load",
        "a clock after a load is taken its place and data stand, and the strobe of its space alone"
        " is high",
        prover.either(*wrong),
        [*taken, *alone],
        shown,
    )
    prover.claim(
        "host: read-back held",
        "an answer stays until the host takes it",
        prover.either(
            prover.off(frames.at(1, "readback__valid")),
            t.differ(frames.at(1, "readback__payload"), frames.at(0, "readback__payload")),
        ),
        [
            *quiet,
            bit(0, "readback__valid"),
            prover.off(frames.at(0, "readback__ready")),
            prover.off(frames.at(0, "follows")),  # by the invariant
            *(prover.no(bit(0, f"is_{name}")) for name in host.states if name != "respond"),
        ],
        shown,
    )
