"""Layers that compute as hardware does, once they have a quantiser: dense ones and convolutions."""

from sc_model.training.layers.conv import ConvLayer
from sc_model.training.layers.dense import DenseLayer, DenseQuantiser

__all__ = ["ConvLayer", "DenseLayer", "DenseQuantiser"]
