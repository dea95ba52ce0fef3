"""Layers with a time constant for each synapse, networks with a clock for each layer; float64."""

from sc_model.temporal_hierarchy.multi_clock import ClockDomain, HetSynLayer, MultiClockSNN

__all__ = ["ClockDomain", "HetSynLayer", "MultiClockSNN"]
