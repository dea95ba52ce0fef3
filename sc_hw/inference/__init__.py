"""Layers that do not learn: lanes for synapses of several kinds, neurons, and what moves them."""

from sc_hw.inference.layer import InferenceLayer

__all__ = ["InferenceLayer"]
