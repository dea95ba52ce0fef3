"""Winner-take-all: the best neuron of a step, by induction over the step's evaluations."""

from __future__ import annotations

from typing import Any

from sc_hw.proof.blocks.plastic.neurons.frames import NeuronFrames
from sc_hw.proof.frames import violation
from sc_hw.proof.words import resize_unsigned
from sc_model.graph.smt import K


def prove_winner(n: NeuronFrames) -> None:
    """Add the claims about the best neuron so far, the winner, and the winner of the step before.

    Clock 0 of the first two is that in which a result is at the pipeline's output.
    """
    best = _Best(n)
    prover, at, bit = n.prover, n.at, n.bit
    prover.claim(
        "winner: of the evaluations so far",
        "each evaluation takes the best neuron of those before it in the step to the best one with"
        " it: no ready neuron has a higher score, or the same score and a lower number; neurons are"
        " evaluated by rising numbers (a claim about their turns)",
        violation(prover, best.invariant(1, *best.next_ghosts())),
        [*best.in_order, *best.invariant(0, best.was_ready, best.score, best.next_number)],
        {
            "watched": best.watched,
            "was ready": best.was_ready,
            "score": best.score,
            "number": best.number,
            "ready": at(0, "update.o_ready"),
            "its score": best.new_score,
            "best": at(0, "best"),
            "best'": at(1, "best"),
            "best score": at(0, "best_score"),
            "best score'": at(1, "best_score"),
        },
    )
    # The induction's base, about the registers themselves: the ghosts play no part in it.
    other = prover.either(
        n.t.differ(at(1, "best"), best.number), n.t.differ(at(1, "best_score"), best.new_score)
    )
    prover.claim(
        "winner: a step begins with nobody",
        "after the first evaluation of a step the best is that neuron if it is ready, and nobody"
        " otherwise, whoever won before",
        prover.either(
            prover.no(n.t(K.EQUAL, bit(1, "best_is"), best.ready)), prover.both(best.ready, other)
        ),
        [*best.in_order, best.evaluated, best.first],
        {"number": best.number, "its score": best.new_score, "best'": at(1, "best")},
    )
    _prove_decision(n)
    _prove_step_before(n)


class _Best:
    """The induction's variables.

    One arbitrary neuron is watched: the ghosts say whether it has been ready in this step, and with
    which score. Were it better than what the registers hold after an evaluation, the claim would be
    refuted; and if the registers hold this neuron, it must have been ready, with that score.

    Members
    -------
    watched : the neuron's number.
    was_ready, score : ghosts.
    next_number : ghost, the number to be evaluated next; one bit wider, for the last one's.
    number, new_score, ready : of the neuron whose result is at the pipeline's output.
    evaluated, first : there is a result; it is the first of the step.
    in_order : assumption that results come by rising numbers, from 0.
    """

    def __init__(self, n: NeuronFrames) -> None:
        self.n, self.prover, self.t = n, n.prover, n.t
        prover, t, out = n.prover, n.t, n.out
        self.number, self.new_score = n.at(0, f"index_d{out}"), n.at(0, "update.o_score")
        self.watched = t.var("watched", n.index_bits)
        self.next_number = t.var("next number", n.index_bits + 1)
        self.was_ready = t.var("watched was ready", 1)
        self.score = t.var("its score", t.width(self.new_score))
        self.evaluated, self.first = n.bit(0, f"evaluate_d{out}"), n.bit(0, f"at_first_d{out}")
        self.ready = n.result_is_ready()
        # The ghost of the next number is needed for ties: only if numbers rise is it right that a
        # later neuron with the same score does not take the place of the best.
        is_next = t(K.EQUAL, self._wide(self.number), self.next_number)
        starts = prover.both(self.evaluated, self.first)
        follows = prover.both(self.evaluated, prover.no(self.first))
        self.in_order = [
            *n.no_reset[:2],
            prover.implies(n.may_fire(), self.evaluated),
            prover.implies(starts, prover.equals(self.number, 0)),
            prover.implies(follows, is_next),
        ]

    def _wide(self, index: Any) -> Any:
        return resize_unsigned(self.t, index, self.n.index_bits + 1)

    def invariant(self, clock: int, was_ready: Any, score: Any, next_number: Any) -> list[Any]:
        """What ties the ghosts to the registers in a clock."""
        prover, t, n = self.prover, self.t, self.n
        anybody = n.bit(clock, "best_is")
        best, best_score = n.at(clock, "best"), n.at(clock, "best_score")
        watched_was_ready = prover.on(was_ready)
        not_beaten = prover.either(
            t(K.BV_SGT, best_score, score),
            prover.both(t(K.EQUAL, best_score, score), t(K.BV_ULE, best, self.watched)),
        )
        return [
            prover.implies(watched_was_ready, prover.both(anybody, not_beaten)),
            prover.implies(
                prover.both(anybody, t(K.EQUAL, best, self.watched)),
                prover.both(watched_was_ready, t(K.EQUAL, best_score, score)),
            ),
            # Whoever was ready has been evaluated, and so has the best: a later neuron with the
            # same score has a higher number.
            prover.implies(watched_was_ready, t(K.BV_ULT, self._wide(self.watched), next_number)),
            prover.implies(anybody, t(K.BV_ULT, self._wide(best), next_number)),
        ]

    def next_ghosts(self) -> tuple[Any, Any, Any]:
        """The ghosts `was_ready`, `score` and `next_number` one clock later."""
        t, prover = self.t, self.prover
        is_watched = prover.both(self.ready, t(K.EQUAL, self.number, self.watched))
        # A step's first evaluation forgets the step before.
        starts = prover.both(self.evaluated, self.first)
        carried = t(K.ITE, starts, t.const(0, 1), self.was_ready)
        following = t(K.BV_ADD, self._wide(self.number), t.const(1, self.n.index_bits + 1))
        return (
            t(K.ITE, is_watched, t.const(1, 1), carried),
            t(K.ITE, is_watched, self.new_score, self.score),
            t(K.ITE, self.evaluated, following, self.next_number),
        )


def _prove_decision(n: NeuronFrames) -> None:
    """Add the claims about the end of a step.

    The best is a register one clock behind the last result (out + 1); winner and spike are
    registers one clock behind the best.
    """
    prover, t, at, bit = n.prover, n.t, n.at, n.bit
    compared, decided = n.out + 1, n.out + 2
    control = n.control(decided)
    anybody, best = bit(compared, "best_is"), at(compared, "best")
    last = prover.both(bit(0, "evaluate"), bit(0, "at_last"))
    prover.claim(
        "winner: decided",
        f"{decided} clocks after the last evaluation of a step its best neuron is the winner and"
        " fires, and the step is done",
        prover.either(
            prover.off(at(decided, "done")),
            prover.no(t(K.EQUAL, bit(decided, "spike"), anybody)),
            t.differ(at(decided, "neuron"), best),
            prover.no(t(K.EQUAL, prover.on(control["won"]), anybody)),
            t.differ(control["winner"], best),
        ),
        [
            *n.no_reset,
            bit(0, "evaluate"),
            bit(0, "at_last"),
            prover.off(at(compared, "load_control")),
        ],
    )
    prover.claim(
        "winner: only then",
        f"no neuron fires and no step is done at any time but {decided} clocks after the last"
        " evaluation of a step",
        prover.either(bit(decided, "done"), bit(decided, "spike")),
        [*n.no_reset, prover.no(last)],
    )


def _prove_step_before(n: NeuronFrames) -> None:
    """Add the claims about the winner of the step before, which the learning rule asks for."""
    prover, t, at, bit = n.prover, n.t, n.at, n.bit
    # All of these are registers without a delay line, so that one clock shows each of them.
    before, after = n.control(0), n.control(1)
    advance = bit(0, "next_step")
    prover.claim(
        "winner: of the step before",
        "`next_step` makes the winner that of the step before; without it that one stays",
        prover.either(
            *(
                t.differ(
                    after[f"{name}_before"],
                    t(K.ITE, advance, before[name], before[f"{name}_before"]),
                )
                for name in ("won", "winner")
            )
        ),
        [*n.no_reset[:2], prover.off(at(0, "load_control"))],
    )
    # `ask` is registered before it is compared, in clock 1; delays then bring the answer to the
    # clock in which a memory would give it.
    fetch = n.facts.fetch
    learns = prover.either(
        t(K.EQUAL, after["winner_before"], at(0, "ask")), n.predicts(at(0, "ask"))
    )
    is_winner = prover.both(prover.on(after["won_before"]), learns)
    prover.claim(
        "winner: asked for",
        f"{fetch} clocks after `ask` gives a neuron's number, `asked` says whether that neuron won"
        " the step before; of one that predicts, whether any neuron did",
        prover.no(t(K.EQUAL, bit(fetch, "asked"), is_winner)),
        n.no_reset,
    )
