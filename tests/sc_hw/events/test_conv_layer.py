"""Convolutions by events in the simulator: ticks, resets and host access against the model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from trained_layers import rate_where_equal

from sc_hw.events.conv_layer import ConvLayer
from sc_hw.fabric.families import load_family
from sc_model.golden.trained.connections import trained_layer
from sc_model.spec import ConfigError, ConvSpec, CrossingSpec, IntFormat, LifSpec

CASES: list[tuple[dict[str, Any], dict[str, Any], str, int, str]] = [
    (
        {"image": (1, 5, 4), "channels": 2, "kernel": (3, 2), "lanes": 2},
        {},
        "hold",
        1,
        "generic",
    ),
    (
        {"image": (2, 4, 6), "channels": 4, "kernel": (2, 2), "pool": (2, 2), "lanes": 2,
         "padding": (1, 0), "bias": True},
        {"leak": "shift", "reset": "zero"},
        "accumulate",
        3,
        "ecp5",
    ),
    (
        {"image": (3, 2, 3), "channels": 3, "kernel": (2, 3), "padding": (1, 1), "bias": True},
        {"leak": "none", "threshold_bits": 12},
        "once",
        2,
        "ice40_up",
    ),
    (  # groups of channels, strides, and what a pool and a stride leave over
        {"image": (2, 5, 9), "channels": 4, "channel_groups": 2, "kernel": (2, 2), "pool": (2, 2),
         "stride": (1, 3), "padding": (0, 1), "lanes": 2},
        {},
        "hold",
        1,
        "gatemate",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "options", "policy", "interval", "family"), CASES)
def test_layer_equals_golden(
    shape: dict[str, Any], options: dict[str, Any], policy: Any, interval: int, family: str
) -> None:
    spec = ConvSpec(name="layer", neuron=LifSpec(**options), **shape)
    crossing = CrossingSpec(spec.inputs, 1, interval, policy, 4)
    rng = np.random.default_rng(3)
    low, high = spec.weight_format.lo, spec.weight_format.hi
    given: dict[str, Any] = {"weight": rng.integers(low // 2, high + 1, spec.kernel_shape)}
    if spec.bias:
        given["bias"] = rng.integers(-20, 21, spec.channels)
    often = min(spec.neuron.threshold_format.hi, high << spec.neuron.fraction)
    for name, (_, most) in spec.neuron_parameters.items():
        least, most = (often // 4, often) if name == "threshold" else (most // 2, most)
        given[name] = rng.integers(least, most + 1, spec.channels)
    golden = trained_layer(spec, crossing, 1.0, given)
    dut = ConvLayer(spec, crossing.value, 1.0, 16, load_family(family))
    assert 0.02 < rate_where_equal(dut, golden) < 0.98


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            {"image": (2, 32, 17)},
            r"at most 1,024 inputs in hardware, where .*, not 1,088; they are",
        ),
        (
            {"channels": 28},
            r"at most 1,024 neurons in hardware, where .*, not 1,372; they are slic",
        ),
        ({"lanes": 3}, r"lanes that divide its 4 channels in hardware, not 3;"),
        (
            {"lanes": 4, "channel_groups": 2},
            r"lanes that divide the 2 channels of a group in hardware, not 4;",
        ),
    ],
)
def test_what_has_no_hardware_is_refused_in_one_line(fields: dict[str, Any], text: str) -> None:
    spec = ConvSpec(name="a", **{"image": (2, 8, 8), "channels": 4, "kernel": (2, 2), **fields})
    with pytest.raises(ConfigError, match=rf"^layer 'a' must have {text}"):
        ConvLayer(spec, IntFormat(1))
