"""Without winner-take-all every neuron that is ready fires, and the spikes are remembered."""

from __future__ import annotations

from typing import Any

from sc_hw.proof.blocks.plastic.neurons.frames import NeuronFrames
from sc_hw.proof.frames import violation
from sc_model.graph.smt import K


def prove_spikes(n: NeuronFrames) -> None:
    """Add the claims about spikes, the end of a step, and the memory of past spikes."""
    prover, t, at, bit = n.prover, n.t, n.at, n.bit
    fired = n.out + 1  # spike and `done` are registers behind the result
    evaluated = prover.both(bit(0, "evaluate"), n.is_real(at(0, "index")))
    fires = prover.both(evaluated, bit(n.out, "update.o_ready"))
    prover.claim(
        "spikes: fired",
        f"{fired} clocks after its evaluation a neuron that is ready fires, and no other does",
        prover.either(
            prover.no(t(K.EQUAL, bit(fired, "spike"), fires)),
            prover.both(fires, t.differ(at(fired, "neuron"), at(0, "index"))),
        ),
        n.turn,
    )
    # `done` does not depend on the neuron: the last turn may be that of no neuron at all.
    last = prover.both(bit(0, "evaluate"), bit(0, "at_last"))
    prover.claim(
        "spikes: done",
        f"a step is done {fired} clocks after its last evaluation, and at no other time",
        prover.no(t(K.EQUAL, bit(fired, "done"), last)),
        n.no_reset,
    )
    _prove_history(n)
    if n.spec.inhibition:
        _prove_counts(n)


def _prove_history(n: NeuronFrames) -> None:
    """Add the claims about the second memory, which holds each neuron's last two spikes.

    It repeats two bits of the neurons' words, so that a lane's question and an evaluation can read
    at the same time.
    """
    prover, t, at, bit = n.prover, n.t, n.at, n.bit
    place = t.var("place", n.index_bits)  # any neuron

    def in_word(clock: int) -> Any:
        word = n.word(clock, place)
        return t(K.BV_CONCAT, word["fired_before"], word["fired"])

    def in_history(clock: int, index: Any) -> Any:
        return t(K.ARRAY_SELECT, n.frames.memory(clock, "history"), index)

    prover.claim(
        "spikes: remembered",
        "if the memory of the last two spikes agrees with a neuron's word, it does in the next"
        " clock",
        t.differ(in_history(1, place), in_word(1)),
        [*n.no_reset[:2], t(K.EQUAL, in_history(0, place), in_word(0))],
    )
    # `ask` is registered, so that the history is read in clock 1; its output registers follow.
    both = in_history(1, at(0, "ask"))
    expected = t(
        K.ITE,
        bit(0, "ask_before"),
        t(K.BV_EXTRACT, both, indices=(1, 1)),
        t(K.BV_EXTRACT, both, indices=(0, 0)),
    )
    fetch = n.facts.fetch
    prover.claim(
        "spikes: asked for",
        f"{fetch} clocks after `ask` gives a neuron's number, `asked` is that neuron's spike in its"
        " last evaluation, or with `ask_before` in the one before",
        t.differ(at(fetch, "asked"), expected),
        n.no_reset,
    )


def _prove_counts(n: NeuronFrames) -> None:
    """Add the claims about the flags that any and that more than one neuron has fired.

    By induction over a step's evaluations: a ghost counts the ready ones, up to 2. Clock 0 is that
    in which a result is at the pipeline's output.
    """
    prover, t, bit, out = n.prover, n.t, n.bit, n.out
    count = t.var("fired so far", 2)
    one, two = t.const(1, 2), t.const(2, 2)
    evaluated, first = bit(0, f"evaluate_d{out}"), bit(0, f"at_first_d{out}")
    before = t(K.ITE, prover.both(evaluated, first), t.const(0, 2), count)
    more = t(K.ITE, t(K.BV_UGE, before, two), two, t(K.BV_ADD, before, one))
    new_count = t(K.ITE, n.result_is_ready(), more, before)

    def invariant(clock: int, count: Any) -> list[Any]:
        return [
            t(K.EQUAL, bit(clock, "any_now"), t(K.BV_UGE, count, one)),
            t(K.EQUAL, bit(clock, "many_now"), t(K.BV_UGE, count, two)),
            t(K.BV_ULE, count, two),
        ]

    prover.claim(
        "spikes: counted",
        "after every evaluation of a step two flags say whether any, and whether more than one, of"
        " the step's neurons so far have been ready",
        violation(prover, invariant(1, new_count)),
        [
            *n.no_reset[:2],
            prover.implies(bit(0, f"is_real_d{n.facts.update_latency}"), evaluated),
            *invariant(0, count),
        ],
        {"count": count, "count'": new_count},
    )
    # The flags are registers behind the last result, and what inhibits is one behind the flags.
    count_clock, takeover_clock = out + 1, out + 2
    control = n.control(takeover_clock)
    prover.claim(
        "spikes: counted to the end",
        f"{takeover_clock} clocks after the last evaluation of a step those flags inhibit the next"
        " one",
        prover.either(
            prover.no(t(K.EQUAL, prover.on(control["any_fired"]), bit(count_clock, "any_now"))),
            prover.no(t(K.EQUAL, prover.on(control["many_fired"]), bit(count_clock, "many_now"))),
        ),
        [
            *n.no_reset,
            bit(0, "evaluate"),
            bit(0, "at_last"),
            prover.off(n.at(count_clock, "load_control")),
        ],
    )
