"""Design files to start from: what is written can be read, and says what every key means."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.commands.new import new
from sc_model.spec import ConfigError, NeuronSpec, PlasticLayerSpec, load_design

LAYER = """\
# Design of l: `sc-hw elaborate l.toml` makes its Verilog.
[design]
name = "l"
block = "layer"  # lane: one synapse in registers; bank: many in block RAM; \
layer: dense, with its neurons; network: of layers; \
learning_network: hidden layers and a readout that learn; \
recurrent_network: a recurrent layer and a readout that learn
fabric = "generic"  # what the pipeline is cut for: """


@pytest.mark.parametrize("block", ["lane", "bank", "layer"])
def test_what_is_written_can_be_read(block: str, tmp_path: Path) -> None:
    path = new("l", block=block, synapses=77, inputs=32, neurons=8, lanes=2, folder=tmp_path)
    design = load_design(path)
    assert (path.name, design.name, design.block) == ("l.toml", "l", block)
    assert design.synapses == {"lane": 1, "bank": 77, "layer": 256}[block]
    assert design.layer == (
        PlasticLayerSpec(inputs=32, neurons=8, lanes=2) if block == "layer" else None
    )
    assert design.neuron == (NeuronSpec() if block == "layer" else None)
    for line in path.read_text().splitlines():
        assert not line or line.startswith(("[", "#", "name = ", "family = ")) or "  # " in line, (
            line
        )


def test_a_layer_says_what_its_keys_mean(tmp_path: Path) -> None:
    text = new("l", block="layer", folder=tmp_path).read_text()
    assert text.startswith(LAYER)
    for line in (
        "inputs = 64  # inputs of the layer; inputs x neurons synapses, 2^20 at most",
        "signed_weights = false  # the effective weight is the stored one less half of its range",
        (
            'reset = "zero"  # at a spike the potential goes to zero, or the threshold is taken off'
            " (subtract)"
        ),
    ):
        assert f"\n{line}\n" in text
    assert [line for line in text.splitlines() if line.startswith("[")] == [
        "[design]",
        "[layer]",
        "[neuron]",
        "[rule]",
    ]
    assert "synapses =" not in text


def test_a_network_says_what_its_keys_mean(tmp_path: Path) -> None:
    path = new("n", block="network", inputs=6, neurons=4, folder=tmp_path)
    text = path.read_text()
    tables = [line for line in text.splitlines() if line.startswith("[")]
    layer = ["[[layer]]", "[layer.neuron]"]
    assert tables == ["[design]", "[network]", "[clock.sense]", "[clock.think]", *layer, *layer]
    assert "\ntick_interval = 10  # the layer ticks in every tick_interval-th step\n" in text
    network = load_design(path).network
    assert network is not None
    assert [(each.inputs, each.neurons, each.clock) for each in network.layers] == [
        (6, 4, "sense"),
        (4, 4, "think"),
    ]


def test_a_layer_that_can_not_be_made_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        new("l", block="layer", inputs=16, neurons=4, lanes=5, folder=tmp_path)
    known = "1 to 4, 6, 8, 9, 12, 16, 18, 24 or 32"
    assert (
        str(caught.value)
        == f"lanes of a plastic layer must be {known} for 16 inputs and 4 neurons, not 5."
    )
    with pytest.raises(ConfigError) as caught:
        new("l", block="layer", inputs=0, folder=tmp_path)
    assert str(caught.value) == "[layer] inputs must be >= 2, not 0."
    assert list(tmp_path.iterdir()) == []


def test_a_learning_network_says_what_its_keys_mean(tmp_path: Path) -> None:
    path = new("n", block="learning_network", inputs=6, neurons=4, lanes=2, folder=tmp_path)
    tables = [line for line in path.read_text().splitlines() if line.startswith("[")]
    assert tables == ["[design]", "[learning]", "[[hidden]]", "[output]"]
    network = load_design(path).learning
    assert network is not None
    assert network.sizes == (7, 4, 10)
    assert [layer.lanes for layer in network.layers] == [2, 2]


def test_a_recurrent_network_says_what_its_keys_mean(tmp_path: Path) -> None:
    path = new("n", block="recurrent_network", inputs=6, neurons=4, lanes=2, folder=tmp_path)
    tables = [line for line in path.read_text().splitlines() if line.startswith("[")]
    assert tables == ["[design]", "[recurrent]", "[recurrent.hidden]", "[recurrent.readout]"]
    network = load_design(path).recurrent
    assert network is not None
    assert (network.inputs, network.hidden.neurons, network.hidden.lanes) == (6, 4, 2)


@pytest.mark.parametrize(("block", "lanes"), [("learning_network", 8), ("recurrent_network", 2)])
def test_a_new_network_that_learns_has_lanes_that_hardware_has(
    block: str, lanes: int, tmp_path: Path
) -> None:
    path = new("n", block=block, inputs=3, neurons=6, folder=tmp_path)
    design = load_design(path)
    layers = (*(design.learning.layers if design.learning is not None else ()),)
    layers += (design.recurrent.hidden,) if design.recurrent is not None else ()
    assert {layer.lanes for layer in layers} == {lanes}
    with pytest.raises(ConfigError, match=r"lanes of a .* must be a power of two .*, not 3"):
        new("m", block=block, inputs=3, neurons=6, lanes=3, folder=tmp_path)
    assert not (tmp_path / "m.toml").exists()
