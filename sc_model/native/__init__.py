"""Kernels compiled from a rule's graph: the golden models' arithmetic at the machine's speed, bit for bit the same."""

from sc_model.native.compiler import NativeError
from sc_model.native.dense import Dense

__all__ = ["Dense", "NativeError"]
