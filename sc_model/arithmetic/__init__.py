"""Arithmetic of a layer beside the learning rule, written once like a rule: neurons, critic, noise.

Each unit is a function over the same small algebra (`sc_model.spec.rule.Ops`); the golden model
runs it on NumPy arrays, the hardware compiler makes a pipeline of it, and the proof runs it on SMT
integers.
"""

from sc_model.arithmetic.critic import critic_unit, layer_critic
from sc_model.arithmetic.integrate_and_fire import neuron_unit
from sc_model.arithmetic.lif import lif_unit
from sc_model.arithmetic.noise import Lfsr
from sc_model.arithmetic.unit import Unit

__all__ = [
    "Lfsr",
    "Unit",
    "critic_unit",
    "layer_critic",
    "lif_unit",
    "neuron_unit",
]
