"""A plastic layer as a device: what a step takes, and a checkpoint of five spaces."""

from __future__ import annotations

import numpy as np
import pytest
from device_designs import LAYER, stimulus

from sc_hw.simulation.devices import device_block
from sc_model.spec import ConfigError


def test_a_run_is_its_steps_in_the_golden_and_the_compiled_model() -> None:
    block, values = device_block(LAYER), stimulus(LAYER, 40)
    native, golden = (block.model(native=native) for native in (True, False))
    for engine in (native, golden):
        block.load(engine, 50_000)
    fired = [block.run(engine, values) for engine in (native, golden)]
    assert fired[0].shape == (40, 7)
    assert fired[0].any()
    assert np.array_equal(fired[0], fired[1])
    states = [block.state(engine) for engine in (native, golden)]
    assert {
        (space, name): array.tolist()
        for space, fields in states[0].items()
        for name, array in fields.items()
    } == {
        (space, name): np.asarray(array).tolist()
        for space, fields in states[1].items()
        for name, array in fields.items()
    }
    assert set(states[0]) == {"synapse", "pre", "post", "neuron", "control"}


def test_flags_and_modulators_may_hold_in_all_steps() -> None:
    block, spikes = device_block(LAYER), stimulus(LAYER, 20)["spikes"]
    one, other = (block.model(native=False) for _ in range(2))
    block.run(one, {"spikes": spikes, "reward": 3, "decide": True})
    block.run(other, {"spikes": spikes, "reward": np.full(20, 3), "decide": np.ones(20, bool)})
    weights = [block.state(engine)["synapse"]["weight"].tolist() for engine in (one, other)]
    assert weights[0] == weights[1]


def test_a_step_without_spikes_is_refused() -> None:
    block = device_block(LAYER)
    with pytest.raises(TypeError, match=r"^a step of a layer takes spikes, shape \(inputs,\)$"):
        block.step(block.model(native=False), {"reward": 3})


def test_a_layer_needs_its_tables() -> None:
    text = r"^a design with block 'layer' must have the tables \[layer\] and \[neuron\]\.$"
    with pytest.raises(ConfigError, match=text):
        device_block(LAYER.model_copy(update={"neuron": None}))
