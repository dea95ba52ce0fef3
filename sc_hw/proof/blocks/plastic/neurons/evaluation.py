"""What an evaluation decides and writes is the neuron's own function, for every state and input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sc_hw.proof.blocks.plastic.neurons.frames import NeuronFrames
from sc_hw.proof.blocks.plastic.neurons.noise import NOISE
from sc_hw.proof.prover import Cuts, number
from sc_hw.proof.words import slices
from sc_model.graph.smt import K, SmtInt, SmtOps


def prove_evaluation(n: NeuronFrames) -> None:
    """Add the claims about the decision, the score and the new state of the neuron of clock 0."""
    prover, t, unit, out = n.prover, n.t, n.unit, n.out
    values, assumptions = _unit_inputs(n)
    signals = n.frames.cuts(n.facts.named_signals, n.facts.adding)
    cuts = Cuts(prover, signals, assumptions)
    cuts.witness.update({"index": n.at(0, "index"), **values})
    new = unit.apply(SmtOps(t, cuts), values)
    results = {name: SmtOps(t).let(name, value) for name, value in new.items()}
    prover.claim(
        "neurons: ready",
        f"{out} clocks after `evaluate` the neuron is ready to fire exactly if its function says"
        " so: of its word in memory, the chains' sums, the next number of the noise, its own and"
        " the others' spikes in the step before, and the step's flags",
        t.differ(results["ready"].low(1), n.at(out, "update.o_ready")),
        assumptions,
        cuts.witness,
        abstraction=cuts.abstraction,
    )
    if n.spec.winner_take_all:
        score = number(t, n.at(out, "update.o_score"), unit.outputs["score"].signed)
        prover.claim(
            "neurons: score",
            f"{out} clocks after `evaluate` the score is that of the neuron's function",
            (score != results["score"]).term,
            assumptions,
            cuts.witness,
            abstraction=cuts.abstraction,
        )
    _prove_write_back(n, results, values["fired"], assumptions, cuts)


def _prove_write_back(
    n: NeuronFrames,
    results: Mapping[str, SmtInt],
    fired: SmtInt,
    assumptions: list[Any],
    cuts: Cuts,
) -> None:
    """Add the claims about the neuron's word in memory behind its evaluation."""
    unit, out = n.unit, n.out
    expected = {
        name: results[name].low(form.width)
        for name, form in unit.outputs.items()
        if name in unit.state
    }
    if not n.spec.winner_take_all:  # then each word keeps its spikes of the last two steps
        expected |= {"fired": results["ready"].low(1), "fired_before": fired.low(1)}
    # The word is registered in clock out + 1, and in memory from out + 2 on.
    new_word = n.word(out + 2, n.at(0, "index"))
    for name, value in expected.items():
        n.prover.claim(
            f"neurons, written: {name}",
            f"{out + 2} clocks after `evaluate` the memory holds the new {name} of the neuron's"
            " function (without a load in between)",
            n.t.differ(value, new_word[name]),
            [*assumptions, n.prover.off(n.at(out, "load"))],
            cuts.witness,
            abstraction=cuts.abstraction,
        )


def _unit_inputs(n: NeuronFrames) -> tuple[dict[str, SmtInt], list[Any]]:
    """The inputs of the neuron's function, and what the claims assume.

    All of them are used in clock `adding`, when the sums have been added up.
    """
    prover, t, at, unit = n.prover, n.t, n.at, n.unit
    index, used = at(0, "index"), n.facts.adding
    # The word is in the memory's output register `fetch` clocks after its address, which was a
    # register itself: it is the word of one clock after the address.
    word = n.word(used - n.facts.fetch + 1, index)
    values = {name: number(t, word[name], unit.inputs[name].signed) for name in unit.state}
    assumptions = [
        *n.turn,
        n.bit(0, "evaluate"),
        n.is_real(index),
        prover.off(at(used - n.facts.fetch, "host")),
    ]
    # The flags of a step are registers that the next step's neuron 0 replaces. It does not come
    # while this neuron is still being added up: a step takes longer than that.
    assumptions += [
        prover.no(prover.both(n.bit(clock, "evaluate"), n.bit(clock, "at_first")))
        for clock in range(1, used)
    ]
    first = n.bit(0, "at_first")
    for name in ("cleared", "decide"):
        if name in unit.inputs:
            values[name] = SmtInt.unsigned(t, t(K.ITE, first, at(0, name), n.register(0, name)))
    values["current"], in_range = current_of(n)
    fired, other_fired, spike_flags = _spikes_before(n, index, word)
    values["fired"] = _as_integer(n, fired)
    if "others" in unit.inputs:
        values["others"] = _as_integer(n, other_fired)
    if "noise" in unit.inputs:
        # Any number will do here: which one it is, is a claim about the noise.
        noise = at(used, NOISE) if NOISE in n.net.signals else t.var("any noise", n.spec.noise_bits)
        values["noise"] = SmtInt.signed(t, noise)
    return values, [*assumptions, *in_range, *spike_flags]


def current_of(n: NeuronFrames) -> tuple[SmtInt, list[Any]]:
    """The sum of all chains, and the assumption that each chain's sum is one of its weights.

    That is a claim about the lanes. It bounds the sums, so that adding them up can't overflow.
    """
    signed = n.layer.signed_weights
    vectors = slices(n.prover, n.at(0, "sums"), n.facts.sums)
    sums = [number(n.t, vector, signed) for vector in vectors.values()]
    half = 1 << (n.weight.width - 1) if signed else 0  # a signed weight counts less half its range
    in_range = []
    for value, inputs in zip(sums, n.facts.chain_inputs, strict=True):
        in_range += [(value >= inputs * -half).term, (value <= inputs * (n.weight.hi - half)).term]
    total = sums[0]
    for value in sums[1:]:
        total = total + value
    return total, in_range


def _spikes_before(
    n: NeuronFrames, index: Any, word: Mapping[str, Any]
) -> tuple[Any, Any, list[Any]]:
    """Whether this neuron, and whether another one, fired in the step before.

    With winner-take-all the registers name the one neuron that fired. Else each word has its own
    spike, and two flags say whether any and whether more than one neuron fired; the third result is
    the assumption that ties the flags to a number of spikes, which is a claim about the spikes.
    """
    prover, t = n.prover, n.t
    control = n.control(n.facts.adding)
    if n.spec.winner_take_all:
        own = t(K.EQUAL, control["winner"], index)
        won = prover.on(control["won"])
        return prover.both(won, own), prover.both(won, prover.no(own)), []
    fired = prover.on(word["fired"])
    count = t.var("fired in the step before", 2)  # 0, 1, or more
    other = t(K.BV_UGT, count, t(K.ITE, fired, t.const(1, 2), t.const(0, 2)))
    if not n.spec.inhibition:
        return fired, other, []
    flags = [
        t(K.EQUAL, prover.on(control["any_fired"]), t(K.BV_UGE, count, t.const(1, 2))),
        t(K.EQUAL, prover.on(control["many_fired"]), t(K.BV_UGE, count, t.const(2, 2))),
    ]
    return fired, other, flags


def _as_integer(n: NeuronFrames, condition: Any) -> SmtInt:
    """0 or 1."""
    return SmtInt.unsigned(n.t, n.t(K.ITE, condition, n.t.const(1, 1), n.t.const(0, 1)))
