"""Layers of kind ``sparse``: synapses and neurons of a dense layer, the synapses that are there.

Which synapses these are stands in the parameters ``count`` and ``target`` (`SparseSpec`).
"""

from __future__ import annotations

from sc_model.layer_kinds.dense import neuron, synapse
from sc_model.spec import SparseSpec

__all__ = ["SPEC", "neuron", "synapse"]

SPEC = SparseSpec
