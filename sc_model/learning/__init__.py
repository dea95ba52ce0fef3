"""Learning contracts and learners; today the bounded online-learning synapse."""

from sc_model.learning.adaptation import adaptation_benchmark
from sc_model.learning.online_o1 import (
    NativeOnlineO1Array,
    NativeOnlineO1Synapse,
    OnlineO1Config,
    OnlineO1Snapshot,
    OnlineO1Synapse,
    build_online_o1_memory_proof,
)

__all__ = [
    "NativeOnlineO1Array",
    "NativeOnlineO1Synapse",
    "OnlineO1Config",
    "OnlineO1Snapshot",
    "OnlineO1Synapse",
    "adaptation_benchmark",
    "build_online_o1_memory_proof",
]
