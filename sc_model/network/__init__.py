"""Spiking networks in float64: populations, sparse projections with delays, and networks of them.

This module has all public names. It does not need torch.
"""

from __future__ import annotations

from sc_model.network.models import (
    IF,
    LI,
    LIF,
    AdaptiveLIF,
    CubaLI,
    CubaLIF,
    HodgkinHuxleyNeuron,
    Integrator,
    Izhikevich,
    Model,
    Relay,
    State,
    model_of,
)
from sc_model.network.monitors import Monitor, RateMonitor, SpikeMonitor, StateMonitor
from sc_model.network.network import Network
from sc_model.network.population import Population
from sc_model.network.projection import Projection
from sc_model.network.stdp import STDP
from sc_model.network.stimuli import CurrentStimulus, PoissonStimulus, SpikeStimulus, Stimulus

__all__ = [
    "IF",
    "LI",
    "LIF",
    "STDP",
    "AdaptiveLIF",
    "CubaLI",
    "CubaLIF",
    "CurrentStimulus",
    "HodgkinHuxleyNeuron",
    "Integrator",
    "Izhikevich",
    "Model",
    "Monitor",
    "Network",
    "PoissonStimulus",
    "Population",
    "Projection",
    "RateMonitor",
    "Relay",
    "SpikeMonitor",
    "SpikeStimulus",
    "State",
    "StateMonitor",
    "Stimulus",
    "model_of",
]
