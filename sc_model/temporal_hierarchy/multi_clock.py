"""All public names of multi-timescale layers and multi-clock networks in float64."""

from __future__ import annotations

from sc_model.temporal_hierarchy.crossing import (
    POLICIES,
    Accumulate,
    Crossing,
    CrossingState,
    Hold,
    Once,
    crossing,
)
from sc_model.temporal_hierarchy.layer import TAU_RANGE, HetSynLayer
from sc_model.temporal_hierarchy.network import ClockDomain, MultiClockSNN

__all__ = [
    "POLICIES",
    "TAU_RANGE",
    "Accumulate",
    "ClockDomain",
    "Crossing",
    "CrossingState",
    "HetSynLayer",
    "Hold",
    "MultiClockSNN",
    "Once",
    "crossing",
]
