"""Dense plastic layers: many lanes on a systolic bus, neurons, and the order of it all."""

from sc_hw.layer.layer import PlasticLayer

__all__ = ["PlasticLayer"]
