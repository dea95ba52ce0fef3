"""A reset of a layer that is at rest: its memories stay, and the next step may come at once."""

from __future__ import annotations

import numpy as np
import pytest

from sc_hw.build.elaborate import elaborate
from sc_hw.simulation.device import Device
from sc_model.spec import Design, NeuronSpec, PlasticLayerSpec


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> tuple[Device, Device]:
    """Model and RTL of a layer whose control word holds nothing between two steps."""
    root = tmp_path_factory.mktemp("reset")
    design = Design(
        name="reset",
        block="layer",
        layer=PlasticLayerSpec(inputs=6, neurons=5, lanes=4, chains=2),
        neuron=NeuronSpec(threshold=90_000, leak_shift=3),
    )
    elaborate(design, root)
    model, rtl = (Device.open(design, on=kind, root=root) for kind in ("model", "rtl"))
    return model, rtl


def same(model: Device, rtl: Device) -> list[str]:
    """The fields in which the two differ."""
    states = model.state(), rtl.state()

    def differing(prefix: str, left: object, right: object) -> list[str]:
        if isinstance(left, dict) and isinstance(right, dict):
            return [f for k in left for f in differing(f"{prefix}{k}.", left[k], right[k])]
        return [] if np.array_equal(np.asarray(left), np.asarray(right)) else [prefix]

    return differing("", *states)


@pytest.mark.parametrize("steps", [15, 16])
def test_a_step_after_a_reset_is_that_of_a_layer_without_one(
    steps: int, devices: tuple[Device, Device]
) -> None:
    model, rtl = devices
    rng = np.random.default_rng(steps)
    model.load(weights := rng.integers(0, 1 << 16, (6, 5)))
    rtl.load(weights)
    rtl.restore(model.state())
    for part in range(3):
        stimulus = {
            "spikes": rng.random((steps, 6)) < 0.5,
            "reward": rng.integers(-128, 128, steps),
        }
        assert np.array_equal(model.run(**stimulus), rtl.run(**stimulus))
        if part:  # the read of the state would fetch the lanes' values anew
            assert same(model, rtl) == []
        rtl._engine.rtl.reset()
