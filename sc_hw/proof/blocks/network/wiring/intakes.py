"""Claims about the intake in front of a layer, in `top.v` and for each of its channels.

`sc_hw.proof.blocks.network.intake` proves of a single channel, over any number of clocks, what a
policy means. Here it is proved that the scheduler of the design and every one of its channels take
the steps that those proofs are about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sc_hw.proof.bits import Bits, cat, either, mux
from sc_hw.proof.blocks.network.wiring.statements import Pair, Wiring
from sc_hw.proof.flattened import Instance
from sc_model.graph.smt import K
from sc_model.spec import CrossingSpec


@dataclass
class _Intake:
    """An intake in a flattened design.

    Members
    -------
    wiring : gets the claims.
    part, scheduler : the intake's instance, and that of its scheduler.
    spec : channels, intervals and policy.
    step_bits : bits of a step's number.
    reset : whether it is reset in this clock.
    """

    wiring: Wiring
    part: Instance
    scheduler: Instance
    spec: CrossingSpec
    step_bits: int
    reset: Bits

    def schedule(self, name: str) -> Bits:
        """A register of the scheduler."""
        return self.wiring.state(self.scheduler, name)

    def unless_reset(self, value: Bits, after: int = 0) -> Bits:
        """A next value, or the value after a reset."""
        return mux(self.reset, self.wiring.const(after, len(value)), value)

    @property
    def word_due(self) -> Bits:
        """The next word's step is not behind that of the next tick."""
        # The difference of two numbers that wrap; it is below half of their range either way.
        return ~(self.schedule("step") - self.schedule("due"))[self.step_bits - 1]

    @property
    def word(self) -> Bits:
        """A word is accepted."""
        return self.wiring.signal(self.part, "i__valid") & self.word_due

    @property
    def tick(self) -> Bits:
        """A tick is taken."""
        return self.wiring.signal(self.part, "o__ready") & ~self.word_due

    def spike(self, channel: int) -> Bits:
        """The channel's spike in the word that is offered."""
        return self.wiring.signal(self.part, "i__payload")[self.step_bits + channel]

    def invariants(self, step: Callable[[Bits], Bits] = lambda bits: bits) -> list[Bits]:
        """The difference that the scheduler keeps is that of the two steps, and lies in its range.

        `step` may put next values in the place of present ones.
        """
        t = self.wiring.prover.terms
        ahead = step(self.schedule("ahead"))
        extra = self.step_bits - len(ahead)
        extended = Bits(t, t(K.BV_SIGN_EXTEND, ahead.term, indices=(extra,))) if extra else ahead
        difference = step(self.schedule("step")) - step(self.schedule("due"))
        # `ahead` + interval of the words lies in [0, sum of both intervals).
        shifted = difference + self.spec.i_interval
        return [
            extended.equals(difference),
            shifted.below(self.spec.i_interval + self.spec.o_interval),
        ]


def prove_intake(
    wiring: Wiring, label: str, part: Instance, spec: CrossingSpec, step_bits: int, reset: Bits
) -> None:
    """Add the claims about an intake.

    Parameters
    ----------
    wiring : gets the claims.
    label : how their names begin.
    part : the intake's instance.
    spec : channels, intervals and policy.
    step_bits : bits of a step's number.
    reset : whether it is reset in this clock.
    """
    intake = _Intake(wiring, part, part.part("scheduler"), spec, step_bits, reset)
    _prove_schedule(intake, label)
    _prove_channels(intake, label)


def _prove_schedule(intake: _Intake, label: str) -> None:
    wiring, part, scheduler, spec = intake.wiring, intake.part, intake.scheduler, intake.spec

    def steps() -> Iterator[Pair]:
        due, step = intake.schedule("due"), intake.schedule("step")
        next_due = mux(intake.word, due + spec.i_interval, due)
        next_step = mux(intake.tick, step + spec.o_interval, step)
        yield wiring.next_pair(
            scheduler, "due", intake.unless_reset(next_due, after=spec.i_interval)
        )
        yield wiring.next_pair(
            scheduler, "step", intake.unless_reset(next_step, after=spec.o_interval)
        )
        wiring.next(scheduler, "ahead")
        net = wiring.design.net
        registers = [scheduler.register(name) for name in ("ahead", "due", "step")]
        values = {net.states[name]: net.following[name] for name in registers}

        def following(bits: Bits) -> Bits:
            return Bits(bits.terms, net.substitute(bits.term, values))

        for number, fact in enumerate(intake.invariants(following)):
            yield f"{scheduler.path}.ahead, fact {number}", fact, wiring.const(1, 1)

    wiring.claim(
        f"{label}: steps of words and ticks",
        f"after a reset the first word is that of step {spec.i_interval}, the first tick that of"
        f" step {spec.o_interval}; each comes by its interval later, a word not behind the tick of"
        " its step, and a tick when no word up to its step is missing",
        steps,
        lambda: [intake.reset | fact for fact in intake.invariants()],
    )

    def handshakes() -> Iterator[Pair]:
        yield wiring.pair(part, "i__ready", intake.word_due)
        yield wiring.pair(part, "o__valid", ~intake.word_due)

    wiring.claim(
        f"{label}: words and ticks in turn",
        "a word is accepted exactly when it is due before the next tick, else the tick is offered",
        handshakes,
        intake.invariants,
    )

    def other_step() -> Iterator[Pair]:
        word_step = wiring.signal(part, "i__payload")[: intake.step_bits]
        differs = intake.schedule("differs")
        expected = (word_step ^ intake.schedule("due")).gated(intake.word)
        yield wiring.next_pair(scheduler, "differs", intake.unless_reset(expected))
        out = intake.schedule("out_of_step")
        yield wiring.next_pair(scheduler, "out_of_step", intake.unless_reset(out | differs.any()))
        yield wiring.pair(part, "out_of_step", out)

    wiring.claim(
        f"{label}: out of step",
        "a word with another number than is due is reported, until a reset",
        other_step,
        intake.invariants,
    )


def _prove_channels(intake: _Intake, label: str) -> None:
    wiring, part, spec = intake.wiring, intake.part, intake.spec
    policy = {"hold": _hold, "accumulate": _accumulate, "once": _once}[spec.policy]

    def channels() -> Iterator[Pair]:
        values, lost = [], []
        for channel in range(spec.channels):
            stored = wiring.state(part, f"kept_{channel}")
            following, value, discarded = policy(intake, stored, intake.spike(channel))
            yield wiring.next_pair(part, f"kept_{channel}", intake.unless_reset(following))
            values.append(value)
            lost.append(intake.word & discarded)
        yield wiring.pair(part, "o__payload", cat([intake.schedule("step"), *values]))
        if spec.policy == "once":
            any_lost = either(lost, wiring.prover.terms)
            yield wiring.next_pair(part, "lost", intake.unless_reset(any_lost))

    wiring.claim(
        f"{label}: {spec.policy} in {spec.channels} channels",
        "each channel takes in its own spikes by the policy, and ticks get the channels' values in"
        " their order with the number of their step",
        channels,
        intake.invariants,
    )


# A policy gives, for a channel: what it keeps next, the value that a tick gets, and whether a spike
# in the word would be lost.
def _hold(intake: _Intake, stored: Bits, spike: Bits) -> tuple[Bits, Bits, Bits]:
    return mux(intake.word, spike, stored), stored, intake.wiring.const(0, 1)


def _accumulate(intake: _Intake, stored: Bits, spike: Bits) -> tuple[Bits, Bits, Bits]:
    total = stored + (intake.word & spike).wide(len(stored))
    return total.gated(~intake.tick), stored, intake.wiring.const(0, 1)


def _once(intake: _Intake, stored: Bits, spike: Bits) -> tuple[Bits, Bits, Bits]:
    fewer = (intake.tick & stored.any()).wide(len(stored))
    added = (intake.word & spike & ~stored.all()).wide(len(stored))
    return stored + added - fewer, stored.any(), spike & stored.all()
