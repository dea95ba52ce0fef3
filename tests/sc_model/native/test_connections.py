"""Compiled fan-out lists and kernels against their golden layers, on random networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sc_model.golden.network.network import Network, parameter_bounds
from sc_model.native import NativeNetwork
from sc_model.native.connections import by_column, rows_of_sums
from sc_model.spec import ConvSpec, LifSpec, NetworkSpec, SparseSpec

STEPS, HALF = 60, 23
POLICIES = ("hold", "accumulate", "once")


def drawn_conv(rng: np.random.Generator) -> ConvSpec:
    """A small image and a kernel that fits into it."""
    groups = int(rng.integers(1, 3))

    def pair(low: int, high: int) -> tuple[int, int]:
        return int(rng.integers(low, high)), int(rng.integers(low, high))

    return ConvSpec(
        name="a",
        image=(int(rng.integers(1, 4)) * groups, *pair(5, 9)),
        channels=int(rng.integers(1, 4)) * groups,
        kernel=pair(1, 3),
        stride=pair(1, 3),
        padding=pair(0, 3),
        pool=pair(1, 3),
        channel_groups=groups,
        bias=bool(rng.integers(2)),
        tick_interval=int(rng.integers(1, 3)),
        policy=rng.choice(POLICIES).item(),
        weight_bits=int(rng.integers(2, 19)),
    )


def drawn_sparse(rng: np.random.Generator, before: ConvSpec) -> SparseSpec:
    synapses = int(rng.integers(1, 400))
    return SparseSpec(
        name="b",
        inputs=before.neurons,
        neurons=int(rng.integers(1, 30)),
        synapses=synapses,
        fan_in=synapses,
        recurrent=bool(rng.integers(2)),
        bias=bool(rng.integers(2)),
        max_delay=int(rng.choice([0, 3, 63])),
        tick_interval=before.tick_interval * int(rng.integers(1, 3)),
        policy=rng.choice(POLICIES).item(),
        neuron=LifSpec(leak=rng.choice(["factor", "shift", "none"]).item()),
    )


def drawn_parameters(spec: NetworkSpec, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
    drawn = {}
    for name, (shape, low, high) in parameter_bounds(spec).items():
        if name.endswith(".threshold"):
            high = min(high, 2000)
        if name.endswith(".weight"):
            low, high = max(low, -150), min(high, 200)
        drawn[name] = rng.integers(low, high + 1, shape)
        if name.endswith(".count"):
            drawn[name] = rng.multinomial(high, np.full(shape[0], 1 / shape[0]))
    return drawn


@pytest.mark.parametrize("seeds", [range(12), range(12, 24)], ids=["first", "second"])
def test_words_and_states_are_those_of_the_golden_network(seeds: range) -> None:
    fired = 0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        conv = drawn_conv(rng)
        spec = NetworkSpec(layers=(conv, drawn_sparse(rng, conv)))
        parameters = drawn_parameters(spec, rng)
        golden, native = Network(spec, parameters), NativeNetwork(spec, parameters)
        x = (rng.random((STEPS, conv.inputs)) < rng.choice([0.05, 0.3, 0.9])).astype(np.uint8)
        expected = golden.run(x)
        first = native.run(x[:HALF])
        second = NativeNetwork(spec, parameters)  # goes on from the first one's state
        second.restore(native.state(), HALF)
        words = np.concatenate([first, second.run(x[HALF:])])
        np.testing.assert_array_equal(words, expected, f"seed {seed}")
        for name, layer in golden.layers.items():
            for field, values in layer.state.items():
                np.testing.assert_array_equal(second.state()[name][field], values)
        fired += int(expected.sum())
    assert fired > 1000


def test_memory_is_that_of_the_kernel() -> None:
    """23 million products of all inputs together, 1,600 weights."""
    spec = ConvSpec(name="a", image=(16, 64, 64), channels=4, kernel=(5, 5), pool=(2, 2))
    network = NativeNetwork(NetworkSpec(layers=(spec,)))
    assert spec.synapse_count == 784 * 4 * 25 * 16 * 4
    assert sum(array.size for array in network._fixed[0].values()) < 3 * spec.neurons


def test_rows_and_columns() -> None:
    spec = SparseSpec(name="a", inputs=1, neurons=1, synapses=1, max_delay=4)
    assert rows_of_sums(spec) == 5
    made = by_column(np.array([[1, 2, 3], [4, 5, 6]]), 32, np.dtype(np.int8))
    assert (made.shape, made[:, :2].tolist()) == ((3, 32), [[1, 4], [2, 5], [3, 6]])
    assert not made[:, 2:].any()
