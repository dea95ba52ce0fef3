"""Gradient training in PyTorch of weights, delays, time constants and leaks, for fixed point.

It needs torch: `pip install sc-hw[training]`.
"""

# Only a check: without torch one line says what to install. The modules import it themselves.
try:
    import torch as _torch
except ImportError as _error:
    _text = "sc_model.training must have PyTorch; install it with: pip install 'sc-hw[training]'"
    raise ImportError(_text, name="torch") from _error

from sc_model.training.delay_linear import DelayLinear
from sc_model.training.hetsyn import HetSyn, HetSynState
from sc_model.training.integers import Integers, leak_tau, to_integers
from sc_model.training.layers import ConvLayer, DenseLayer, DenseQuantiser
from sc_model.training.learning_network import LearningNetworkModule
from sc_model.training.lif import Lif, LifState
from sc_model.training.loop import Epoch, TrainingError, fit
from sc_model.training.quantise import Quantiser
from sc_model.training.surrogate import Surrogate, atan_surrogate, fast_sigmoid_surrogate

del _torch

__all__ = [
    "ConvLayer",
    "DelayLinear",
    "DenseLayer",
    "DenseQuantiser",
    "Epoch",
    "HetSyn",
    "HetSynState",
    "Integers",
    "LearningNetworkModule",
    "Lif",
    "LifState",
    "Quantiser",
    "Surrogate",
    "TrainingError",
    "atan_surrogate",
    "fast_sigmoid_surrogate",
    "fit",
    "leak_tau",
    "to_integers",
]
