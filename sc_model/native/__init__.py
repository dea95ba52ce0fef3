"""Compiled golden models, made from a rule's graph: the same values at the machine's speed."""

from sc_model.native.bank import NativeBank
from sc_model.native.compiler import NativeError
from sc_model.native.learning_network import NativeLearningNetwork
from sc_model.native.network import NativeNetwork
from sc_model.native.open_loop import OpenLoopLayer
from sc_model.native.plastic import NativeLayer
from sc_model.native.synapse import NativeSynapse

__all__ = [
    "NativeBank",
    "NativeError",
    "NativeLayer",
    "NativeLearningNetwork",
    "NativeNetwork",
    "NativeSynapse",
    "OpenLoopLayer",
]
