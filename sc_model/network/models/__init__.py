"""Neuron models, one file for each family.

`Population` finds a class that derives from `Model` by its name, so there is no list to edit.
"""

from __future__ import annotations

from sc_model.network.models.adaptive import AdaptiveLIF
from sc_model.network.models.current_based import CubaLI, CubaLIF
from sc_model.network.models.hodgkin_huxley import HodgkinHuxleyNeuron
from sc_model.network.models.izhikevich import Izhikevich
from sc_model.network.models.leaky import IF, LI, LIF, Integrator
from sc_model.network.models.model import Model, State, model_of
from sc_model.network.models.relay import Relay

__all__ = [
    "IF",
    "LI",
    "LIF",
    "AdaptiveLIF",
    "CubaLI",
    "CubaLIF",
    "HodgkinHuxleyNeuron",
    "Integrator",
    "Izhikevich",
    "Model",
    "Relay",
    "State",
    "model_of",
]
