"""Dense plastic layers: many lanes on a systolic bus, neurons, and the order of it all.

Files here begin with Amaranth's linter option: a layer's parts are made to ask how long they take,
also where nothing is elaborated afterwards.
"""

from sc_hw.plastic.layer import PlasticLayer

__all__ = ["PlasticLayer"]
