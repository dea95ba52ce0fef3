"""A task learned by a network's Verilog beside the model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import recurrent_networks
from learning_hardware import spec_of

from sc_hw.build.elaborate import Build, elaborate
from sc_hw.simulation.device import Device
from sc_hw.simulation.learning_run import (
    Portion,
    Task,
    learn_in_rtl,
    learn_task,
    samples_in_rtl,
)
from sc_model.images import Images
from sc_model.spec import ConfigError, Design


def images(count: int = 80, classes: int = 4, shape: tuple[int, int] = (3, 4)) -> Images:
    """A bright row of pixels says the class."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, classes, count)
    pixels = rng.integers(0, 60, (count, shape[0] * shape[1]))
    for row, label in zip(pixels, labels, strict=True):
        row[3 * label : 3 * label + 3] = 255
    return Images(pixels.reshape(count, *shape).astype(np.uint8), labels, "rows.npz")


@pytest.fixture(scope="module")
def build(builds: Path) -> Build:
    """The network that the bench's tests compile, too."""
    return elaborate(Design(name="learn", block="learning_network", learning=spec_of()), builds)


def test_rtl_and_model_learn_alike_and_files_say_so(build: Build) -> None:
    lines: list[str] = []
    made = learn_in_rtl(build, images(), samples=150, in_rtl=100, progress=lines.append)
    assert made["passed"]
    assert (made["samples"], made["samples_in_rtl"], made["held_out"]) == (150, 100, 20)
    assert made["before"] < 0.6 < 0.9 < made["after"]
    assert len(made["curve"]) == 3
    assert made["curve_in_rtl"] == made["curve"][:2]
    assert json.loads((build.folder / "learned.json").read_text()) == made
    with np.load(build.folder / "learned.npz") as arrays:
        assert (arrays["answers"] == arrays["labels"]).mean() == made["after"]
        assert arrays["hidden.weight"].shape == (13, 21)
    assert lines[-1] == "answering held-out samples in RTL and model"


def test_what_differs_is_counted(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """The RTL gets other weights than the model."""
    load = Device.load

    def shifted(device: Device, weights: dict[str, np.ndarray]) -> None:
        less = int(device.on == "rtl")
        load(device, {name: np.maximum(each - less, -127) for name, each in weights.items()})

    monkeypatch.setattr(Device, "load", shifted)
    made = learn_in_rtl(build, images(), samples=20)
    assert not made["passed"]
    assert made["other_values_of_the_state"] > 100


def test_as_many_samples_as_take_half_a_minute() -> None:
    small, large = samples_in_rtl(spec_of()), samples_in_rtl(spec_of(inputs=784, hidden=128))
    assert small > 100_000 > 5000 > large > 1000


def test_what_does_not_fit_is_refused(build: Build) -> None:
    text = (
        r"^images rows\.npz must have 12 pixels and 10 classes at most for design 'learn', not 15"
        r" and 4\.$"
    )
    with pytest.raises(ConfigError, match=text):
        learn_in_rtl(build, images(shape=(3, 5)), samples=5)
    lane = Build(Design(name="lane", block="lane"), "x", build.folder, {})
    text = r"^design 'lane' must have block 'learning_network' to learn images, not 'lane'\.$"
    with pytest.raises(ConfigError, match=text):
        learn_in_rtl(lane, images(), samples=5)


def test_a_task_in_time_is_answered_by_the_last_step(builds: Path) -> None:
    """Which of two lines spiked at first? A portion for each size of steps."""
    build = elaborate(recurrent_networks.design(), builds)
    spec = recurrent_networks.network()
    classes = np.random.default_rng(3).integers(0, 2, 400)
    spikes = np.zeros((400, 6, 5), int)
    spikes[np.arange(400), :3, classes] = 1
    targets = np.where(np.arange(6) >= 4, classes[:, None], -1)
    portions = [
        Portion({"spikes": spikes[part], "targets": targets[part]}, classes[part], shifts)
        for part, shifts in (
            (slice(150), {"hidden_shift": 11}),
            (slice(150, 300), {"hidden_shift": 12, "readout_shift": 7}),
        )
    ]
    task = Task(portions, {"spikes": spikes[300:]}, classes[300:], "first line")
    weights = {f"{k}.weight": v for k, v in recurrent_networks.weights_of(spec).items()}
    made = learn_task(build, task, weights, in_rtl=150, seed=4)
    assert made["passed"]
    assert (made["samples"], made["samples_in_rtl"], made["held_out"]) == (300, 150, 100)
    assert (made["data"], made["image"], made["seed"]) == ("first line", None, 4)
    assert made["after"] > 0.9
    with pytest.raises(
        ValueError, match=r"^in_rtl must be the end of a portion, of \[0, 150, 300\]"
    ):
        learn_task(build, task, weights, in_rtl=99)
