"""From a trained network in floating point to the integers of hardware, with the error of each
number reported.

NumPy and the configurations alone: what trained the network (PyTorch, or a NIR file of others) need
not be there.
"""

from sc_model.quantisation.design import network_design, save_design
from sc_model.quantisation.float_layer import FloatLayer
from sc_model.quantisation.loss import Loss
from sc_model.quantisation.quantise import QuantisedLayer, quantise

__all__ = ["FloatLayer", "Loss", "QuantisedLayer", "network_design", "quantise", "save_design"]
