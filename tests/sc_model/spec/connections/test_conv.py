"""Shapes of layers of kind `conv`, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from sc_model.spec import (
    ConfigError,
    ConfigTypeError,
    ConvSpec,
    Design,
    IntFormat,
    NetworkSpec,
    parse_design,
)

IMAGE: dict[str, Any] = {"name": "a", "image": (3, 11, 10), "channels": 6, "kernel": (3, 2)}


def test_shapes_follow_from_each_other() -> None:
    spec = ConvSpec(**IMAGE, stride=(2, 1), padding=(1, 0), pool=(2, 1), bias=True)
    assert (spec.inputs, spec.pooled, spec.output, spec.neurons) == (
        330,
        (3, 5, 10),
        (6, 3, 9),
        162,
    )
    assert (spec.kernel_shape, spec.summands, spec.places) == ((6, 3, 3, 2), 37, 27)
    assert spec.current_format(IntFormat(1)) == IntFormat(8 + 6, signed=True)
    assert spec.parameter_shape("weight") == (6, 3, 3, 2)
    assert spec.parameter_shape("bias") == spec.parameter_shape("leak") == (6,)


def test_a_design_file_needs_no_sizes() -> None:
    layer = {**IMAGE, "kind": "conv", "image": [3, 11, 10], "kernel": [3, 2]}
    design = parse_design({"design": {"name": "d", "block": "network"}, "layer": [layer]})
    assert isinstance(design.network, NetworkSpec)
    assert design.network.layers[0] == ConvSpec(**IMAGE)
    assert design.synapses == 6 * 9 * 9 * 18
    assert Design.model_validate_json(design.model_dump_json()).network == design.network


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            {"kernel": (30, 2)},
            "ConvSpec.kernel must fit into its image, 11 x 10 behind the pool and 0 and 0 zeros on"
            " each side, not be 30 x 2.",
        ),
        ({"image": (4, 11)}, "ConvSpec.image.2 must be given; it has no default."),
        (
            {"channel_groups": 2},
            "ConvSpec.channel_groups must divide the 3 channels of `image`, not be 2.",
        ),
        ({"inputs": 4}, "ConvSpec.inputs must be 330 (3 x 11 x 10), not 4; leave it out."),
        (
            {"recurrent": True},
            "ConvSpec.recurrent must be false in a layer of kind 'conv', not true; a layer of kind"
            " 'sparse' has it.",
        ),
        (
            {"max_delay": 2},
            "ConvSpec.max_delay must be 0 in a layer of kind 'conv', not 2; a layer of kind"
            " 'sparse' has it.",
        ),
        (
            {"image": (3, 1100, 1000)},
            "ConvSpec.inputs must be <= 65536, not 3,300,000 (3 x 1100 x 1000); make the image or"
            " the channels fewer.",
        ),
        ({"kernel": (3, True)}, "ConvSpec.kernel.1 must be an integer, not True (bool)."),
        ({"kernel": "x"}, "ConvSpec.kernel must be a list, not 'x' (str)."),
        ({"stride": (0, 1)}, "ConvSpec.stride.0 must be >= 1, not 0."),
        ({"pool": (20, 1)}, "ConvSpec.kernel must fit into its image, 0 x 10 behind the pool"),
        ({"engine": "sweep"}, "ConvSpec.engine must be 'events', not 'sweep'."),
    ],
)
def test_what_is_refused(fields: dict[str, Any], text: str) -> None:
    with pytest.raises((ConfigError, ConfigTypeError)) as caught:
        ConvSpec(**{**IMAGE, **fields})
    assert str(caught.value).startswith(text)
