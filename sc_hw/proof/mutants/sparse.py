# amaranth: UnusedElaboratable=no
"""Mutants of the sequencer of a sparse layer, which walks the lists of columns."""

from __future__ import annotations

from sc_hw.proof.blocks.network.parts import SEQUENCER
from sc_hw.proof.mutants.mutant import Mutant
from sc_hw.proof.mutants.network import text_mutant

SPARSE = "sparse"

MUTANTS: tuple[Mutant, ...] = (
    text_mutant(
        SPARSE,
        SEQUENCER,
        "sum on its way",
        "a synapse is issued while a sum of its neuron is on its way",
        (r"assign clash = [^;]+;", "assign clash = 1'h0;"),
    ),
    text_mutant(
        SPARSE,
        SEQUENCER,
        "one synapse of a list",
        "a list ends behind its first synapse",
        (r"\bleft <= [^;]+;", "left <= 0;"),
    ),
    text_mutant(
        SPARSE,
        SEQUENCER,
        "neuron of the next synapse",
        "a synapse that waits goes to the neuron of the synapse behind it",
        (r"assign of_target = [^;]+;", "assign of_target = place;"),
    ),
    text_mutant(
        SPARSE,
        SEQUENCER,
        "list of the next event",
        "an event that waits gets the list of the event behind it",
        (r"assign of_list = [^;]+;", "assign of_list = i_event__payload >> 1;"),
    ),
)
