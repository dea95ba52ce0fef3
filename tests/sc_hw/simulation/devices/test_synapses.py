"""What lane and bank share as devices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support import RULE, random_inputs

from sc_hw.simulation.devices import device_block
from sc_model.rules import rule_families
from sc_model.spec import Design, RuleChoice


@pytest.mark.parametrize("family", rule_families())
def test_weights_are_the_loadable_field_of_any_rule(family: str) -> None:
    block: Any = device_block(Design(name="a", block="lane", rule=RuleChoice(family=family)))
    engine = block.model(native=False)
    block.load(engine, 1)
    assert block.state(engine)["synapse"][block.weight].tolist() == 1


@pytest.mark.parametrize("block", ["lane", "bank"])
def test_state_is_int64_and_a_run_is_its_steps(block: str) -> None:
    design = Design(name="a", block=block, synapses=4 if block == "bank" else 1)
    device: Any = device_block(design)
    shape = (9, 4) if block == "bank" else (9,)
    stimulus = random_inputs(np.random.default_rng(3), RULE.params_type(), shape)
    one, other = device.model(native=False), device.model(native=False)
    log = device.run(one, stimulus)
    for step in range(9):
        device.step(other, {name: values[step] for name, values in stimulus.items()})
    states = [device.state(engine)["synapse"] for engine in (one, other)]
    assert all(values.dtype == np.int64 for values in states[0].values())
    assert {n: v.tolist() for n, v in states[0].items()} == {
        n: v.tolist() for n, v in states[1].items()
    }
    if block == "lane":
        assert log["weight"][-1] == states[0]["weight"]
    else:
        assert log is None
