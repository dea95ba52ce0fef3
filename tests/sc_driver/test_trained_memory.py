"""Layers in windows: a convolution's words lie where hardware has them, and come back as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from register_model import manifest_of_design

from sc_driver.trained_memory import KernelMemory, TrainedMemory, memory_of
from sc_model.spec import ConvSpec, DenseSpec, Design, LifSpec, NetworkSpec
from sc_sim.blocks.network.host import neuron_addresses, synapse_addresses

LAYERS = {
    "a bias": ConvSpec(
        name="a", image=(2, 5, 4), channels=4, kernel=(3, 2), lanes=2, bias=True,
        neuron=LifSpec(leak="shift"),
    ),
    "groups": ConvSpec(
        name="a", image=(4, 4, 6), channels=6, channel_groups=2, kernel=(2, 3), stride=(1, 2),
        lanes=3, neuron=LifSpec(),
    ),
}  # fmt: skip


class Words:
    """A window in memory."""

    def __init__(self, described: Mapping[str, Any]) -> None:
        self.spaces = {space["name"]: space for space in described["spaces"]}
        self.words: dict[tuple[str, int, int], dict[str, int]] = {}

    def _keys(self, space: str, where: Mapping[str, Any], count: int) -> list[tuple[str, int, int]]:
        lanes, words = (np.broadcast_to(where.get(part, 0), count) for part in ("lane", "word"))
        return [(space, int(lane), int(word)) for lane, word in zip(lanes, words, strict=True)]

    def load(
        self, space: str, where: Mapping[str, Any], count: int, values: Mapping[str, Any]
    ) -> None:
        for number, key in enumerate(self._keys(space, where, count)):
            assert key not in self.words
            self.words[key] = {name: int(array[number]) for name, array in values.items()}

    def read(self, space: str, where: Mapping[str, Any], count: int) -> dict[str, NDArray[Any]]:
        rows = [self.words[key] for key in self._keys(space, where, count)]
        return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def memory(layer: ConvSpec | DenseSpec) -> tuple[TrainedMemory, Words]:
    design = Design(name="one", block="network", network=NetworkSpec(layers=(layer,)))
    manifest = manifest_of_design(design)
    (described,) = manifest["layers"]
    window: Any = Words(described)
    return memory_of(window, manifest["design"]["network"]["layers"][0], described), window


@pytest.mark.parametrize("name", LAYERS)
def test_words_of_a_convolution_lie_where_hardware_has_them(name: str) -> None:
    found, _ = memory(LAYERS[name])
    assert isinstance(found, KernelMemory)
    memories = {each.space: each for each in found.memories()}
    synapses, neurons = synapse_addresses(LAYERS[name]), neuron_addresses(LAYERS[name])
    np.testing.assert_array_equal(memories["synapse"].where["word"], synapses.words)
    np.testing.assert_array_equal(memories["synapse"].where["lane"], synapses.lanes)
    np.testing.assert_array_equal(memories["neuron"].where["word"], neurons.words)


@pytest.mark.parametrize("name", LAYERS)
def test_a_convolution_comes_back_as_it_was_written(name: str) -> None:
    layer, rng = LAYERS[name], np.random.default_rng(1)
    found, window = memory(layer)
    state = found.initial()
    assert state["weight"].shape == layer.kernel_shape
    assert state["threshold"].shape == (layer.channels,)
    assert state["potential"].shape == (layer.neurons,)
    assert ("bias" in state) == layer.bias
    state = {each: rng.integers(1, 50, values.shape) for each, values in state.items()}
    found.write(state, fresh=False)
    for each, values in found.read().items():
        np.testing.assert_array_equal(values, state[each], each)
    # In its first tick a layer reads its state as 0, and its parameters as they are.
    window.words.clear()
    found.write(state, fresh=True)
    assert not found.read()["potential"].any()
    np.testing.assert_array_equal(found.read()["threshold"], state["threshold"])
    # Neurons of a channel whose parameters differ keep their own.
    window.words["neuron", 0, 0]["threshold"] += 1
    assert found.read()["threshold"].shape == (layer.neurons,)


def test_other_layers_have_a_synapse_for_each_input_of_each_neuron() -> None:
    found, _ = memory(DenseSpec(name="a", inputs=3, neurons=2))
    assert type(found) is TrainedMemory
