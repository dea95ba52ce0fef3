"""Recurrent networks as devices."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recurrent_networks import design, network, samples, weights_of
from support import ROOT

from sc_hw import Device
from sc_hw.simulation.devices.device_block import DeviceBlock
from sc_hw.simulation.running import run_design
from sc_model.golden import RecordingError
from sc_model.golden.recurrent_network import RecurrentNetwork
from sc_model.spec import ConfigError


def named() -> dict[str, Any]:
    return {f"{name}.weight": values for name, values in weights_of(network()).items()}


def design_file(folder: Path) -> Path:
    """The network of `network` as a file."""
    file = folder / "recurrent.toml"
    file.write_text(
        """
[design]
name = "recurrent"
block = "recurrent_network"
[recurrent]
inputs = 5
[recurrent.hidden]
neurons = 8
shift = 11
[recurrent.readout]
neurons = 3
margin = 60
error_shift = 2
shift = 6
""",
        encoding="utf-8",
    )
    return file


def test_a_device_learns_as_its_golden_network(tmp_path: Path) -> None:
    spec = network()
    spikes, targets = samples(spec, 9)
    golden = RecurrentNetwork(spec, weights_of(spec))
    with Device.open(design()) as device:
        assert device.backend == "native"
        device.load(named())
        answers = [device.step(spikes=spikes[n], targets=targets[n]) for n in range(3)]
        assert (np.array(answers) == golden.run(spikes[:3], targets[:3])).all()
        device.set(hidden_shift=9)
        golden.set_shift("hidden", 9)
        golden.freeze("output")
        told = device.run(spikes=spikes[3:6], targets=targets[3:6], learn={"output": False})
        assert (told == golden.run(spikes[3:6], targets[3:6])).all()
        state = device.state()
        for space, fields in golden.state.items():
            for name, expected in fields.items():
                assert (state[space][name] == expected).all(), (space, name)
        file = device.checkpoint(tmp_path / "state.npz")
        first = device.run(spikes=spikes[6:], targets=targets[6:], learn=True)
        device.restore(file)
        assert (device.run(spikes=spikes[6:], targets=targets[6:], learn=True) == first).all()


def test_two_devices_are_compared_sample_by_sample() -> None:
    spikes, targets = samples(network(), 6)
    with Device.open(design()) as one, Device.open(design()) as other:
        one.load(named())
        assert Device.compare(one, other, spikes=spikes, targets=targets, every=3) is None


def test_first_weights_and_a_recording(tmp_path: Path) -> None:
    spikes, targets = samples(network(), 4)
    np.savez(tmp_path / "samples.npz", spikes=spikes, targets=targets, **named())
    with Device.open(design()) as device:
        stimulus = device.recording(tmp_path / "samples.npz")
        assert (device.state()["hidden"]["weight"] == named()["hidden.weight"]).all()
        assert device.run(**stimulus).shape == targets.shape
        drawn = device.block.initial_weights(np.random.default_rng(1))
        device.load(drawn)
        weights = device.state()["hidden"]["weight"]
        assert np.abs(weights[:5]).max() > 50 >= np.abs(weights[5:]).max()
        block: DeviceBlock = device.block
        assert block.steps(stimulus) == 4
    shown = list(run_design(design_file(tmp_path), events=tmp_path / "samples.npz"))
    assert shown[-1].steps == 4
    assert all(0 <= each.modulators["right"] <= 1 for each in shown)
    assert len(list(run_design(design_file(tmp_path), steps=3))) == 3  # random samples
    np.savez(tmp_path / "wrong.npz", spikes=spikes, targets=np.where(targets < 0, targets, 3))
    with Device.open(design()) as device:
        with pytest.raises(RecordingError, match=r"'targets' must be in \[-1, 2\], not 3\.$"):
            device.recording(tmp_path / "wrong.npz")
        np.savez(tmp_path / "short.npz", spikes=spikes, targets=targets[:2])
        with pytest.raises(RecordingError, match=r"'targets' shape \(samples, steps\), not"):
            device.recording(tmp_path / "short.npz")


def test_bad_values_are_one_line() -> None:
    with Device.open(design()) as device:
        with pytest.raises(TypeError, match=r"^a sample of a recurrent network has spikes, shape"):
            device.step(targets=[1])
        with pytest.raises(
            TypeError, match=r"^a recurrent network takes spikes, targets, learn, n"
        ):
            device.step(values=[1])
        with pytest.raises(
            TypeError, match=r"^learn is true or false, or so by layer \(hidden, ou"
        ):
            device.step(spikes=np.zeros((1, 5), int), learn={"input": True})
        with pytest.raises(
            ConfigError, match=r"has the run-time parameters hidden_shift and reado"
        ):
            device.set(shift=1)
        with pytest.raises(ConfigError, match=r"^hidden_shift must be in \[0, 15\], not 16"):
            device.set(hidden_shift=16)
        with pytest.raises(ConfigError, match=r"^hidden_shift must be an integer, not 1.5"):
            device.set(hidden_shift=1.5)  # type: ignore[arg-type]
        with pytest.raises(
            TypeError, match=r"^a recurrent network loads arrays by '<layer>.weight"
        ):
            device.load([1])
        with pytest.raises(TypeError, match=r"^weights have the names '<layer>.weight', not 'hidd"):
            device.load({"hidden": 0})


def test_what_the_page_shows_runs(capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "docs" / "recurrent_on_chip.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", text, flags=re.S)
    exec(compile(block, "recurrent_on_chip.md", "exec"), {})
    assert capsys.readouterr().out == "(2, 30) {'hidden_shift': 15, 'readout_shift': 7}\n"
