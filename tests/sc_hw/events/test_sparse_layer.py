"""Sparse layers by events in the simulator: ticks, resets and host access against the model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from trained_layers import rate_where_equal

from sc_hw.events.sparse_layer import SparseLayer
from sc_hw.fabric.families import load_family
from sc_model.golden.trained.connections import drawn_lists, trained_layer
from sc_model.spec import ConfigError, CrossingSpec, IntFormat, LifSpec, SparseSpec

CASES: list[Any] = [
    pytest.param(
        {"inputs": 9, "neurons": 7, "synapses": 25}, {}, "hold", 1, "generic",
        marks=pytest.mark.soak,
    ),
    (  # few neurons, so that each list has a neuron several times and synapses wait
        {"inputs": 6, "neurons": 2, "synapses": 30, "fan_in": 20, "bias": True, "recurrent": True},
        {"leak": "shift", "reset": "zero"},
        "accumulate",
        3,
        "ecp5",
    ),
    (  # many columns without a synapse
        {"inputs": 40, "neurons": 5, "synapses": 12, "max_delay": 3, "fan_in": 9},
        {"leak": "none", "threshold_bits": 12},
        "once",
        2,
        "ice40_up",
    ),
    pytest.param(
        {"inputs": 5, "neurons": 12, "synapses": 40, "max_delay": 1, "recurrent": True,
         "bias": True},
        {},
        "hold",
        1,
        "gatemate",
        marks=pytest.mark.soak,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "options", "policy", "interval", "family"), CASES)
def test_layer_equals_golden(
    shape: dict[str, Any], options: dict[str, Any], policy: Any, interval: int, family: str
) -> None:
    spec = SparseSpec(name="layer", neuron=LifSpec(**options), **shape)
    crossing = CrossingSpec(spec.inputs, 1, interval, policy, 4)
    rng = np.random.default_rng(3)
    low, high = spec.weight_format.lo, spec.weight_format.hi
    given: dict[str, Any] = {
        **drawn_lists(spec, rng),
        "weight": rng.integers(low * 4 // 5, high + 1, spec.synapses),
    }
    if spec.max_delay:
        given["delay"] = rng.integers(0, spec.max_delay + 1, spec.synapses)
    often = min(spec.neuron.threshold_format.hi, high << spec.neuron.fraction)
    for name, (_, most) in spec.neuron_parameters.items():
        least, most = (often // 4, often) if name == "threshold" else (most // 2, most)
        given[name] = rng.integers(least, most + 1, spec.neurons)
    golden = trained_layer(spec, crossing, 1.0, given)
    dut = SparseLayer(spec, crossing.value, 1.0, 16, load_family(family))
    assert 0.02 < rate_where_equal(dut, golden) < 0.98


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"lanes": 2}, r"lanes = 1 in hardware, where a list is walked a synapse a clock, not 2\."),
        (
            {"neurons": 8_193},
            r"8,192 neurons at most in hardware where its spikes leave in one word, not 8,193;",
        ),
    ],
)
def test_what_has_no_hardware_is_refused_in_one_line(fields: dict[str, Any], text: str) -> None:
    spec = SparseSpec(name="a", **{"inputs": 9, "neurons": 7, "synapses": 25, **fields})
    with pytest.raises(ConfigError, match=rf"^layer 'a' must have {text}"):
        SparseLayer(spec, IntFormat(1))
