"""The delayed match: its samples, a run, its twin in floating point."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest
from support import ROOT, scripts_of

from sc_hw import Device
from sc_model.golden.recurrent_network import RecurrentNetwork
from sc_model.spec import load_design

FOLDER = ROOT / "examples" / "delayed_match"
NAMES = ("delayed_match_task", "delayed_match_twin")


@pytest.fixture(scope="module")
def example() -> Iterator[dict[str, ModuleType]]:
    with scripts_of(FOLDER, NAMES) as scripts:
        yield scripts


def test_samples_have_two_cues_and_a_question(example: dict[str, ModuleType]) -> None:
    task = example["delayed_match_task"]
    for delays in (task.FIXED, task.JITTERED):
        made = task.samples(300, delays, np.random.default_rng(1))
        assert made.spikes.shape == (300, delays.steps, task.INPUTS)
        told = made.targets
        assert (told[:, : -task.ANSWER] == task.UNTOLD).all()
        assert (told[:, -1] == made.classes).all()
        assert (made.spikes[:, :, -1].sum(1) == task.ANSWER).all()
        assert 0.4 < made.classes.mean() < 0.6
        # where the classes differ both groups of lines have been busy, else one of them
        busy = made.spikes[:, :, :-1].reshape(300, delays.steps, 2, task.LINES).sum((1, 3)) > 9
        assert (busy.all(1) == (made.classes == 1)).mean() > 0.95
        # that is all a sum of spikes says; nothing in the steps of the answer tells the class
        late = made.spikes[:, -task.ANSWER :, :-1].sum((1, 2))
        assert abs(np.corrcoef(late, made.classes)[0, 1]) < 0.2


def test_sizes_of_steps_shrink_in_the_course_of_a_run(example: dict[str, ModuleType]) -> None:
    task = example["delayed_match_task"]
    network = load_design(FOLDER / "delayed_match.toml").recurrent
    found = task.phases(network, 1200)
    assert [(part.start, part.stop) for part, _ in found] == [
        *((0, 500), (500, 600)),
        *((600, 900), (900, 1200)),
    ]
    assert [shifts for _, shifts in found] == [(14, 8), (14, 8), (15, 9), (15, 10)]


def test_a_short_run_learns_and_a_frozen_layer_does_not(example: dict[str, ModuleType]) -> None:
    task = example["delayed_match_task"]
    shown, tested = task.data(102, 1200, task.FIXED, tests=200)
    with Device.open(FOLDER / "delayed_match.toml") as device:
        weights = task.first_weights(device.design, 102)
        device.load(weights)
        assert task.learn(device, shown).shape == (1200, task.FIXED.steps)
        assert task.right(device, tested) > 0.9
        device.load(weights)
        task.learn(device, shown, hidden=False)
        assert (device.state()["hidden"]["weight"] == weights["hidden.weight"]).all()
        assert task.right(device, tested) < 0.75


def test_the_twin_begins_nearly_as_the_integers(example: dict[str, ModuleType]) -> None:
    task = example["delayed_match_task"]
    design = load_design(FOLDER / "delayed_match.toml")
    assert design.recurrent is not None
    weights = task.first_weights(design, 1)
    shown, _ = task.data(1, 6, task.FIXED)
    twin = example["delayed_match_twin"].FloatTwin(design.recurrent, weights)
    golden = RecurrentNetwork(
        design.recurrent, {name.removesuffix(".weight"): each for name, each in weights.items()}
    )
    for spikes, targets in zip(shown.spikes, shown.targets, strict=True):
        twin.sample(spikes, targets)
        golden.sample(spikes, targets)
    difference = twin.weight - golden.state["hidden"]["weight"]
    moved = golden.state["hidden"]["weight"] - weights["hidden.weight"]
    assert np.abs(moved).max() >= 3
    # the sum of what is rounded away is small beside what has been learned
    assert np.corrcoef((difference + moved).ravel(), moved.ravel())[0, 1] > 0.5
