"""The noise of the neurons is that of the model, `sc_model.arithmetic.Lfsr`.

Every bit after a move of the shift register is an exclusive-or of bits before it. Which ones they
are is read off the netlist's terms (`sc_hw.proof.parity`): a solver would have to go through the
register's 2^32 values.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

from sc_hw.proof.blocks.plastic.neurons.frames import NeuronFrames
from sc_hw.proof.parity import Bits, parities
from sc_model.arithmetic.noise import TAPS, WIDTH
from sc_model.graph.smt import K

NOISE = "update.i_noise"
_EVERY_BIT: Bits = [frozenset({bit}) for bit in range(WIDTH)]


def lfsr_after(places: int) -> Bits:
    """The noise register after `places` single moves, as `sc_model.arithmetic.Lfsr` defines them.

    Returns, for each bit, lowest first, the bits before the moves that it is the exclusive-or of.
    """
    state = list(_EVERY_BIT)
    for _ in range(places):
        lowest: frozenset[int] = frozenset()
        for tap in TAPS:
            lowest ^= state[tap]
        state = [lowest, *state[:-1]]
    return state


def prove_noise(n: NeuronFrames) -> None:
    """Add the claims about the number that a neuron gets and about the register behind it."""
    places = n.spec.noise_bits
    expected = lfsr_after(places)
    register = n.net.states[n.net.state_of("lfsr")]
    if NOISE in n.net.signals:  # absent where no noise can reach the threshold
        _claim_parities(
            n,
            "noise: number",
            f"a neuron's noise is the next {places}-bit number of `sc_model.arithmetic.Lfsr`, for"
            " every state of the register",
            n.net.signals[NOISE],
            expected[:places],
        )
    next_register = _register_after_a_number(n)
    _claim_parities(
        n,
        "noise: register",
        f"with a neuron's number the register moves on by {places} places, from every state",
        next_register,
        expected,
    )
    prover, adding = n.prover, n.facts.adding
    before, after = n.control(adding)["lfsr"], n.control(adding + 1)["lfsr"]
    evaluated = prover.both(n.bit(0, "evaluate"), n.is_real(n.at(0, "index")))
    # The next value as it was read off above, so that the solver compares equal terms.
    register_after = n.net.substitute(next_register, {register: before})
    # A number is taken when the sums have been added up; the register moves one clock later.
    prover.claim(
        "noise: with every neuron",
        "the register moves on exactly when a neuron is evaluated",
        n.t.differ(after, n.t(K.ITE, evaluated, register_after, before)),
        [*n.turn, prover.off(n.at(adding, "load_control"))],
    )


def _register_after_a_number(n: NeuronFrames) -> Any:
    """The register's next value in a clock in which a neuron takes a number."""
    # These values turn the register's enables into constants; what is left is the network of
    # exclusive-ors. Number 0 is that of a neuron in every layer.
    net, t, adding = n.net, n.t, n.facts.adding
    conditions = {
        net.inputs["rst"]: t.const(0, 1),
        net.inputs["load_control"]: t.const(0, 1),
        net.states[net.state_of(f"evaluate_d{adding}")]: t.const(1, 1),
        net.states[net.state_of(f"index_d{adding}")]: t.const(0, n.index_bits),
    }
    return net.substitute(net.following[net.state_of("lfsr")], conditions)


def _claim_parities(
    n: NeuronFrames, name: str, statement: str, term: Any, exclusive_ors: Bits
) -> None:
    """Add the claim that a term's bits are these exclusive-ors of the register's bits."""
    began = perf_counter()
    register = n.net.states[n.net.state_of("lfsr")]
    try:
        bits = parities(term, {register: _EVERY_BIT})
    except ValueError as error:
        example = {"netlist": str(error)}
        n.prover.record(name, statement, False, perf_counter() - began, example)
        return
    wrong = {
        f"bit {number}": sorted(sources)
        for number, (sources, expected) in enumerate(zip(bits, exclusive_ors, strict=True))
        if sources != expected
    }
    n.prover.record(name, statement, not wrong, perf_counter() - began, wrong)
