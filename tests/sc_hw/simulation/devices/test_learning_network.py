"""Networks that learn as devices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from learning_networks import network, samples, weights_of

from sc_hw import Device
from sc_hw.simulation.devices import device_block
from sc_model.golden import RecordingError
from sc_model.golden.learning_network import LearningNetwork
from sc_model.spec import ConfigError, Design
from sc_model.spec.learning import LearningNetworkSpec


def design(spec: LearningNetworkSpec) -> Design:
    return Design(name="learner", block="learning_network", learning=spec)


def named(spec: LearningNetworkSpec) -> dict[str, np.ndarray]:
    return {f"{name}.weight": values for name, values in weights_of(spec).items()}


def test_a_device_learns_as_its_golden_network(tmp_path: Path) -> None:
    spec = network()
    values, classes = samples(40)
    golden = LearningNetwork(spec, weights_of(spec))
    with Device.open(design(spec)) as device:
        assert device.backend == "native"
        device.load(named(spec))
        played = [device.step(values=values[n], target=int(classes[n])) for n in range(10)]
        played += device.run(values=values[10:20], target=classes[10:20]).tolist()
        assert played == golden.run(values[:20], classes[:20]).tolist()
        file = device.checkpoint(tmp_path / "state.npz")
        golden.step_shift = 2
        golden.freeze("hidden0")
        device.run(values=values[20:], target=classes[20:], step_shift=2, learn={"hidden0": False})
        golden.run(values[20:], classes[20:])
        after = device.state()
        for space, fields in golden.state.items():
            for name, expected in fields.items():
                assert (after[space][name] == expected).all(), (space, name)
        device.restore(file)
        device.run(values=values[20:], target=classes[20:], learn=False)
        restored = device.state()
        assert (restored["output"]["weight"] != after["output"]["weight"]).any()
        assert restored["output"]["learn"] == 0
        answers = device.run(values=values)
        assert answers.shape == (40,)
        assert device.state()["control"] == restored["control"]


def test_an_answer_first_and_then_whether_it_was_right() -> None:
    spec = network(feedback="reward", exploration=60)
    values, classes = samples(30)
    with Device.open(design(spec)) as one, Device.open(design(spec)) as other:
        for device in (one, other):
            device.load(named(spec))
        for row, label in zip(values, classes.tolist(), strict=True):
            played = one.step(values=row, explore=True)
            one.step(right=played == label)
            assert other.step(values=row, target=label) == played
        assert all(
            (one.state()[layer]["weight"] == other.state()[layer]["weight"]).all()
            for layer in ("hidden0", "output")
        )
        with pytest.raises(ConfigError, match=r"^'right' says whether the answer of the step bef"):
            one.step(right=True)
        with pytest.raises(TypeError, match=r"^a step takes 'right' alone: it is about the answer"):
            one.step(right=True, values=values[0])


def test_two_devices_are_compared_sample_by_sample() -> None:
    spec = network()
    values, classes = samples(20)
    with Device.open(design(spec)) as one, Device.open(design(spec)) as other:
        one.load(named(spec))
        assert Device.compare(one, other, values=values, target=classes) is None
        wrong = dict(named(spec))
        wrong["output.weight"] = -wrong["output.weight"]
        other.load(wrong)
        assert one.block.identity() == other.block.identity()


def test_a_recording_has_samples_and_weights(tmp_path: Path) -> None:
    spec = network()
    values, classes = samples(5)
    file = tmp_path / "samples.npz"
    np.savez(file, values=values, target=classes, **named(spec))
    with Device.open(design(spec)) as device:
        stimulus = device.recording(file)
        assert (device.state()["output"]["weight"] == named(spec)["output.weight"]).all()
        assert device.run(**stimulus).shape == (5,)
        device.load(file)
    block = device_block(design(spec))
    np.savez(file, values=values[:, 1:], target=classes)
    with pytest.raises(RecordingError, match=r"'values' must have shape \(samples, 20\) and 'targ"):
        block.recording(file)
    np.savez(file, values=values, target=classes, weights=1)
    with pytest.raises(RecordingError, match=r"has an unknown array 'weights'; known are"):
        block.recording(file)
    with pytest.raises(ConfigError, match=r"^weights .*samples\.npz lacks the array 'hidden0\.wei"):
        block.load(None, file)


def test_what_a_step_does_not_take_is_refused() -> None:
    spec = network()
    with Device.open(design(spec)) as device:
        with pytest.raises(
            TypeError, match=r"^a learning network takes values, target, explore, r"
        ):
            device.step(valves=1)
        with pytest.raises(TypeError, match=r"^a step of a learning network takes values, shape"):
            device.step(target=1)
        with pytest.raises(
            TypeError, match=r"^learn is true or false, or so by layer \(hidden0, o"
        ):
            device.step(values=samples(1)[0][0], learn={"hidden1": True})
        with pytest.raises(TypeError, match=r"^others_wrong is true or false, not 'x'\.$"):
            device.step(values=samples(1)[0][0], others_wrong="x")
        with pytest.raises(
            TypeError, match=r"^weights have the names '<layer>\.weight', not 'outp"
        ):
            device.load({"output": 0})
        device.set()
        with pytest.raises(
            ConfigError,
            match=r"^a learning network has no run-time parameters, and so not 'step_shift';"
            r" step_shift, learn, others_wrong are given to `step` or `run`",
        ):
            device.set(step_shift=1)
