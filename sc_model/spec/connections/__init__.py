"""Layers in which a neuron has synapses from some columns only: fan-out lists, and kernels."""

from sc_model.spec.connections.conv import ConvSpec
from sc_model.spec.connections.sparse import SparseSpec

__all__ = ["ConvSpec", "SparseSpec"]
