"""`ConvLayer`: with a quantiser its spikes are those of the golden layer of kind "conv"."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from sc_model.evaluation import run_integers
from sc_model.golden.network.network import Network
from sc_model.quantisation import network_design
from sc_model.spec import ConfigError
from sc_model.training import ConvLayer, DenseQuantiser, Lif

TICKS, BATCH, IMAGE = 9, 3, (2, 10, 9)


def layer(quantiser: DenseQuantiser | None, leak: Any = 0.75, **kernel: Any) -> ConvLayer:
    torch.manual_seed(2)
    pool = kernel.pop("pool", (1, 1))
    synapses = torch.nn.Conv2d(2, 4, **{"kernel_size": (3, 2), **kernel})
    neurons = Lif(4, leak, 0.2 + torch.rand(4) * 0.2, learn_leak=True, learn_threshold=True)
    return ConvLayer(synapses, neurons, IMAGE, pool, quantiser)


def spikes(rate: float = 0.3) -> Tensor:
    shape = (TICKS, BATCH, int(np.prod(IMAGE)))
    x = torch.tensor(np.random.default_rng(0).random(shape) < rate).float()
    x[4] = 0
    return x


@pytest.mark.parametrize(
    ("kernel", "scale", "leak"),
    [
        ({}, "tensor", "factor"),
        ({"pool": (2, 3), "bias": False}, "row", "shift"),
        ({"stride": (2, 1), "padding": (1, 2), "groups": 2}, "tensor", "shift"),
        ({"pool": (3, 2), "padding": (1, 1)}, "row", "factor"),
    ],
)
def test_spikes_are_those_of_the_golden_network(kernel: Any, scale: Any, leak: Any) -> None:
    made = layer(DenseQuantiser(6, scale, leak, potential_bits=13), **kernel)
    found = made.integers("layer", lanes=2)
    design, parameters = network_design("test", [found])
    assert design.network is not None
    assert design.network.layers[0].lanes == 2
    x = spikes()
    fired = made(x)
    assert fired.shape == (TICKS, BATCH, int(np.prod(made.output)))
    assert 0.02 < fired.mean() < 0.9
    inputs = x.numpy().astype(np.uint8).transpose(1, 0, 2)
    net = Network(design.network, parameters)
    for number, sample in enumerate(inputs):
        net.reset()
        assert np.array_equal(net.run(sample), fired[:, number].detach().numpy())
    (compiled,) = run_integers(design.network, parameters, inputs)
    assert np.array_equal(compiled.transpose(1, 0, 2), fired.detach().numpy())


def test_floating_point_is_that_of_torch() -> None:
    made = layer(None, pool=(2, 2))
    x = spikes()
    fired = made(x)
    images = x.reshape(TICKS, BATCH, *IMAGE)
    v = torch.zeros(BATCH, *made.output)
    last = torch.zeros_like(v)
    threshold = made.neurons.threshold[:, None, None]
    for tick in range(TICKS):
        pooled = torch.nn.functional.avg_pool2d(images[tick], 2) * 4
        v = 0.75 * (v - threshold * last) + made.synapses(pooled)
        last = (v > threshold).float()
        assert torch.equal(last.flatten(1), fired[tick])


def test_gradients_reach_kernel_and_neurons_with_and_without_rounding() -> None:
    made = layer(None)
    grads = []
    for quantiser in (None, DenseQuantiser(10, fraction=8)):
        made.quantiser = quantiser
        made.zero_grad()
        made(spikes()).sum().backward()
        grads.append([each.grad.clone() for each in made.parameters()])  # type: ignore[union-attr]
    assert len(grads[0]) == 4
    for plain, rounded in zip(*grads, strict=True):
        assert plain.abs().sum() > 0
        assert (
            torch.nn.functional.cosine_similarity(plain.flatten(), rounded.flatten(), dim=0) > 0.9
        )


@pytest.mark.parametrize(
    ("neurons", "kernel", "image", "said"),
    [
        (5, {}, IMAGE, "output channels, 4, not 5"),
        (4, {"dilation": 2}, IMAGE, r"no dilation, .* not dilation \(2, 2\)"),
        (4, {"padding": "same"}, IMAGE, "padding 'same'"),
        (4, {"padding_mode": "circular"}, IMAGE, "circular"),
        (4, {}, (3, 10, 9), "2 input channels, not 3"),
        (4, {}, (2, 2, 9), "kernel must fit into its image"),
    ],
)
def test_what_does_not_fit_is_refused(neurons: int, kernel: Any, image: Any, said: str) -> None:
    synapses = torch.nn.Conv2d(2, 4, 3, **kernel)
    with pytest.raises((ValueError, ConfigError), match=said):
        ConvLayer(synapses, Lif(neurons), image)
