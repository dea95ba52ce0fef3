"""Layers that do not learn: lanes for synapses of several kinds, neurons, and what moves them."""

from sc_hw.trained.layer import TrainedLayer

__all__ = ["TrainedLayer"]
