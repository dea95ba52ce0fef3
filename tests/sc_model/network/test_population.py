"""Populations of a model, a class and a name."""

from __future__ import annotations

from sc_model.network import (
    LIF,
    HodgkinHuxleyNeuron,
    Population,
)


def test_models_by_class_and_by_name() -> None:
    assert isinstance(Population(HodgkinHuxleyNeuron, 2).model, HodgkinHuxleyNeuron)
    assert isinstance(Population("HodgkinHuxleyNeuron", 2).model, HodgkinHuxleyNeuron)
    assert Population(LIF(tau_ms=[1.0, 2.0], threshold=2.0), 2).model.tau_ms[1] == 2.0
