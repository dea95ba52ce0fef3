"""Layers of kind ``conv``: synapses and neurons of a dense layer, with weights of a kernel.

Which synapses there are follows from the shapes (`ConvSpec`).
"""

from __future__ import annotations

from sc_model.layer_kinds.dense import neuron, synapse
from sc_model.spec import ConvSpec

__all__ = ["SPEC", "neuron", "synapse"]

SPEC = ConvSpec
