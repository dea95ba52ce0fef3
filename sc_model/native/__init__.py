"""Kernels compiled from a rule's graph: the golden models' arithmetic at the machine's speed, bit for bit the same."""

from sc_model.native.bank import NativeBank
from sc_model.native.compiler import NativeError
from sc_model.native.dense import Dense
from sc_model.native.layer import NativeLayer
from sc_model.native.synapse import NativeSynapse

__all__ = ["Dense", "NativeBank", "NativeError", "NativeLayer", "NativeSynapse"]
