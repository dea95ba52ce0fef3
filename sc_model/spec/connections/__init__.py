"""Layers in which a neuron has synapses from some columns only.

`SparseSpec` lists the synapses of each column. `ConvSpec` is a convolution: neurons of a channel
share the weights of a kernel.
"""

from sc_model.spec.connections.conv import ConvSpec
from sc_model.spec.connections.sparse import SparseSpec

__all__ = ["ConvSpec", "SparseSpec"]
