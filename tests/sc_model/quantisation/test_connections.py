"""Rows of kernels and lists, and the parameters that they become."""

from __future__ import annotations

import numpy as np
import pytest

from sc_model.golden.trained.connections import trained_layer
from sc_model.quantisation import FloatLayer, quantise
from sc_model.quantisation.connections import NEVER, Kernel, Lists
from sc_model.spec import (
    ConfigError,
    ConvSpec,
    CrossingSpec,
    IntegratorSpec,
    SparseSpec,
)

SHAPE = ConvSpec(
    name="k",
    image=(4, 6, 5),
    channels=4,
    kernel=(2, 3),
    stride=(1, 2),
    padding=(1, 0),
    pool=(2, 1),
    channel_groups=2,
)
LISTS = Lists(np.array([[0, 2, NEVER], [1, 3, 4]]), inputs=3)


def test_the_synapses_of_a_kernel_are_those_of_the_golden_layer() -> None:
    rng = np.random.default_rng(0)
    weight = rng.integers(-9, 10, SHAPE.kernel_shape)
    synapses = Kernel(SHAPE).synapses()
    matrix = np.zeros((SHAPE.neurons, SHAPE.inputs), np.int64)
    np.add.at(matrix, (synapses.neuron, synapses.column), weight.reshape(-1)[synapses.place])
    crossing = CrossingSpec(SHAPE.inputs, 1, 1, "hold", 4)
    parameters = {"weight": weight, "threshold": 60_000, "leak": 4096}
    for column in range(SHAPE.inputs):
        layer = trained_layer(SHAPE, crossing, 1.0, parameters)
        layer.step(np.eye(SHAPE.inputs, dtype=np.int64)[column])
        np.testing.assert_array_equal(layer.neuron["potential"], matrix[:, column] << 4)


def test_a_kernel_has_a_row_for_each_channel() -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(4, 12))
    layer = FloatLayer("a", rows, bias=rng.normal(size=4), leak=0.9, connections=Kernel(SHAPE))
    assert (layer.spikes_in, layer.spikes_out, layer.neurons) == (120, SHAPE.neurons, 4)
    assert layer.of_neurons("leak").shape == (SHAPE.neurons,)
    made = quantise(layer, scale="row")
    assert isinstance(made.spec, ConvSpec)
    assert made.spec.output == SHAPE.output
    shapes = {name: array.shape for name, array in made.network_parameters.items()}
    assert shapes == {"weight": (4, 2, 2, 3), "bias": (4,), "threshold": (4,), "leak": (4,)}
    weight = made.network_parameters["weight"].reshape(4, -1)
    assert np.abs(weight * made.scale[:, None] - rows).max() <= made.scale.max() / 2


def test_lists_have_a_row_for_each_neuron() -> None:
    layer = FloatLayer(
        "a",
        np.array([[1.0, -2, 0], [3, 4, 5]]),
        bias=np.array([6.0, 7]),
        delay=np.array([[0, 1, 0], [2, 0, 0]]),
        connections=LISTS,
    )
    made = quantise(layer, scale=1.0)
    assert isinstance(made.spec, SparseSpec)
    assert (made.spec.recurrent, made.spec.bias, made.spec.synapses) == (True, True, 7)
    assert (made.spec.columns, made.spec.fan_in, made.spec.max_delay) == (6, 4, 2)
    arrays = {name: array.tolist() for name, array in made.network_parameters.items()}
    assert arrays["count"] == [1, 1, 1, 1, 1, 2]
    assert arrays["target"] == [0, 1, 0, 1, 1, 0, 1]
    assert arrays["weight"] == [1, 3, -2, 4, 5, 6, 7]
    assert arrays["delay"] == [0, 2, 1, 0, 0, 0, 0]
    trained_layer(made.spec, CrossingSpec(3, 1, 1, "hold", 4), 1.0, made.network_parameters)


def test_integrators_have_one_scale_and_no_threshold() -> None:
    weight = np.array([[1.0, 0.5], [0.25, 8.0]])
    layer = FloatLayer("a", weight, threshold=8.0, leak=0.5, reset="none", fires=False)
    made = quantise(layer)
    assert isinstance(made.spec, IntegratorSpec)
    assert set(made.network_parameters) == {"weight", "leak"}
    assert not [each for each in made.findings if each.kind in ("threshold", "tie")]
    with pytest.raises(ConfigError, match=r"^layer 'a' must have one scale \('tensor', or a num"):
        quantise(layer, scale="row")
