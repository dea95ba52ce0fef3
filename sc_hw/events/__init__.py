"""The event engine of a trained layer: a tick's work is in proportion to the spikes it takes in."""

from sc_hw.events.conv_layer import ConvLayer
from sc_hw.events.layer import EventLayer
from sc_hw.events.sparse_layer import SparseLayer

__all__ = ["ConvLayer", "EventLayer", "SparseLayer"]
