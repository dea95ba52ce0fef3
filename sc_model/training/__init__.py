"""Gradient training in PyTorch: time constants and weights that are learned, and exported into float and fixed point.

Needs torch: `pip install sc-hw[training]`.
"""

from sc_model.training.hetsyn import HetSyn, HetSynState
from sc_model.training.integers import Integers, leak_tau, to_integers
from sc_model.training.quantise import Quantiser
from sc_model.training.surrogate import spike

__all__ = ["HetSyn", "HetSynState", "Integers", "Quantiser", "leak_tau", "spike", "to_integers"]
