"""A lane as a device: its log, and its state."""

from __future__ import annotations

import numpy as np
import pytest
from support import RULE, random_inputs

from sc_hw.simulation.devices import device_block
from sc_model.spec import Design

LANE = Design(name="lane", block="lane")


@pytest.mark.parametrize("native", [False, True])
def test_a_run_returns_every_state(native: bool) -> None:
    block = device_block(LANE)
    engine = block.model(native=native)
    block.load(engine, np.array(40_000))
    stimulus = random_inputs(np.random.default_rng(2), RULE.params_type(), (50,))
    log = block.run(engine, stimulus)
    assert {name: values.shape for name, values in log.items()} == dict.fromkeys(log, (50,))
    state = block.state(engine)["synapse"]
    assert {name: int(values[-1]) for name, values in log.items()} == {
        name: int(value) for name, value in state.items()
    }
    assert len(set(log["weight"].tolist())) > 1


def test_a_model_goes_on_from_any_state() -> None:
    block = device_block(LANE)
    stimulus = random_inputs(np.random.default_rng(2), RULE.params_type(), (50,))
    first, second = (block.model(native=native) for native in (True, False))
    block.run(first, stimulus)
    block.restore(second, block.state(first))
    logs = [block.run(engine, stimulus) for engine in (first, second)]
    for name, values in logs[0].items():
        assert values.tolist() == logs[1][name].tolist()
