"""Bit-exact golden models: plain integers for one synapse, NumPy for a bank, recordings to replay."""

from sc_model.golden.bank import Bank
from sc_model.golden.recording import Recording, RecordingError, load_recording
from sc_model.golden.synapse import Synapse, saturated

__all__ = ["Bank", "Recording", "RecordingError", "Synapse", "load_recording", "saturated"]
