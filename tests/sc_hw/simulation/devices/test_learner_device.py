"""What devices of networks whose layers learn have in common: files of weights, frozen layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recurrent_networks import design, network, weights_of

from sc_hw import Device
from sc_model.spec import ConfigError


def test_weights_of_a_file(tmp_path: Path) -> None:
    weights: dict[str, Any] = {f"{k}.weight": v for k, v in weights_of(network()).items()}
    np.savez(tmp_path / "all.npz", other=1, **weights)
    np.savez(tmp_path / "one.npz", **{"hidden.weight": weights["hidden.weight"]})
    with Device.open(design()) as device:
        device.set(hidden_shift=3)
        device.load(tmp_path / "all.npz")
        state = device.state()
        assert (state["hidden"]["weight"] == weights["hidden.weight"]).all()
        assert (state["output"]["weight"] == weights["output.weight"]).all()
        assert device.parameters["hidden_shift"] == 3  # as of every device, a load lets it be
        with pytest.raises(ConfigError, match=r"one\.npz") as raised:
            device.load(tmp_path / "one.npz")
        assert "\n" not in str(raised.value)
        assert (device.state()["output"]["weight"] == weights["output.weight"]).all()


def test_nothing_is_frozen_where_a_name_is_wrong() -> None:
    with Device.open(design()) as device:
        block: Any = device.block
        assert block.arrays == ("hidden.weight", "output.weight")
        with pytest.raises(TypeError, match=r"^learn is true or false, or so by layer"):
            device.run(spikes=np.zeros((1, 1, 5), int), learn={"hidden": False, "input": False})
        assert device.state()["hidden"]["learn"] == 1
        device.run(spikes=np.zeros((1, 1, 5), int), learn=False)
        assert device.state()["hidden"]["learn"] == 0 == device.state()["output"]["learn"]
