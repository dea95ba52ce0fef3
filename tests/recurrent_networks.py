"""Small recurrent networks that learn, first weights and samples for them, which tests share."""

from __future__ import annotations

from typing import Any

import numpy as np

from sc_model.spec import Design
from sc_model.spec.learning import OutputLayerSpec, RecurrentLayerSpec, RecurrentNetworkSpec


def network(**others: Any) -> RecurrentNetworkSpec:
    """A small network whose neurons fire, come near and rest."""
    hidden = {"neurons": 8, "lanes": 4, "shift": 11, **others.pop("hidden", {})}
    readout = {"neurons": 3, "margin": 60, "error_shift": 2, "shift": 6}
    return RecurrentNetworkSpec(
        inputs=5,
        hidden=RecurrentLayerSpec(**hidden),
        readout=OutputLayerSpec(**{**readout, **others.pop("readout", {})}),
        **others,
    )


def design(spec: RecurrentNetworkSpec | None = None, **others: Any) -> Design:
    """The network as a design."""
    return Design(
        name="recurrent",
        block="recurrent_network",
        recurrent=network() if spec is None else spec,
        **others,
    )


def weights_of(spec: RecurrentNetworkSpec, seed: int = 1) -> dict[str, Any]:
    """First weights by layer, some of them the largest and the least."""
    rng = np.random.default_rng(seed)
    most = spec.hidden.max_weight
    hidden = rng.integers(-most, most, (spec.rows, spec.hidden.neurons), endpoint=True)
    shape = (spec.hidden.neurons, spec.readout.neurons)
    return {
        spec.hidden.name: hidden,
        spec.readout.name: rng.integers(-40, 40, shape, endpoint=True),
    }


def samples(
    spec: RecurrentNetworkSpec, count: int, steps: int = 12, seed: int = 2
) -> tuple[Any, Any]:
    """Random spikes, and targets in half of the steps."""
    rng = np.random.default_rng(seed)
    spikes = (rng.random((count, steps, spec.inputs)) < 0.4).astype(int)
    targets = rng.integers(0, spec.readout.neurons, (count, 1)) * np.ones((1, steps), int)
    return spikes, np.where(rng.random((count, steps)) < 0.5, targets, -1)
