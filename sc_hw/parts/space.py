"""Memory spaces that a host addresses in a layer, with one code each for all kinds of layers."""

from __future__ import annotations

from enum import IntEnum


class Space(IntEnum):
    """What the host reads and writes in a layer.

    A layer has the spaces of its kind only, but a code means the same space in every layer: in a
    network one host sees layers of both kinds.

    Members
    -------
    SYNAPSE : words of the synapses: weight, traces, delay, decay code.
    INPUT : what a layer keeps for each input: traces of a plastic one, lists of a sparse one.
    OUTPUT : traces of a plastic layer's neurons; weights of a recurrent network's readout.
    NEURON : potentials, thresholds and what else a neuron keeps.
    CONTROL : the one word of registers that a checkpoint needs beside the memories.
    HISTORY : past values of a trained layer's columns, where it has delays.
    """

    SYNAPSE = 1
    INPUT = 2
    OUTPUT = 3
    NEURON = 4
    CONTROL = 5
    HISTORY = 6
