"""Steps of a bank and a lane as words; what they are on a board is in the tests of devices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from host_manifests import manifest_of

from sc_driver.blocks import board_block
from sc_driver.errors import ManifestError


def test_inputs_are_saturated_and_spread() -> None:
    none: Any = None
    bank = board_block(none, manifest_of("bank", "uart"))
    given = {"pre_spike": np.ones((2, 1), int), "post_spike": 0, "reward": 1000}
    words = bank.packets(given)
    transfer = 1 | 127 << 2
    assert (words[:, :341] == transfer * (1 | 1 << 10 | 1 << 20)).all()
    assert words[:, 341].tolist() == [transfer] * 2
    lane = board_block(none, manifest_of("lane", "uart"))
    assert lane.packets(given | {"pre_spike": np.array([1, 0])}).tolist() == [
        [transfer],
        [transfer - 1],
    ]
    with pytest.raises(TypeError, match="a step takes the inputs"):
        lane.packets({"reward": np.zeros(3, int)})
    with pytest.raises(ValueError, match=r"inputs must be of equally many steps, not \[2, 3\]"):
        lane.packets(given | {"pre_spike": np.zeros(2, int), "reward": np.zeros(3, int)})


def test_block_that_the_driver_does_not_know() -> None:
    none: Any = None
    with pytest.raises(ManifestError) as caught:
        board_block(none, {"design": {"block": "mesh"}})
    assert str(caught.value) == (
        "The driver runs designs with block bank, lane, layer, learning_network, network,"
        " recurrent_network, not 'mesh'; use an sc-hw that knows it."
    )


def test_weights_are_loaded_and_the_rest_is_as_after_power_on() -> None:
    none: Any = None
    bank = board_block(none, manifest_of("bank", "uart"))
    written: list[Any] = []
    bank.restore = written.append  # type: ignore[method-assign]
    bank.load(-3)
    bank.load(np.arange(bank.step.transfers))
    first, second = (state["synapse"] for state in written)
    assert first["weight"].tolist() == [0] * bank.step.transfers
    assert second["weight"].tolist() == list(range(bank.step.transfers))
    assert not any(values.any() for name, values in second.items() if name != "weight")
    with pytest.raises(TypeError, match=r"^weight must be integers, not float64$"):
        bank.load(0.5)
