"""Layers with fan-out lists and kernels, against a definition of their own and against PyTorch."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from sc_model.golden.network.network import Network
from sc_model.golden.trained.connections import ConvLayer, SparseLayer, trained_layer
from sc_model.spec import ConvSpec, CrossingSpec, DenseSpec, LifSpec, NetworkSpec, SparseSpec

SILENT = LifSpec(leak="none", potential_bits=40)


@pytest.mark.parametrize(
    "shape",
    [
        {"image": (1, 7, 9), "channels": 3, "kernel": (3, 2)},
        {"image": (4, 11, 10), "channels": 6, "kernel": (3, 2), "pool": (2, 1), "padding": (1, 0)},
        {
            "image": (4, 8, 8),
            "channels": 6,
            "kernel": (2, 3),
            "channel_groups": 2,
            "stride": (2, 1),
        },
        {"image": (2, 9, 7), "channels": 2, "kernel": (3, 3), "pool": (2, 2), "padding": (0, 2)},
        {"image": (3, 1, 12), "channels": 2, "kernel": (1, 5), "stride": (1, 3)},
    ],
    ids=["plain", "pool", "groups", "left over", "one dimension"],
)
def test_a_convolution_is_that_of_pytorch(shape: dict[str, Any]) -> None:
    """Currents with counts of spikes as values; the pool as an average times its places."""
    torch = pytest.importorskip("torch")
    spec = ConvSpec(name="a", bias=True, policy="accumulate", neuron=SILENT, **shape)
    crossing = CrossingSpec(spec.inputs, 1, 3, "accumulate", 4)
    rng = np.random.default_rng(len(shape))
    weight = rng.integers(-90, 91, spec.kernel_shape)
    bias, x = rng.integers(-9, 10, spec.channels), rng.integers(0, 4, spec.inputs)
    layer = trained_layer(
        spec, crossing, 1.0, {"weight": weight, "bias": bias, "threshold": 60_000}
    )
    layer.step(x)

    image = torch.tensor(x.reshape(1, *spec.image), dtype=torch.float64)
    pooled = torch.nn.functional.avg_pool2d(image, spec.pool) * np.prod(spec.pool)
    expected = torch.nn.functional.conv2d(
        pooled,
        *(torch.tensor(each, dtype=torch.float64) for each in (weight, bias)),
        stride=spec.stride,
        padding=spec.padding,
        groups=spec.channel_groups,
    )
    assert isinstance(layer, ConvLayer)
    assert expected.shape[1:] == spec.output
    np.testing.assert_array_equal(layer.neuron["potential"], expected.numpy().reshape(-1) * 16)


def test_neurons_of_a_channel_share_their_threshold() -> None:
    spec = ConvSpec(name="a", image=(1, 2, 2), channels=2, kernel=(1, 1), neuron=SILENT)
    layer = trained_layer(
        spec, CrossingSpec(4, 1, 1, "hold", 4), 1.0, {"weight": 1, "threshold": [16, 17]}
    )
    np.testing.assert_array_equal(layer.step([1, 1, 0, 1]), [1, 1, 0, 1, 0, 0, 0, 0])


@pytest.mark.parametrize("max_delay", [0, 3])
def test_a_sparse_layer_is_a_dense_one_without_its_zeros(max_delay: int) -> None:
    rng = np.random.default_rng(7)
    options: dict[str, Any] = {
        "name": "a",
        "inputs": 6,
        "neurons": 5,
        "max_delay": max_delay,
        "recurrent": True,
        "bias": True,
    }
    there = rng.random((5, 12)) < 0.3
    weight = rng.integers(1, 100, (5, 12)) * there
    delay = rng.integers(0, max_delay + 1, (5, 12))
    column, target = np.nonzero(there.T)
    neurons = {"threshold": rng.integers(500, 2000, 5), "leak": 3000}
    lists = {
        "count": there.sum(axis=0),
        "target": target,
        "weight": weight[target, column],
        **({"delay": delay[target, column]} if max_delay else {}),
    }
    sparse = NetworkSpec(layers=(SparseSpec(**options, synapses=len(target)),))
    dense = NetworkSpec(layers=(DenseSpec(**options, engine="events"),))
    full = {"weight": weight, **({"delay": delay} if max_delay else {})}
    one, other = (
        Network(spec, {f"a.{name}": value for name, value in {**own, **neurons}.items()})
        for spec, own in ((sparse, lists), (dense, full))
    )
    x = rng.random((40, 6)) < 0.4
    words = one.run(x.astype(np.uint8))
    np.testing.assert_array_equal(words, other.run(x.astype(np.uint8)))
    assert isinstance(one.layers["a"], SparseLayer)
    assert 20 < words.sum() < 190
    for name, values in other.layers["a"].state.items():
        np.testing.assert_array_equal(one.layers["a"].state[name], values)


def test_two_synapses_between_the_same_two() -> None:
    """One takes its spike in at once, the other a tick later."""
    spec = SparseSpec(
        name="a", inputs=1, neurons=1, synapses=2, fan_in=2, max_delay=1, neuron=SILENT
    )
    lists = {"count": [2], "target": 0, "weight": [3, 5], "delay": [0, 1], "threshold": 60_000}
    layer = trained_layer(spec, CrossingSpec(1, 1, 1, "hold", 4), 1.0, lists)
    potentials = []
    for x in ([1], [0], [0]):
        layer.step(x)
        potentials.append(int(layer.neuron["potential"][0]))
    assert potentials == [3 * 16, 8 * 16, 8 * 16]


@pytest.mark.parametrize(
    ("count", "target", "text"),
    [
        ([1, 1], [0, 1, 1], "layer 'a': count must add up to the layer's 3 synapses, not to 2."),
        (
            [2, 1],
            [1, 1, 1],
            "layer 'a': target must name no neuron more than 2 times, not neuron 1 3 times; sums"
            " would be too wide, so give the layer a larger fan_in.",
        ),
    ],
)
def test_lists_of_another_layer_are_refused(count: Any, target: Any, text: str) -> None:
    spec = SparseSpec(name="a", inputs=2, neurons=2, synapses=3)
    lists = {"count": count, "target": target, "weight": 1, "threshold": 9, "leak": 0}
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        trained_layer(spec, CrossingSpec(2, 1, 1, "hold", 4), 1.0, lists)
