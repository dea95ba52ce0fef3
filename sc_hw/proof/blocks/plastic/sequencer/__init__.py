"""What is proved of the order in which a layer's synapses are worked on, for all sizes at once.

The sequencer is proved alone, with the sizes of the layer as inputs that have one arbitrary value
each. An invariant holds after a reset and is kept by every clock, so it holds in every clock; all
other claims start from it. How many clocks lie between two events is counted by *ghost* variables,
which exist in the proof alone and are advanced like registers: no sweep is unrolled, so that the
proof does not grow with the layer.
"""

from __future__ import annotations

from sc_hw.proof.blocks.plastic.facts import SequencerFacts
from sc_hw.proof.blocks.plastic.reference import Reference
from sc_hw.proof.blocks.plastic.sequencer.distances import prove_distances
from sc_hw.proof.blocks.plastic.sequencer.frames import SequencerFrames
from sc_hw.proof.blocks.plastic.sequencer.liveness import prove_liveness
from sc_hw.proof.blocks.plastic.sequencer.order import prove_order
from sc_hw.proof.frames import at_power_on, violation
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover


def prove_layer_sequencer(
    prover: Prover, net: Netlist, reference: Reference, facts: SequencerFacts
) -> None:
    """Add the claims about a sequencer to the prover; they depend on its port widths alone."""
    frames = SequencerFrames(prover, net, facts.label)
    # First the laws of the two products that the claims take for granted.
    for multiples in (frames.sizes.of_rows, frames.sizes.of_slots):
        multiples.prove(frames.label, frames.size_limits)
    # One clock from an arbitrary state is all that an induction needs.
    next_violation = violation(prover, frames.clocks[1].invariant())
    frames.claim(
        "invariant after reset",
        "reset leads to a state in which the invariant holds",
        next_violation,
        [*frames.size_limits, frames.clocks[0].bit("rst")],
    )
    frames.claim(
        "invariant at power-on",
        "the invariant holds wherever the registers with a reset have the values that it gives"
        " them",
        violation(prover, frames.clocks[0].invariant()),
        [*frames.size_limits, *at_power_on(frames.clocks[0].frames)],
    )
    frames.claim(
        "invariant kept",
        "if the invariant holds in a clock, it holds in the next one",
        next_violation,
        frames.assumptions,
    )
    prove_order(frames)
    prove_distances(frames)
    prove_liveness(frames)
