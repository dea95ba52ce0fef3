"""Trained layers, which do not learn: lanes of synapses, neurons, and the layer around them."""

from sc_hw.trained.layer import TrainedLayer

__all__ = ["TrainedLayer"]
