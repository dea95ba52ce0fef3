"""Networks that learn on a board: what is refused, and one bitstream with two sizes of steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from learning_hardware import mixed_spec_of, spec_of

from sc_driver.blocks import board_block
from sc_hw import Device
from sc_hw.build.elaborate import make
from sc_model.spec import Design, HostSpec
from sc_model.spec.learning import LearningNetworkSpec

DESIGN = Design(
    name="learn_uart", block="learning_network", learning=spec_of(), host=HostSpec(door="uart")
)


@pytest.fixture(scope="module")
def block() -> Any:
    """The block of the design, without a board."""
    none: Any = None
    return board_block(none, make(DESIGN).manifest)


def test_a_sample_is_packed_with_what_is_told(block: Any) -> None:
    values = np.arange(24).reshape(2, 12)
    words = block.packets({"values": values, "target": np.array([3, 9])})
    told = {name: (field["lo"], field["word"]) for name, field in block.step.common.items()}
    assert {word for _, word in told.values()} == {0}
    label, learn, right = (told[name][0] for name in ("label", "learn", "right"))
    assert words[:, 0].tolist() == [k << label | 1 << learn | 1 << right for k in (3, 9)]
    assert words[0, 1] == 0x03020100
    assert not block.packets({"values": values})[:, 0].any()
    assert block.results(np.array([[1, 0, 0, 1], [0, 1, 0, 0]], np.uint8), None).tolist() == [9, 2]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"target": [1]}, "a sample on a board takes values, target, step_shift, learn"),
        ({"values": np.zeros((2, 5), int)}, r"values must be integers of shape \(T, 12\)"),
        ({"values": np.full((2, 12), 256)}, r"values must be in \[0, 255\]"),
        ({"values": np.zeros((2, 12), int), "target": [1, 10]}, r"2 classes in \[0, 9\]"),
        ({"values": np.zeros((2, 12), int), "target": ["a", "b"]}, r"2 classes in \[0, 9\]"),
        ({"values": np.zeros((2, 12), int), "target": [0.5, 1]}, r"2 classes in \[0, 9\]"),
        ({"values": np.zeros((2, 12), int), "step_shift": 1.5}, r"an integer in \[0, 7\], not 1.5"),
        ({"values": np.zeros((2, 12), int), "step_shift": np.nan}, r"in \[0, 7\], not nan"),
        ({"values": np.zeros((2, 12), int), "right": 1}, "not right, values"),
    ],
)
def test_what_is_no_sample(block: Any, given: dict[str, Any], said: str) -> None:
    with pytest.raises((TypeError, ValueError), match=said) as raised:
        block.packets(given)
    assert "\n" not in str(raised.value)


def test_weights_have_the_shapes_of_the_layers(block: Any) -> None:
    with pytest.raises(ValueError, match=r"hidden must have shape \(13, 21\), not \(3,\)"):
        block.load({"hidden": np.zeros(3)})
    with pytest.raises(TypeError, match="arrays by layer: hidden, output"):
        block.load(5)


def test_layers_have_lanes_and_widths_of_their_own() -> None:
    design = DESIGN.model_copy(update={"learning": mixed_spec_of()})
    none: Any = None
    mixed = board_block(none, make(design).manifest)
    layers = {layer.name: layer for layer in mixed_spec_of().layers}
    assert {name: mixed.most(name) for name in layers} == {
        name: (1 << (layer.weight_bits - 1)) - 1 for name, layer in layers.items()
    }
    for place in mixed.places:
        lanes = layers[place.layer].lanes
        assert np.array_equal(np.unique(place.where["lane"]), np.arange(lanes))
        words = set(zip(place.where["word"].tolist(), place.where["lane"].tolist(), strict=True))
        assert len(words) == place.count


@pytest.mark.soak  # a whole system is compiled for it
@pytest.mark.parametrize("spec", [spec_of(), mixed_spec_of()], ids=["one", "two"])
def test_one_bitstream_has_two_sizes_of_steps(spec: LearningNetworkSpec, tmp_path: Path) -> None:
    design = DESIGN.model_copy(update={"learning": spec})
    rng = np.random.default_rng(3)
    values, target = rng.integers(0, 256, (24, 12)), rng.integers(0, 10, 24)
    found: dict[str, Any] = {}
    for on in ("model", "rtl", "sim-board"):
        with Device.open(design, on=on, root=tmp_path) as device:
            device.load(device.block.initial_weights(np.random.default_rng(1)))
            played = [
                device.run(values=values[:12], target=target[:12]),
                device.run(values=values[12:], target=target[12:], step_shift=2),
                device.run(values=values, learn=False),
            ]
            found[on] = np.concatenate(played), device.state()
    expected, state = found["model"]
    for on in ("rtl", "sim-board"):
        assert found[on][0].tolist() == expected.tolist()
        for space, fields in state.items():
            for name, held in fields.items():
                assert np.array_equal(held, found[on][1][space][name]), (on, space, name)
