"""A bank as a device."""

from __future__ import annotations

import pytest

from sc_hw.simulation.devices import device_block
from sc_model.spec import Design

BANK = Design(name="bank", block="bank", synapses=3)


@pytest.mark.parametrize("native", [False, True])
def test_weights_are_a_scalar_or_one_for_each_synapse(native: bool) -> None:
    block = device_block(BANK)
    engine = block.model(native=native)
    block.load(engine, 5)
    assert block.state(engine)["synapse"]["weight"].tolist() == [5, 5, 5]
    block.load(engine, [1, 2, 3])
    state = block.state(engine)
    assert state["synapse"]["weight"].tolist() == [1, 2, 3]
    other = block.model(native=native)
    block.restore(other, state)
    assert block.state(other)["synapse"]["weight"].tolist() == [1, 2, 3]
