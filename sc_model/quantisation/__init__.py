"""From a trained network in floating point to the integers of hardware, with rounding errors.

It needs NumPy and the configurations alone, and not the package that trained the network.
"""

from sc_model.quantisation.design import network_design, save_design
from sc_model.quantisation.findings import Finding, LossError
from sc_model.quantisation.float_layer import FloatLayer
from sc_model.quantisation.loss import Loss
from sc_model.quantisation.quantise import QuantisedLayer, quantise
from sc_model.quantisation.widths import check_widths, widest, widths

__all__ = [
    "Finding",
    "FloatLayer",
    "Loss",
    "LossError",
    "QuantisedLayer",
    "check_widths",
    "network_design",
    "quantise",
    "save_design",
    "widest",
    "widths",
]
