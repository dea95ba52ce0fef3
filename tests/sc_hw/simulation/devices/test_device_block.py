"""Blocks as devices: found by looking, and what all of them share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from device_designs import INHIBITED, LAYER

from sc_hw.simulation.devices import device_block
from sc_hw.simulation.devices.device_block import row, rows
from sc_model.spec import Design

BANK = Design(name="bank", block="bank", synapses=3)
LANE = Design(name="lane", block="lane")


@pytest.mark.parametrize("design", [BANK, LANE, LAYER], ids=lambda design: design.block)
def test_a_block_is_found_by_its_name(design: Design) -> None:
    block = device_block(design)
    assert (block.name, block.design) == (design.block, design)
    assert block.logs_every_step is (design.block == "lane")


def test_some_steps_of_a_stimulus() -> None:
    stimulus = {"x": np.arange(10).reshape(5, 2), "reward": 3}
    part = rows(stimulus, 1, 3)
    assert (part["x"].tolist(), part["reward"]) == ([[2, 3], [4, 5]], 3)
    assert row(stimulus, 4)["x"].tolist() == [8, 9]
    assert row(stimulus, 4)["reward"] == 3


@pytest.mark.parametrize(
    ("design", "stimulus", "steps"),
    [
        (LANE, {"pre_spike": np.zeros(7), "reward": 1}, 7),
        (BANK, {"pre_spike": np.zeros((4, 3)), "reward": 0}, 4),
        (LAYER, {"spikes": np.zeros((6, 21)), "reward": np.zeros(6), "outcome": True}, 6),
    ],
    ids=["lane", "bank", "layer"],
)
def test_number_of_steps(design: Design, stimulus: dict[str, Any], steps: int) -> None:
    assert device_block(design).steps(stimulus) == steps


def test_arrays_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^stimulus must be of equally many steps, not \[2, 3\]$"):
        device_block(LANE).steps({"pre_spike": np.zeros(2), "post_spike": np.zeros(3)})
    with pytest.raises(ValueError, match=r"^stimulus must be of equally many steps, not \[\]$"):
        device_block(LANE).steps({"reward": 1})


def test_identity_is_what_a_state_depends_on() -> None:
    one = device_block(BANK).identity()
    assert one == device_block(BANK.model_copy(update={"name": "b", "fabric": "ecp5"})).identity()
    assert one != device_block(BANK.model_copy(update={"synapses": 4})).identity()
    assert LAYER.layer is not None
    for name, value, same in (("lanes", 1, True), ("cluster", 2, True), ("inputs", 22, False)):
        layer = LAYER.layer.model_copy(update={name: value})
        other = device_block(LAYER.model_copy(update={"layer": layer}))
        assert (other.identity()["layer"] == device_block(LAYER).identity()["layer"]) is same, name
    assert device_block(LAYER).identity() != device_block(INHIBITED).identity()
