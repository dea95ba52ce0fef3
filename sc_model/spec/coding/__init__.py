"""How values become spikes at a network's input, and spikes and potentials an answer."""

from sc_model.spec.coding.encoder import EncoderSpec
from sc_model.spec.coding.readout import ReadoutSpec

__all__ = ["EncoderSpec", "ReadoutSpec"]
