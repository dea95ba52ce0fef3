"""What is proved of the host port: visits happen between steps only, when nothing is in flight.

The claims about the other parts assume this of the host. What it assumes of the sequencer is a
claim about the sequencer: a step begins in no clock but one behind a clock in which `open` is high.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from sc_hw.proof.blocks.plastic.facts import HostFacts
from sc_hw.proof.blocks.plastic.host_waits import Waits
from sc_hw.proof.blocks.plastic.reference import Reference
from sc_hw.proof.frames import Frames, at_power_on, no_reset, violation
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import resize_unsigned, slices
from sc_model.graph.smt import K

# States in which a step may be under way; in all others none is.
_STEP_STATES = ("run", "closing", "closed", "wait")
# The states in which a strobe can be high.
_STROBE_STATES = {
    "slot": ("slot",),
    "weigh": ("slot",),
    "look": ("slot",),
    "reading": ("hand_over",),
    "capture": ("hand_over", "restart"),
    "restart": ("restart",),
    "take": ("take_group",),
    "busy": ("store", "address", "slot", "respond"),
}
# States in which nothing is in flight.
_DRAINED_STATES = ("decide", "take_load", "take_read", "store", "address", "restart")


class _HostFrames:
    """The host port unrolled, with two ghosts: variables of the proof that run along.

    Members
    -------
    states : names of the port's states; register `is_<state>` is high in that one.
    loads : the strobes that write, one for each memory space.
    strobe_states : for each strobe, the states in which it can be high.
    was_open : ghost, `open` one clock ago.
    age : ghost, clocks since the last activity, with a ceiling.
    """

    def __init__(self, prover: Prover, net: Netlist, facts: HostFacts) -> None:
        self.prover, self.facts, self.t = prover, facts, prover.terms
        # A claim spans at most two clocks; how long ago something was is counted by the ghost
        # `age`, so that no wait of `drain` clocks is unrolled.
        self.frames = Frames(net, 3)
        self.states = sorted(
            name.removeprefix("is_") for name in net.signals if name.startswith("is_")
        )
        self.loads = [f"load_{name}" for name in facts.spaces]
        self.strobe_states = {**_STROBE_STATES, **dict.fromkeys(self.loads, ("store",))}
        self.was_open = self.t.var("open a clock ago", 1)
        # Two bits wider than the port's own counter: the ceiling below fits.
        self.width = self.t.width(self.frames.at(0, "still")) + 2
        self.age = self.t.var("age", self.width)

    def bit(self, clock: int, name: str) -> Any:
        """Whether a signal is high."""
        return self.prover.on(self.frames.at(clock, name))

    def in_states(self, clock: int, states: tuple[str, ...]) -> Any:
        """Whether the port is in one of these states."""
        return self.prover.either(*(self.bit(clock, f"is_{name}") for name in states))

    def const(self, value: int) -> Any:
        """A constant of an age's width."""
        return self.t.const(value, self.width)

    def activity(self, clock: int) -> Any:
        """Whether a step is under way, a token starts, or a lane's word is read."""
        return self.prover.either(
            self.prover.off(self.frames.at(clock, "at_start")),
            self.bit(clock, "token"),
            self.bit(clock, "slot"),
        )

    def next_age(self) -> Any:
        """The ghost `age` one clock later."""
        t = self.t
        # Above `drain`, which is the largest number that an age is compared with.
        ceiling = self.const(2 * self.facts.drain + 1)
        older = t(K.BV_ADD, self.age, self.const(1))
        waiting = t(K.ITE, t(K.BV_ULT, self.age, ceiling), older, self.age)
        return t(K.ITE, self.activity(0), self.const(0), waiting)

    def invariant(self, clock: int, was_open: Any, age: Any) -> list[Any]:
        """What holds in every clock, of the state machine and of its counters."""
        return [*self._states_and_strobes(clock, was_open), *self._counters(clock, age)]

    def _states_and_strobes(self, clock: int, was_open: Any) -> list[Any]:
        """One state at a time; a step only in some states; each strobe only in its states."""
        prover = self.prover

        def bit(name: str) -> Any:
            return self.bit(clock, name)

        # One bit a state (see `HostPort`), of which exactly one is high.
        one_hot = [
            prover.no(prover.both(bit(f"is_{a}"), bit(f"is_{b}")))
            for i, a in enumerate(self.states)
            for b in self.states[:i]
        ]
        return [
            *one_hot,
            self.in_states(clock, tuple(self.states)),
            prover.implies(bit("open"), bit("is_run")),
            # A step can still begin in the clock behind `open`. No strobe is high in the two states
            # that the port can be in then.
            prover.implies(was_open, self.in_states(clock, ("run", "closing"))),
            # Where a step can begin the lanes hold the values that it needs, also after a reset.
            prover.implies(prover.either(bit("open"), was_open), prover.no(bit("stale"))),
            prover.either(self.in_states(clock, _STEP_STATES), bit("at_start")),
            prover.implies(
                prover.both(bit("is_wait"), bit("may")),
                prover.both(bit("at_start"), bit("drained")),
            ),
            *(
                prover.implies(bit(name), self.in_states(clock, states))
                for name, states in self.strobe_states.items()
            ),
            prover.no(prover.both(bit("loads"), bit("reads"))),
            prover.no(prover.both(bit("in_lane"), bit("beside"))),
            prover.no(prover.both(bit("follows"), bit("is_respond"))),
            self.t(K.EQUAL, bit("slot"), bit("is_slot")),
            # What follows is for the claims that nobody waits for ever: a word is addressed while
            # the port waits for it, and the lanes' values are fetched once.
            prover.implies(bit("is_address"), bit("busy")),
            prover.implies(
                self.in_states(clock, ("take_group", "taken", "second_group")),
                prover.no(bit("stale")),
            ),
            prover.implies(
                bit("asked"),
                prover.either(*(bit(n) for n in ("loads", "reads", "stale", "is_take_group"))),
            ),
        ]

    def _counters(self, clock: int, age: Any) -> list[Any]:
        """What the flags of the port's counter say about the age."""
        prover, t = self.prover, self.t
        drain, settle = self.const(self.facts.drain), self.const(self.facts.settle)
        still = resize_unsigned(t, self.frames.at(clock, "still"), self.width)

        def bit(name: str) -> Any:
            return self.bit(clock, name)

        return [
            t(K.EQUAL, bit("touched"), prover.either(bit("slot"), bit("capture"), bit("take"))),
            t(K.EQUAL, bit("slot"), prover.either(bit("weigh"), bit("look"))),
            prover.implies(
                prover.either(self.in_states(clock, _DRAINED_STATES), bit("weigh")),
                bit("drained"),
            ),
            prover.either(bit("drained"), t(K.BV_ULT, still, drain)),
            # What the two flags promise: the claims about distances in time rest on it.
            prover.implies(bit("drained"), t(K.BV_UGE, age, drain)),
            prover.implies(bit("settled"), t(K.BV_UGT, age, settle)),
            prover.either(bit("settled"), t(K.BV_ULE, still, settle)),
            # The port's counter may wrap around; the age does not.
            t(K.BV_ULE, still, age),
        ]


def prove_host(prover: Prover, net: Netlist, reference: Reference, facts: HostFacts) -> None:
    """Add the claims about a host port to the prover."""
    host = _HostFrames(prover, net, facts)
    t, bit = prover.terms, host.bit
    assumptions = no_reset(prover, host.frames, 2)
    # The sequencer's `at_start` is an input here. All that is assumed of it is what its own claim
    # `closed` says: no step begins unless `open` was high a clock before.
    was_open = prover.on(host.was_open)
    # `at_start` falls in the clock behind a sweep's first synapse.
    begins = prover.both(bit(0, "at_start"), prover.off(host.frames.at(1, "at_start")))
    holds = [*assumptions, prover.implies(begins, was_open), *host.invariant(0, was_open, host.age)]
    witness = _witness(host)
    prover.claim(
        "host: invariant after reset",
        "reset leads to a state in which the invariant holds, if it resets the sequencer too",
        violation(prover, host.invariant(1, t.tm.mk_false(), host.const(0))),
        [prover.on(host.frames.at(0, "rst")), bit(1, "at_start")],
        witness,
    )
    prover.claim(
        "host: invariant at power-on",
        "the invariant holds wherever the registers with a reset have the values that it gives"
        " them, if those of the sequencer do too",
        violation(prover, host.invariant(0, t.tm.mk_false(), host.const(0))),
        [*at_power_on(host.frames), bit(0, "at_start")],
        witness,
    )
    prover.claim(
        "host: invariant kept",
        "if the invariant holds in a clock, it holds in the next one; a step begins only in a clock"
        " after one in which `open` is high (a claim about the sequencer)",
        violation(prover, host.invariant(1, bit(0, "open"), host.next_age())),
        holds,
        witness,
    )
    _prove_between_steps(host, holds, witness)
    _prove_load(host, assumptions, witness)
    _prove_read_back(host, assumptions, witness)
    _prove_waits(host, holds, witness)


def _witness(host: _HostFrames) -> dict[str, Any]:
    """What a counterexample shows of clocks 0 and 1."""
    names = (
        *(f"is_{name}" for name in host.states),
        *("at_start", "open", "may", "drained", "settled", "stale"),
        *host.strobe_states,
    )
    witness: dict[str, Any] = {"open a clock ago": host.was_open, "age": host.age}
    for clock in (0, 1):
        witness |= {f"{name}@{clock}": host.frames.at(clock, name) for name in names}
    return witness


def _prove_between_steps(host: _HostFrames, holds: list[Any], witness: dict[str, Any]) -> None:
    """Add the claims about when the host may do what."""
    prover, t, bit, facts = host.prover, host.t, host.bit, host.facts
    step_possible = prover.either(
        prover.off(host.frames.at(0, "at_start")), bit(0, "open"), prover.on(host.was_open)
    )
    prover.claim(
        "host: between steps",
        "the host writes, reads, and hands over sums or values only while no step is under way,"
        " none can begin in this clock or the next, and none could in the clock before",
        prover.both(prover.either(*(bit(0, name) for name in host.strobe_states)), step_possible),
        holds,
        witness,
    )
    prover.claim(
        "host: fresh values",
        "where a step can begin the lanes hold the values that it needs: none has been loaded,"
        " overwritten by a read, or left behind by a reset since they were fetched",
        prover.both(prover.either(bit(0, "open"), prover.on(host.was_open)), bit(0, "stale")),
        holds,
        witness,
    )
    visits = prover.either(*(bit(0, name) for name in (*host.loads, "weigh", "restart")))
    drained = t(K.BV_UGE, host.age, host.const(facts.drain))
    prover.claim(
        "host: nothing in flight",
        "the host writes, reads a lane's weight, and restarts the neurons' values no sooner than"
        f" {facts.drain} clocks after a step, a token or a read of a lane",
        prover.both(visits, prover.no(drained)),
        holds,
        witness,
    )
    leaves = prover.either(
        *(
            prover.both(bit(0, f"is_{name}"), prover.off(host.frames.at(1, f"is_{name}")))
            for name in ("first_group", "second_group")
        )
    )
    settled = t(K.BV_UGT, host.age, host.const(facts.settle))
    prover.claim(
        "host: fetched again",
        "the neurons' values are taken, and a step may begin, no sooner than"
        f" {facts.settle} clocks after the token that fetches them",
        prover.both(leaves, prover.no(settled)),
        holds,
        witness,
    )


def _prove_load(host: _HostFrames, assumptions: list[Any], witness: dict[str, Any]) -> None:
    """Add the claim about a write.

    Place, data and strobes are registers, valid one clock behind the transfer. The lanes have one
    more register for two of them (`_d`): their write takes its address a clock behind its enable.
    """
    prover, t, bit, frames = host.prover, host.t, host.bit, host.frames
    load = slices(prover, frames.at(0, "load__payload"), host.facts.load)
    wrong = [
        t.differ(frames.at(1, name), load[name]) for name in ("chain", "number", "word", "data")
    ]
    wrong += [
        prover.no(t(K.EQUAL, bit(1, f"load_{name}"), prover.equals(load["space"], code)))
        for name, code in host.facts.spaces.items()
    ]
    wrong.append(prover.no(t(K.EQUAL, bit(2, "load_synapse_d"), bit(1, "load_synapse"))))
    wrong.append(t.differ(frames.at(2, "word_d"), frames.at(1, "word")))
    # By the invariant; assumed here, so that these claims do not need all of it.
    in_one_state = [prover.no(bit(0, f"is_{name}")) for name in host.states if name != "take_load"]
    prover.claim(
        "host: load",
        "a clock after a load is taken its place and data are at the outputs, and the strobe of its"
        " memory space, and no other, is high",
        prover.either(*wrong),
        [*assumptions, bit(0, "load__ready"), *in_one_state],
        witness,
    )


def _prove_read_back(host: _HostFrames, assumptions: list[Any], witness: dict[str, Any]) -> None:
    """Add the claim that an answer obeys the stream protocol."""
    prover, bit, frames = host.prover, host.bit, host.frames
    prover.claim(
        "host: read-back held",
        "an answer stays until the host takes it",
        prover.either(
            prover.off(frames.at(1, "readback__valid")),
            host.t.differ(frames.at(1, "readback__payload"), frames.at(0, "readback__payload")),
        ),
        [
            *assumptions,
            bit(0, "readback__valid"),
            prover.off(frames.at(0, "readback__ready")),
            prover.off(frames.at(0, "follows")),  # by the invariant, in state `respond`
            *(prover.no(bit(0, f"is_{name}")) for name in host.states if name != "respond"),
        ],
        witness,
    )


def _prove_waits(host: _HostFrames, holds: list[Any], witness: dict[str, Any]) -> None:
    """Add the claims that the host gets in, and that steps may begin again, in time."""
    prover, bit, facts = host.prover, host.bit, host.facts
    waits = Waits(prover, host.frames.at, bit, facts.drain, facts.settle)
    between = [bit(clock, "at_start") for clock in (0, 1)]
    # That the chain brings a sum out in time is a claim about the chain and its lanes.
    samples = prover.implies(prover.both(bit(0, "is_sample"), bit(0, "settled")), bit(0, "got"))
    answered = [bit(clock, "readback__ready") for clock in (0, 1)]
    assumptions = [*holds, *between, samples, *answered]

    def quiet(*streams: str) -> list[Any]:
        return [prover.no(bit(k, f"{stream}__valid")) for stream in streams for k in (0, 1)]

    others: tuple[str, ...]
    for stream, others in (("load", ()), ("read", ("load",))):
        waits.rank.claim(
            f"host: liveness, {stream}",
            f"a {stream} that is offered is taken within {facts.access} clocks in which no"
            " step is under way" + (" and no load is offered" if others else ""),
            good=bit(0, f"{stream}__ready"),
            rank=partial(waits.until_access, stream=stream),
            within=facts.access,
            assumptions=[
                *assumptions,
                *(bit(clock, f"{stream}__valid") for clock in (0, 1)),
                *quiet(*others),
            ],
            witness=witness,
        )
    waits.rank.claim(
        "host: liveness, open",
        f"`open` is high within {facts.opening} clocks in which no step is under way and the"
        " host asks for nothing",
        good=bit(0, "open"),
        rank=waits.until_open,
        within=facts.opening,
        assumptions=[*assumptions, *quiet("load", "read")],
        witness=witness,
    )
    waits.rank.claim(
        "host: liveness, idle",
        f"`idle` is high within {facts.rest} clocks in which no step is under way and the"
        " host asks for nothing",
        good=bit(0, "idle"),
        rank=waits.until_idle,
        within=facts.rest,
        assumptions=[*assumptions, *quiet("load", "read")],
        witness=witness,
    )
    at_rest = prover.both(bit(0, "is_run"), bit(0, "at_start"), bit(0, "drained"))
    prover.claim(
        "host: idle",
        "`idle` is high exactly in the clock after one in which no step was under way, the port"
        " waited for a request and had none, and nothing was in flight",
        prover.no(
            host.t(K.EQUAL, bit(1, "idle"), prover.both(at_rest, prover.no(bit(0, "asked"))))
        ),
        holds,
        witness,
    )
