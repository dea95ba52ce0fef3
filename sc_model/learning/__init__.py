"""Learning contracts and learners; today the bounded online-learning synapse."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sc_model.learning.online_o1 import (
        OnlineO1Config,
        OnlineO1Snapshot,
        OnlineO1Synapse,
        build_online_o1_memory_proof,
    )

__all__ = ["OnlineO1Config", "OnlineO1Snapshot", "OnlineO1Synapse", "build_online_o1_memory_proof"]


def __getattr__(name: str) -> Any:
    """Loaded when first used: a report scores weights with `readout` and must not see the golden model."""
    if name not in __all__:
        raise AttributeError(f"module 'sc_model.learning' has no attribute '{name}'")
    return getattr(import_module("sc_model.learning.online_o1"), name)
