"""Bit-exact golden models: plain integers for one synapse, NumPy for a bank or a layer, recordings
to replay.
"""

from sc_model.golden.bank import Bank
from sc_model.golden.plastic.layer import PlasticLayer
from sc_model.golden.recording import (
    LayerRecording,
    Recording,
    RecordingError,
    load_layer_recording,
    load_recording,
)
from sc_model.golden.synapse import Synapse, saturate_inputs

__all__ = [
    "Bank",
    "LayerRecording",
    "PlasticLayer",
    "Recording",
    "RecordingError",
    "Synapse",
    "load_layer_recording",
    "load_recording",
    "saturate_inputs",
]
