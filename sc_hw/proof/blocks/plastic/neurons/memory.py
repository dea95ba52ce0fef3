"""The neurons' memory and registers change by evaluations and by the host, and by nothing else.

Clock 0 is that in which a neuron's sums arrive (`evaluate`) or the host asks for something. Clock
`out` is that in which the result of this evaluation leaves the neurons' pipeline. Each claim gives
the prover the formula that would break it, and the assumptions under which it must not be true.
"""

from __future__ import annotations

from sc_hw.proof.blocks.plastic.neurons.frames import NeuronFrames
from sc_model.graph.smt import K


def prove_memory(n: NeuronFrames) -> None:
    """Add the claims about the memory's words: what writes them, and what the host reads."""
    prover, t, at, out = n.prover, n.t, n.at, n.out
    place = t.var("place", n.index_bits)  # a free address: what holds for it holds for every word
    # A result takes one clock to the write register and one into the memory: that of clock `out` is
    # in the memory from clock out + 2 on. Its own word is the subject of `prove_evaluation`.
    before, after = (n.memory(clock, place) for clock in (out + 1, out + 2))
    # The evaluation of clock 0 does not write `place`: there is none, or it is a turn behind the
    # layer's last neuron, or it is that of another word.
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
    # A load goes through the same write register as a result, and wins over one. So it is in the
    # memory two clocks later, whatever the pipeline does.
    before, after = (n.memory(clock, place) for clock in (1, 2))
    addressed = t(K.EQUAL, at(0, "host_index"), place)
    prover.claim(
        "neurons, memory: load",
        "a load is in memory two clocks later, and no other word changes",
        t.differ(after, t(K.ITE, addressed, at(0, "load_data"), before)),
        [*n.no_reset, n.bit(0, "load")],
    )
    # While `host` is high the host has the read address. The address is a register, then come the
    # memory and its output register: what is read is the word of clock 1.
    fetch = n.facts.fetch
    prover.claim(
        "neurons, memory: read-back",
        f"the word of a neuron is at the output {fetch} clocks after the host's `host_index`",
        t.differ(at(fetch, "word"), n.memory(1, at(0, "host_index"))),
        [*n.no_reset, n.bit(0, "host")],
    )


def prove_control(n: NeuronFrames) -> None:
    """Add the claims about the registers that a checkpoint holds beside the memory.

    These are the noise's state and who has fired. A neuron without noise, winner-take-all and
    inhibition has none, and gets no claim.
    """
    prover, t, at = n.prover, n.t, n.at
    if not n.facts.control:
        return
    # The claim looks at clocks 0 and 1 alone, so a later reset need not be excluded.
    clocks_0_and_1 = n.no_reset[:2]
    prover.claim(
        "neurons, control: load",
        "a load sets all registers of a checkpoint to the host's values, one clock later",
        t.differ(at(1, "control"), at(0, "control_in")),
        [*clocks_0_and_1, n.bit(0, "load_control")],
    )
    # The step's end comes out one clock behind the step's last result. The registers take their new
    # values with the edge after it, so clock end + 1 is the first in which they may differ.
    end = n.out + 1
    before, after = n.control(end), n.control(end + 1)
    # The other registers follow other events: the noise moves with each evaluation, and the winner
    # of the step before (`won_before`, `winner_before`) with `next_step`.
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
