"""A layer whose synapses each have a time constant of their own: lanes, neurons, and what moves them."""

from sc_hw.hetsyn.layer import HetSynLayer

__all__ = ["HetSynLayer"]
