"""Leaky integrators that never fire."""

from __future__ import annotations

import numpy as np
import pytest

from sc_model.golden.trained.layer import TrainedLayer
from sc_model.layer_kinds.integrator import neuron
from sc_model.spec import (
    ConfigError,
    CrossingSpec,
    IntegratorNeuronSpec,
    IntegratorSpec,
    IntFormat,
)


def test_a_potential_leaks_and_is_never_reset() -> None:
    """A weight of 100 in units of 1/16, kept by 3/4; no neuron fires, however high it is."""
    spec = IntegratorSpec(
        name="a", inputs=1, neurons=1, neuron=IntegratorNeuronSpec(potential_bits=20)
    )
    layer = TrainedLayer(spec, CrossingSpec(1, 1, 1, "hold", 4), 1.0, {"weight": 100, "leak": 3072})
    potentials, spikes = [], []
    for x in (1, 1, 0, 0):
        spikes.append(int(layer.step([x])[0]))
        potentials.append(int(layer.neuron["potential"][0]))
    assert potentials == [1600, 2800, 2100, 1575]
    assert spikes == [0, 0, 0, 0]


def test_the_unit_has_no_threshold() -> None:
    spec = IntegratorSpec(name="a", inputs=3, neurons=2, bias=True)
    assert set(neuron(spec, IntFormat(1)).inputs) == {"potential", "fired", "current", "leak"}
    assert spec.neuron_parameters == {"leak": (0, 4096)}


@pytest.mark.parametrize("fields", [{"reset": "zero"}, {"refractory": 2}, {"reset_delay": True}])
def test_what_only_firing_neurons_have_is_refused(fields: dict[str, object]) -> None:
    (name,) = fields
    with pytest.raises(ConfigError, match=rf"^IntegratorNeuronSpec\.{name} must be "):
        IntegratorNeuronSpec(**fields)  # type: ignore[arg-type]  # on purpose


def test_saturation() -> None:
    spec = IntegratorSpec(
        name="a", inputs=1, neurons=2, neuron=IntegratorNeuronSpec(leak="none", potential_bits=12)
    )
    weight = {"weight": np.array([[100], [-100]])}
    layer = TrainedLayer(spec, CrossingSpec(1, 1, 1, "hold", 4), 1.0, weight)
    layer.step([1])
    layer.step([1])
    assert layer.neuron["potential"].tolist() == [2047, -2048]
