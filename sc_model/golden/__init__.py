"""Bit-exact golden models: plain integers for one synapse, NumPy for a bank or a layer, recordings to replay."""

from sc_model.golden.bank import Bank
from sc_model.golden.layer import Layer
from sc_model.golden.recording import LayerRecording, Recording, RecordingError, load_layer_recording, load_recording
from sc_model.golden.synapse import Synapse, saturated

__all__ = [
    "Bank",
    "Layer",
    "LayerRecording",
    "Recording",
    "RecordingError",
    "Synapse",
    "load_layer_recording",
    "load_recording",
    "saturated",
]
