"""From a trained network in floating point to the integers of hardware, with rounding errors.

It needs NumPy and the configurations alone, and not the package that trained the network.
"""

from sc_model.quantisation.design import network_design, save_design
from sc_model.quantisation.findings import Finding
from sc_model.quantisation.float_layer import FloatLayer
from sc_model.quantisation.loss import Loss
from sc_model.quantisation.quantise import QuantisedLayer, quantise
from sc_model.quantisation.widths import widest, widths

__all__ = [
    "Finding",
    "FloatLayer",
    "Loss",
    "QuantisedLayer",
    "network_design",
    "quantise",
    "save_design",
    "widest",
    "widths",
]
