"""The neurons' memory and registers change by evaluations and by the host, and by nothing else."""

from __future__ import annotations

from sc_hw.proof.blocks.plastic.neurons.frames import NeuronFrames
from sc_model.graph.smt import K


def prove_memory(n: NeuronFrames) -> None:
    """Add the claims about an arbitrary word of the memory."""
    prover, t, at, out = n.prover, n.t, n.at, n.out
    place = t.var("place", n.index_bits)  # any word
    # A result in clock `out` is in the memory from clock out + 2 on (see `prove_evaluation`).
    before, after = (n.memory(clock, place) for clock in (out + 1, out + 2))
    elsewhere = prover.either(
        prover.off(at(0, "evaluate")),
        prover.no(n.is_real(at(0, "index"))),
        t.differ(at(0, "index"), place),
    )
    prover.claim(
        "neurons, memory: nothing else written",
        "without a load no word changes but that of the neuron whose evaluation ends",
        t.differ(before, after),
        [*n.turn, prover.off(at(out, "load")), elsewhere],
    )
    # A load is registered once, like a result.
    before, after = (n.memory(clock, place) for clock in (1, 2))
    addressed = t(K.EQUAL, at(0, "host_index"), place)
    prover.claim(
        "neurons, memory: load",
        "a load is in memory two clocks later, and no other word changes",
        t.differ(after, t(K.ITE, addressed, at(0, "load_data"), before)),
        [*n.no_reset, n.bit(0, "load")],
    )
    # The address is a register, then come the memory and its output register: what is read is the
    # word of clock 1.
    fetch = n.facts.fetch
    prover.claim(
        "neurons, memory: read-back",
        f"the word of a neuron is at the output {fetch} clocks after the host's `host_index`",
        t.differ(at(fetch, "word"), n.memory(1, at(0, "host_index"))),
        [*n.no_reset, n.bit(0, "host")],
    )


def prove_control(n: NeuronFrames) -> None:
    """Add the claims about the registers that a checkpoint holds."""
    prover, t, at = n.prover, n.t, n.at
    if not n.facts.control:
        return
    prover.claim(
        "neurons, control: load",
        "a load sets all registers of a checkpoint to the host's values, one clock later",
        t.differ(at(1, "control"), at(0, "control_in")),
        [*n.no_reset[:2], n.bit(0, "load_control")],
    )
    # The step's end comes out one clock behind its last result; the registers follow a clock later.
    end = n.out + 1
    before, after = n.control(end), n.control(end + 1)
    of_a_step = sorted({"won", "winner", "any_fired", "many_fired"} & set(before))
    if of_a_step:
        prover.claim(
            "neurons, control: kept",
            "who has fired changes at the end of a step only",
            prover.either(*(t.differ(before[name], after[name]) for name in of_a_step)),
            [
                *n.no_reset,
                prover.off(at(end, "load_control")),
                prover.no(prover.both(n.bit(0, "evaluate"), n.bit(0, "at_last"))),
            ],
        )
