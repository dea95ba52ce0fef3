"""Small networks that learn, first weights and samples for them, which tests share."""

from __future__ import annotations

from typing import Any

import numpy as np

from sc_model.spec.learning import HiddenLayerSpec, LearningNetworkSpec, OutputLayerSpec


def network(hidden: tuple[int, ...] = (12,), **others: Any) -> LearningNetworkSpec:
    """A small network, whose neurons fire a few times in a sample."""
    layer = {"threshold": 100, "lanes": 5, "shift": 1, **others.pop("layer", {})}
    output = {"neurons": 4, "lanes": 3, "shift": 4, "margin": 400, "error_shift": 4}
    return LearningNetworkSpec(
        inputs=20,
        hidden=tuple(
            HiddenLayerSpec(name=f"hidden{n}", neurons=size, **layer)
            for n, size in enumerate(hidden)
        ),
        output=OutputLayerSpec(**{**output, **others.pop("output", {})}),
        **others,
    )


def weights_of(spec: LearningNetworkSpec, seed: int = 1) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        layer.name: rng.integers(
            -layer.initial, layer.initial, (spec.rows(n), layer.neurons), endpoint=True
        )
        for n, layer in enumerate(spec.layers)
    }


def samples(count: int, seed: int = 2, inputs: int = 20) -> tuple[Any, Any]:
    """Samples of four classes: another quarter of the inputs is bright in each."""
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, 4, count)
    values = rng.integers(0, 120, (count, inputs)) * rng.integers(0, 2, (count, inputs))
    for row, label in zip(values, classes, strict=True):
        row[label::4] += rng.integers(60, 136, len(row[label::4]))
    return values, classes
