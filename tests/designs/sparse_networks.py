"""Sparse networks, and parameters of them, for several test files."""

from __future__ import annotations

from typing import Any

import numpy as np

from sc_model.golden.network.network import parameter_bounds
from sc_model.golden.trained.connections import drawn_lists
from sc_model.spec import Design, LifSpec, NetworkSpec, SparseSpec

NEURON = LifSpec(leak="shift", threshold_bits=8, fraction=2)


def two_sparse_layers() -> Design:
    """Delays; recurrence with a bias; lists with a neuron several times, and without any."""
    first = SparseSpec(
        name="first", inputs=9, neurons=7, synapses=20, weight_bits=4, max_delay=2, neuron=NEURON
    )
    second = SparseSpec(
        name="second", inputs=7, neurons=3, synapses=30, fan_in=20, weight_bits=4, recurrent=True,
        bias=True, tick_interval=2, policy="accumulate", neuron=NEURON,
    )  # fmt: skip
    return Design(name="sparse", block="network", network=NetworkSpec(layers=(first, second)))


def parameters_of(spec: NetworkSpec, seed: int = 0) -> dict[str, Any]:
    """Random parameters with which neurons fire now and then."""
    rng, found = np.random.default_rng(seed), dict[str, Any]()
    for layer in spec.layers:
        if isinstance(layer, SparseSpec):
            lists = drawn_lists(layer, rng)
            found |= {f"{layer.name}.{name}": values for name, values in lists.items()}
    for name, (shape, low, high) in parameter_bounds(spec).items():
        if name not in found:
            low, high = (10, 60) if name.endswith("threshold") else (low // 2, high)
            found[name] = rng.integers(low, high + 1, shape)
    return found
