"""The clocks of a tick, worked out from the facts of the parts, are those of the component."""

from __future__ import annotations

from typing import Any

import pytest

from sc_hw.proof.blocks.network.parts import lane_facts, neurons_facts
from sc_hw.proof.blocks.network.wiring.shape import LayerShape
from sc_hw.trained import TrainedLayer
from sc_model.spec import CrossingSpec, DenseSpec, HetSynSpec


@pytest.mark.parametrize(
    ("kind", "sizes"),
    [
        (HetSynSpec, {"inputs": 3, "neurons": 5, "lanes": 2}),
        (HetSynSpec, {"inputs": 1, "neurons": 1}),
        (DenseSpec, {"inputs": 3, "neurons": 33, "lanes": 32}),
        (DenseSpec, {"inputs": 40, "neurons": 20, "lanes": 19, "max_delay": 5, "bias": True}),
    ],
)
def test_sizes_are_those_of_the_component(kind: Any, sizes: dict[str, Any]) -> None:
    spec = kind(name="only", **sizes)
    value = CrossingSpec(spec.inputs, 1, 1, "hold", 1).value
    layer = TrainedLayer(spec, value)
    facts = lane_facts(layer.lanes[0], 0), neurons_facts(layer.neurons, 0)
    shape = LayerShape(spec, value, layer.step_bits, *facts)
    assert shape.settling == layer.settling_clocks
    assert (shape.slots, shape.data_bits) == (layer.slots, layer.data_bits)
    assert (shape.lane_bits, shape.number_bits) == (layer.lane_bits, layer.word_bits)
