"""A network's steps, states and parameters without a board; the rest is in the device's tests."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from encoded_networks import encoded
from host_manifests import manifest_of
from network_designs import learns, two_clocks
from register_model import manifest_of_design
from sparse_networks import parameters_of, two_sparse_layers

from sc_driver.blocks import board_block
from sc_driver.blocks.network import BoardNetwork, why_not_from
from sc_driver.errors import ManifestError
from sc_model.golden.network.network import Network
from sc_model.spec import DenseSpec, Design, NetworkSpec

NONE: Any = None
TWO_RATES = manifest_of("network", "uart")
LEARNS = manifest_of_design(learns())


def network_of(manifest: dict[str, Any]) -> BoardNetwork:
    block = board_block(NONE, manifest)
    assert isinstance(block, BoardNetwork)
    return block


def test_the_last_word_is_held_until_the_next_tick() -> None:
    network = network_of(TWO_RATES)
    network._last = np.full(8, 1, np.uint8)
    ticks = np.array([False, False, True, False, True])
    bits = np.array([[0] * 8, [0, 1] * 4], np.uint8)
    held = network.results(bits, ticks)
    assert held[:, 0].tolist() == [1, 1, 0, 0, 0]
    assert held[:, 1].tolist() == [1, 1, 0, 0, 1]
    assert network.results(bits[:0], ticks[:2])[:, 1].tolist() == [1, 1]
    assert network.results(bits[:0], ticks[:0]).shape == (0, 8)
    # in a step with a tick what was before does not matter
    network._last = None
    assert network.results(bits[1:], ticks[2:4]).tolist() == [[0, 1] * 4] * 2


def test_where_the_synapses_of_a_lane_are() -> None:
    """16 columns; neuron 5 of layer `fast` is the third one of the second of two lanes."""
    where = network_of(TWO_RATES).memories()[0].where
    assert (int(where["lane"][5 * 16 + 3]), int(where["word"][5 * 16 + 3])) == (1, 2 * 16 + 3)
    events = Design(
        name="events",
        block="network",
        network=NetworkSpec(
            layers=(DenseSpec(name="a", inputs=7, neurons=5, lanes=2, engine="events"),)
        ),
    )
    where = network_of(manifest_of_design(events)).memories()[0].where
    assert (int(where["lane"][3 * 7 + 6]), int(where["word"][3 * 7 + 6])) == (1, 6 * 3 + 1)


@pytest.mark.parametrize("manifest", [TWO_RATES, LEARNS], ids=["two rates", "learns"])
def test_state_after_power_on_is_the_models(manifest: dict[str, Any]) -> None:
    golden = Network(NetworkSpec.model_validate(manifest["design"]["network"]))
    found = network_of(manifest).initial()
    for name, layer in golden.layers.items():
        expected = {**layer.parameters, **layer.state}
        assert {n: v.tolist() for n, v in found[name].items()} == {
            n: v.tolist() for n, v in expected.items()
        }
    if golden.plastic is not None:
        learned = golden.plastic.checkpoint()
        assert {n: v.tolist() for n, v in found["plastic"].items()} == {
            f"{space}.{n}": v.tolist() for space, one in learned.items() for n, v in one.items()
        }


@pytest.mark.parametrize(
    ("weights", "error", "text"),
    [
        (
            3,
            TypeError,
            r"^a network loads arrays by '<layer>\.<parameter>' \(.*\), not int\.$",
        ),
        ("none.npz", ValueError, r"^parameter file none\.npz can't be read: .*No such file"),
        (
            {"a.trace": 0},
            ValueError,
            r"^parameters must be among a\.weight, .*plastic\.weight, not",
        ),
        ({"plastic.gain": 0}, ValueError, r"^parameters must be among .*, not 'plastic\.gain'\.$"),
        ({"a.delay": 10}, ValueError, r"^a\.delay must be in \[0, 9\], not 10$"),
        ({"a.weight": [1]}, ValueError, r"^a\.weight must have shape \(6, 11\), not \(1,\)$"),
        ({"a.weight": 0.5}, TypeError, r"^a\.weight must be integers, not float64$"),
        ({"plastic.weight": [1]}, ValueError, r"^weight must have shape \(6, 3\), not \(1,\)$"),
    ],
)
def test_parameters_that_do_not_fit(
    weights: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        network_of(LEARNS).load(weights)


@pytest.mark.parametrize(
    ("stimulus", "error", "text"),
    [
        ({}, TypeError, r"^a step of a network takes spikes, shape \(inputs,\)$"),
        (
            {"spikes": [[1] * 15]},
            ValueError,
            r"^inputs must have shape \(T, 16\), not \(1, 15\)\.$",
        ),
        ({"spikes": [[2] * 16]}, ValueError, r"^inputs must be in \[0, 1\], not 2$"),
        (
            {"spikes": [[1] * 16], "reward": 1},
            TypeError,
            r"^a network without a plastic layer takes spikes alone, not \['reward'\]\.$",
        ),
    ],
)
def test_stimulus_that_does_not_fit(
    stimulus: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        network_of(TWO_RATES).packets(stimulus)


def test_packet_with_a_lesson() -> None:
    words = network_of(LEARNS).packets({"spikes": [[1, 0, 1, 0], [0] * 4], "reward": [-1, 500]})
    assert words.tolist() == [[0xFF, 0b101], [0x7F, 0]]


def test_a_word_in_slices() -> None:
    """300 inputs are 19 transfers of 16, two in a word of the bus."""
    layers = (DenseSpec(name="a", inputs=300, neurons=2, engine="events"),)
    design = Design(name="sliced", block="network", network=NetworkSpec(layers=layers))
    network = network_of(manifest_of_design(design))
    spikes = np.zeros((1, 300), int)
    spikes[0, [0, 17, 32, 299]] = 1
    (words,) = network.packets({"spikes": spikes}).tolist()
    assert (network.step.transfers, len(words)) == (19, 10)
    assert {n: word for n, word in enumerate(words) if word} == {
        0: 1 | 2 << 16, 1: 1, 9: 1 << 299 - 18 * 16,
    }  # fmt: skip


def test_network_that_ticks_before_words_come() -> None:
    layers = (
        DenseSpec(name="slow", inputs=2, neurons=2, tick_interval=2),
        DenseSpec(name="slower", inputs=2, neurons=2, tick_interval=4),
    )
    design = Design(name="early", block="network", network=NetworkSpec(layers=layers))
    manifest = manifest_of_design(design)
    manifest["design"]["network"]["layers"][1]["tick_interval"] = 1
    with pytest.raises(
        ManifestError, match=r"^A board runs networks whose .* layer 'slower' of 'e"
    ):
        network_of(manifest)


def test_layer_whose_synapses_are_others() -> None:
    manifest = deepcopy(TWO_RATES)
    layer = manifest["design"]["network"]["layers"][1]
    layer["kind"], layer["neurons"] = "conv", 9
    with pytest.raises(ManifestError, match=r"^The driver runs .*, not yet 'slow' of kind 'conv';"):
        network_of(manifest)


def test_states_to_go_on_from() -> None:
    layers = manifest_of_design(two_clocks())["design"]["network"]["layers"]
    assert why_not_from("two", layers, 0) is None
    assert why_not_from("two", layers, 4) == (
        "network 'two' has a state to go on from before the first step, for spikes may wait in its"
        " crossings, not after 4"
    )
    layers = TWO_RATES["design"]["network"]["layers"]
    assert why_not_from("rates", layers, 20) is None
    assert why_not_from("rates", layers, 7) == (
        "network 'rates' has a state to go on from after each 10 steps, when all layers tick and no"
        " spike waits, not after 7"
    )


def test_states_of_samples_go_on_from_their_end() -> None:
    layers = TWO_RATES["design"]["network"]["layers"]
    assert why_not_from("rates", layers, 40, 20) is None
    assert why_not_from("rates", layers, 30, 20) == (
        "network 'rates' has a state to go on from at the end of a sample, after each 20 steps, not"
        " after 30"
    )


def test_sets_of_values_are_packets_and_answers_come_with_the_spikes() -> None:
    """Six values of 4 bits, eight of which would be a word; three neurons and their winner."""
    network = network_of(manifest_of_design(encoded("latency")))
    values = np.array([[1, 2, 3, 4, 5, 15], [0] * 6])
    assert network.packets({"values": values}).tolist() == [[0xF54321], [0]]
    found = network.results(np.array([[1, 0, 1, 0, 1]], np.uint8), np.array([True]))
    assert (found.tolist(), network._winner) == ([[1, 0, 1]], 2)


@pytest.mark.parametrize(
    ("stimulus", "error", "text"),
    [
        ({"spikes": [[1] * 6]}, TypeError, r"^a network with an encoder takes values, shape "),
        ({"values": [[1] * 5]}, ValueError, r"^values must have shape \(T, 6\), not \(1, 5\)\.$"),
        ({"values": [[16] * 6]}, ValueError, r"^values must be in \[0, 15\], not 16$"),
    ],
)
def test_values_that_do_not_fit(
    stimulus: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        network_of(manifest_of_design(encoded("latency"))).packets(stimulus)


def test_where_the_lists_of_a_sparse_layer_are() -> None:
    """Of synapses as they are numbered, of columns a word each; sums to come with delays alone."""
    network = network_of(manifest_of_design(two_sparse_layers()))
    first, second = network._layers.values()
    words = {memory.space: memory.count for memory in first.memories()}
    assert words == {"synapse": 20, "input": 9, "neuron": 7, "control": 1, "history": 4 * 7}
    assert "history" not in {memory.space for memory in second.memories()}
    state = network.initial()
    assert state["first"]["count"].tolist() == [20] + [0] * 8
    spec = two_sparse_layers().network
    assert spec is not None
    assert {f"first.{name}" for name in first.parameters} <= set(parameters_of(spec))
