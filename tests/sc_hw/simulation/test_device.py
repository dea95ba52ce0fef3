"""One API over model and RTL: the same script, the same bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from device_designs import INHIBITED, LAYER, stimulus
from network_designs import two_clocks
from support import ROOT, RULE, random_inputs

from sc_hw import Device
from sc_hw.simulation import devices
from sc_model.spec import ConfigError, ConfigTypeError, Design, load_design


@pytest.mark.parametrize("design", [LAYER, INHIBITED], ids=lambda design: design.name)
def test_layer_on_model_and_rtl(design: Design, builds: Path) -> None:
    model, rtl = Device.open(design), Device.open(design, on="rtl", root=builds)
    assert (model.backend, rtl.backend) == ("native", "rtl")
    model.load(
        np.random.default_rng(2).integers(0, 65536, (design.layer.inputs, design.layer.neurons))
    )  # type: ignore[union-attr]
    assert Device.compare(model, rtl, every=50, **stimulus(design, 120)) is None
    one, other = (
        device.step(**{name: values[0] for name, values in stimulus(design, 1, 9).items()})
        for device in (model, rtl)
    )
    assert one.tolist() == other.tolist()


def test_bank_and_lane(builds: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    for block, synapses in (("bank", 13), ("lane", 1)):
        design = Design(name="device", block=block, synapses=synapses)  # type: ignore[arg-type]
        model, rtl = Device.open(design), Device.open(design, on="rtl", root=builds)
        shape = (60, 13) if block == "bank" else (60,)
        given = random_inputs(rng, RULE.params_type(), shape)
        model.load(40_000)
        assert Device.compare(model, rtl, every=25, **given) is None
        path = model.checkpoint(tmp_path / f"{block}.npz")
        again = Device.open(design)
        again.restore(path)
        assert {n: v.tolist() for n, v in again.state()["synapse"].items()} == {
            n: v.tolist() for n, v in rtl.state()["synapse"].items()
        }
        if block == "lane":
            with pytest.raises(ValueError, match="a lane's ports load the weight alone"):
                rtl.restore(path)
        else:
            rtl.restore(path)


def test_golden_model_takes_over_where_no_kernel_can_be_had(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    native = Device.open(LAYER)
    monkeypatch.setenv("PATH", str(tmp_path))
    golden = Device.open(LAYER)
    assert golden.backend == "golden"
    assert golden.why is not None
    assert "C++ compiler" in golden.why
    assert Device.compare(native, golden, **stimulus(LAYER, 40)) is None


@pytest.mark.usefixtures("shipped_options")
def test_the_demo_s_recording_on_model_and_rtl(builds: Path) -> None:
    """9,400 steps of learning to read digits: every spike, and the complete state every 1,000
    steps.
    """
    design = load_design(ROOT / "examples" / "digits" / "digits.toml")
    model, rtl = Device.open(design), Device.open(design, on="rtl", root=builds)
    given = model.recording(ROOT / "examples" / "digits" / "digits.npz")
    assert len(given["spikes"]) > 9000
    assert Device.compare(model, rtl, every=1000, **given) is None
    begin = Device.open(design)
    begin.recording(ROOT / "examples" / "digits" / "digits.npz")
    assert (
        begin.state()["synapse"]["weight"].tolist() != model.state()["synapse"]["weight"].tolist()
    )


def test_what_a_device_refuses(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError,
        match=r"a device runs on model, rtl, sim-board or a port \(.*\), not on 'board'",
    ):
        Device.open(LAYER, on="board")  # type: ignore[arg-type]
    device = Device.open(LAYER)
    with pytest.raises(ConfigError, match=r"checkpoint .*none.npz does not exist"):
        device.restore(tmp_path / "none.npz")
    (tmp_path / "broken.npz").write_bytes(
        device.checkpoint(tmp_path / "whole.npz").read_bytes()[:500]
    )
    with pytest.raises(ConfigError, match=r"checkpoint .*broken.npz is no NumPy archive"):
        device.restore(tmp_path / "broken.npz")
    with pytest.raises(
        ConfigError,
        match=r"checkpoint .* is of a design with another layer, neuron, parameters, rule",
    ):
        Device.open(INHIBITED).restore(tmp_path / "whole.npz")
    with pytest.raises(ConfigError, match="that run the same design"):
        Device.compare(device, Device.open(INHIBITED), spikes=np.zeros((2, 21), int))
    with pytest.raises(TypeError, match="a step of a layer takes spikes"):
        device.step(reward=3)
    with pytest.raises(ValueError, match=r"pre_spike must have shape \(steps, 21\), not \(1, 20\)"):
        device.step(spikes=np.zeros(20, int), reward=3)


@pytest.mark.parametrize("on", ["model", "rtl"])
def test_a_block_that_no_device_runs(on: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {name: block for name, block in devices._device_blocks().items() if name != "network"}
    monkeypatch.setattr(devices, "_device_blocks", lambda: known)
    blocks = "a bank, a lane, a layer, a learning_network or a recurrent_network"
    with pytest.raises(ConfigError, match=rf"^Device runs {blocks}, not the network 'two': use "):
        Device.open(two_clocks(), on=on)


def test_weights_to_begin_with() -> None:
    device = Device.open(LAYER)
    weights = device.initial_weights(5)
    assert weights.shape == device.state()["synapse"]["weight"].shape
    assert (weights == device.initial_weights(np.random.default_rng(5))).all()
    assert (weights != device.initial_weights(6)).any()
    device.load(weights)
    assert (device.state()["synapse"]["weight"] == weights).all()
    wrong: tuple[Any, ...] = (True, 5.0, "5")
    for seed in wrong:
        with pytest.raises(ConfigTypeError, match=r"^the seed of initial weights must be an int"):
            device.initial_weights(seed)
    with pytest.raises(ConfigError, match=r"^the seed of initial weights must be >= 0, not -1"):
        device.initial_weights(-1)
