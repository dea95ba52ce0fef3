"""Neurons take turns by their numbers, and each number goes with its evaluation."""

from __future__ import annotations

from typing import Any

from sc_hw.proof.blocks.plastic.neurons.frames import NeuronFrames
from sc_hw.proof.frames import violation
from sc_model.graph.smt import K


def prove_turns(n: NeuronFrames) -> None:
    """Add the claims about the counter of turns and its flags."""
    prover, t, at, bit = n.prover, n.t, n.at, n.bit
    last = t.const(n.facts.total - 1, n.index_bits)
    index = at(0, "index")
    witness = {
        f"{name}@{clock}": at(clock, name)
        for name in ("index", "at_first", "at_last", "evaluate")
        for clock in (0, 1)
    }
    next_violation = violation(prover, _invariant(n, 1, last))
    prover.claim(
        "neurons, turns: after reset",
        "reset leads to the turn of neuron 0",
        prover.either(next_violation, prover.no(prover.equals(at(1, "index"), 0))),
        [bit(0, "rst")],
        witness,
    )
    following = t(
        K.ITE,
        t(K.EQUAL, index, last),
        t.const(0, n.index_bits),
        t(K.BV_ADD, index, t.const(1, n.index_bits)),
    )
    # The number is a register: it changes in the clock behind the evaluation.
    expected = t(K.ITE, bit(0, "evaluate"), following, index)
    prover.claim(
        "neurons, turns: in order",
        f"`evaluate` takes the turn from number k to k + 1, from {n.facts.total - 1} to 0; nothing"
        " else changes it",
        prover.either(next_violation, t.differ(at(1, "index"), expected)),
        [*n.no_reset[:2], *_invariant(n, 0, last)],
        witness,
    )
    _prove_delay_lines(n)


def _invariant(n: NeuronFrames, clock: int, last: Any) -> list[Any]:
    """The number is one of a step's, and two flags tell its first and its last."""
    prover, t, index = n.prover, n.t, n.at(clock, "index")
    # The flags are registers, compared a clock ahead; the claims about a step's first and last
    # neuron rest on them.
    return [
        t(K.BV_ULE, index, last),
        t(K.EQUAL, n.bit(clock, "at_first"), prover.equals(index, 0)),
        t(K.EQUAL, n.bit(clock, "at_last"), t(K.EQUAL, index, last)),
    ]


def _prove_delay_lines(n: NeuronFrames) -> None:
    """Add the claim that number and flags come out of their delays with the neuron's result.

    The delay line of a signal ends in a register named `<signal>_d<clocks>`. `is_real` is known
    only when the sums have been added up, so that its delay line is `adding` clocks shorter.
    """
    prover, t, at, bit, out = n.prover, n.t, n.at, n.bit, n.out
    evaluate, index = bit(0, "evaluate"), at(0, "index")
    is_real = prover.both(evaluate, n.is_real(index))
    ends = prover.both(evaluate, bit(0, "at_last"))
    wrong = [
        t.differ(at(out, f"index_d{out}"), index),
        prover.no(t(K.EQUAL, bit(out, f"is_real_d{n.facts.update_latency}"), is_real)),
        prover.no(t(K.EQUAL, bit(out, f"ends_d{out}"), ends)),
    ]
    # Only who compares or counts the neurons of a step must know where the step begins.
    if n.spec.winner_take_all or n.spec.inhibition:
        wrong += [
            prover.no(t(K.EQUAL, bit(out, f"evaluate_d{out}"), evaluate)),
            prover.no(t(K.EQUAL, bit(out, f"at_first_d{out}"), bit(0, "at_first"))),
        ]
    if n.layer.value_neuron is not None:
        decides = prover.both(is_real, prover.no(n.predicts(index)))
        carried = bit(out, f"decides_d{n.facts.update_latency}")
        wrong.append(prover.no(t(K.EQUAL, carried, decides)))
    prover.claim(
        "neurons, turns: carried along",
        f"{out} clocks after `evaluate`, with the neuron's result, its number comes out, whether"
        " it is the first or the last of the step, and whether there is such a neuron",
        prover.either(*wrong),
        n.turn,
    )
