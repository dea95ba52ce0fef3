"""Layers whose synapses have time constants of their own, and networks whose layers have clocks of
their own, in float64.
"""

from sc_model.temporal_hierarchy.multi_clock import ClockDomain, HetSynLayer, MultiClockSNN

__all__ = ["ClockDomain", "HetSynLayer", "MultiClockSNN"]
