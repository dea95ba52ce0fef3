"""Dense plastic layers: many lanes on a systolic bus, neurons, and the order of it all."""

import warnings

from amaranth.hdl import UnusedElaboratable

from sc_hw.layer.layer import PlasticLayer

# a layer's parts are made to ask how long they take, also where nothing is elaborated afterwards
warnings.filterwarnings("ignore", category=UnusedElaboratable)

__all__ = ["PlasticLayer"]
