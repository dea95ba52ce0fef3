"""Spikes that two networks share, and the first that they don't."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sc_model.evaluation import Agreement, Samples, agreement
from sc_model.quantisation import FloatLayer, network_design, quantise

ALL = np.ones((2, 6, 1), np.uint8)


def compared(threshold: float, **options: Any) -> Agreement:
    layers = [
        FloatLayer("a", np.array([[1.0], [0.5]]), threshold=threshold, leak=1.0),
        FloatLayer("b", np.array([[1.0, 1.0]]), threshold=0.5, leak=0.5),
    ]
    made = [quantise(each, scale=0.5, **options) for each in layers]
    design, parameters = network_design("n", made)
    assert design.network is not None
    return agreement(layers, design.network, parameters, Samples(ALL, None, "ones"))


def test_networks_that_agree() -> None:
    """Weights of 1 and 0.5, above 1.5: in steps 2, 3, 5, 6 and 4 of 1 to 6."""
    found = compared(1.5)
    assert found.floats == found.integers
    assert found.floats["a"] == 2 * (3 + 1)
    assert (found.share, found.worst_share, found.first) == (0.0, 0.0, None)
    assert str(found).startswith("agreement on ones: 2 x 6 steps: spikes float ")
    assert str(found).endswith("differing 0 (0 %, 0 % in number)")


def test_the_first_difference_is_that_of_the_lowest_step() -> None:
    other = compared(1.4, weight_bits=2)  # the weight of 2 units saturates at 1
    assert other.differing["a"] > 0
    assert other.first is not None
    assert str(other.first) == "layer 'a', neuron 0, step 1 of sample 0 (float alone)"
    assert vars(other.first) == other.as_json()["first_difference"]
    assert f"first difference: {other.first}" in str(other)
    assert other.worst_share == pytest.approx(
        max(other.differing[name] / other.floats[name] for name in ("a", "b"))
    )


def test_silence_says_little() -> None:
    found = compared(1e6)
    assert found.share is None
    assert found.worst_share is None
    assert str(found).endswith("spikes float 0, integer 0; without a spike it says little")
    assert found.as_json()["differing_share"] is None


def test_spikes_of_integers_alone_are_no_share() -> None:
    found = Agreement("x", 1, 1, {"a": 0}, {"a": 2}, {"a": 2}, {"a": 2}, None)
    assert found.share == float("inf")
    assert found.worst_share == float("inf")
    assert str(found) == "agreement on x: 1 x 1 steps: spikes float 0, integer 2, differing 2"
    assert found.as_json()["differing_share"] is None


def test_spikes_that_come_later_are_no_difference_in_number() -> None:
    """A leak of 1/16 that integers have as 1/15 reaches half of its end a step or two later."""
    layers = [FloatLayer("a", np.array([[1.0]]), threshold=7.0, leak=1 - 1 / 15, reset="zero")]
    made = [quantise(layers[0], factor_shift=4, fraction=16)]
    design, parameters = network_design("n", made)
    assert design.network is not None
    samples = Samples(np.ones((1, 30, 1), np.uint8), None, "ones")
    found = agreement(layers, design.network, parameters, samples)
    assert (found.floats, found.integers) == ({"a": 3}, {"a": 3})
    assert found.differing["a"] > 0
    assert found.in_number == {"a": 0}
    assert found.as_json()["differing_in_number"] == {"a": 0}
    assert "%, 0 % in number)" in str(found)
