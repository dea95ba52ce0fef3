"""Configurations of networks that learn on the chip."""

from sc_model.spec.learning.layers import LearningLayerSpec, OutputLayerSpec
from sc_model.spec.learning.learning_network import HiddenLayerSpec, LearningNetworkSpec
from sc_model.spec.learning.recurrent_network import RecurrentLayerSpec, RecurrentNetworkSpec
from sc_model.spec.learning.tables import LEARNING_TABLES, learning_tables, recurrent_tables

__all__ = [
    "LEARNING_TABLES",
    "HiddenLayerSpec",
    "LearningLayerSpec",
    "LearningNetworkSpec",
    "OutputLayerSpec",
    "RecurrentLayerSpec",
    "RecurrentNetworkSpec",
    "learning_tables",
    "recurrent_tables",
]
