"""Memory spaces that a host addresses in a layer, with one code each for all kinds of layers."""

from __future__ import annotations

from enum import IntEnum


class Space(IntEnum):
    """What the host reads and writes in a layer.

    A layer has only the spaces of its kind, but a code means the same space in every layer, for the
    host of a network reads trained and plastic layers through the same port.

    Members
    -------
    SYNAPSE : one word for each synapse: its weight, and the traces, delay or decay code that its
        kind of layer has.
    INPUT : one word for each input: its trace in a plastic layer, where its list of synapses is in
        a sparse layer.
    OUTPUT : one word for each neuron of a plastic layer, with its trace; the weights of the readout
        in a recurrent network.
    NEURON : one word for each neuron: potential, threshold and its other fields.
    CONTROL : a single word of registers, which a checkpoint holds beside the memories.
    HISTORY : one word for each column of a trained layer with delays: its values in past ticks.
    """

    SYNAPSE = 1
    INPUT = 2
    OUTPUT = 3
    NEURON = 4
    CONTROL = 5
    HISTORY = 6
