"""What is proved of a layer's neurons: each evaluation from an arbitrary state, and by induction
over the evaluations of a step who has won, or how many have fired.

Clock 0 is that in which a neuron's sums arrive with `evaluate`.
"""

from __future__ import annotations

from sc_hw.proof.blocks.plastic.facts import NeuronsFacts
from sc_hw.proof.blocks.plastic.neurons.evaluation import prove_evaluation
from sc_hw.proof.blocks.plastic.neurons.frames import NeuronFrames
from sc_hw.proof.blocks.plastic.neurons.memory import prove_control, prove_memory
from sc_hw.proof.blocks.plastic.neurons.noise import prove_noise
from sc_hw.proof.blocks.plastic.neurons.spikes import prove_spikes
from sc_hw.proof.blocks.plastic.neurons.turns import prove_turns
from sc_hw.proof.blocks.plastic.neurons.value import prove_value
from sc_hw.proof.blocks.plastic.neurons.winner import prove_winner
from sc_hw.proof.blocks.plastic.reference import Reference
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover


def prove_neurons(prover: Prover, net: Netlist, reference: Reference, facts: NeuronsFacts) -> None:
    """Add the claims about a layer's neurons to the prover."""
    neurons = NeuronFrames(prover, net, reference, facts)
    prove_turns(neurons)
    if neurons.spec.noise_bits:
        prove_noise(neurons)
    prove_evaluation(neurons)
    prove_memory(neurons)
    if neurons.spec.winner_take_all:
        prove_winner(neurons)
    else:
        prove_spikes(neurons)
    if neurons.layer.value_neuron is not None:
        prove_value(neurons)
    prove_control(neurons)
