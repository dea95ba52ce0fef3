"""Tasks for networks that learn on the chip: what is shown to them, a short run, its float twin."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest
from support import ROOT, scripts_of

from sc_hw import Device
from sc_model.golden.learning_network import LearningNetwork
from sc_model.images import Images
from sc_model.spec import load_design

FOLDER = ROOT / "examples" / "on_chip"


@pytest.fixture(scope="module")
def example() -> Iterator[dict[str, ModuleType]]:
    with scripts_of(FOLDER, ("tasks", "float_twin")) as scripts:
        yield scripts


def test_every_design_is_one_and_its_first_weights_fit(example: dict[str, ModuleType]) -> None:
    files = sorted(FOLDER.glob("*.toml"))
    assert len(files) >= 4
    for file in files:
        design = load_design(file)
        assert design.learning is not None
        weights = example["tasks"].first_weights(design, 3)
        for layer in design.learning.layers:
            drawn = weights[f"{layer.name}.weight"]
            assert (drawn.min(), drawn.max()) == (-layer.initial, layer.initial)
        for index, layer in enumerate(design.learning.layers):
            # all bits of a step are random bits: nothing of a product is cut off
            assert layer.shift + 10 * (index == 0) <= design.learning.noise_bits


def test_folds_and_orders_show_every_sample(example: dict[str, ModuleType]) -> None:
    tasks = example["tasks"]
    images = Images(np.arange(40, dtype=np.uint8).reshape(10, 2, 2), np.arange(10), "x")
    tested = [tasks.fold_of(images, fold) for fold in range(5)]
    assert np.concatenate([split.test_classes for split in tested]).tolist() == list(range(10))
    assert all(not set(split.classes) & set(split.test_classes) for split in tested)
    order = tasks.order_of(10, 25, np.random.default_rng(1))
    assert sorted(order[:10]) == sorted(order[10:20]) == list(range(10))
    assert len(order) == 25
    first = tested[0].part(3)
    assert (len(first.values), len(first.test_values)) == (5, 3)


def test_a_sensor_changes_all_images_alike(example: dict[str, ModuleType]) -> None:
    tasks = example["tasks"]
    rng = np.random.default_rng(2)
    values = rng.integers(1, 256, (3, 64), dtype=np.uint8)
    changed = {
        name: make(np.random.default_rng(1), 64)(values) for name, make in tasks.CHANGES.items()
    }
    assert all(each.dtype == np.uint8 and each.shape == values.shape for each in changed.values())
    assert (np.sort(changed["rewired"]) == np.sort(values)).all()
    assert (changed["rewired"] != values).any()
    assert changed["shifted"][1, 4 * 8 + 4] == values[1, 0]
    assert (changed["inverted"] == 255 - values).all()
    dark = changed["dead"] == 0
    assert 0.1 < dark.mean() < 0.5
    assert (changed["dead"][~dark] == values[~dark] // 2).all()


def test_images_move_by_a_pixel_at_most(example: dict[str, ModuleType]) -> None:
    one = np.zeros((5, 5), np.uint8)
    one[2, 2] = 9
    moved = example["tasks"].moved(np.random.default_rng(3), np.tile(one.reshape(1, 25), (200, 1)))
    places = {divmod(int(place), 5) for place in moved.argmax(1)}
    assert places == {(row, column) for row in (1, 2, 3) for column in (1, 2, 3)}
    assert (moved.sum(1) == 9).all()


def test_a_short_run_learns_digits(example: dict[str, ModuleType]) -> None:
    tasks = example["tasks"]
    split = tasks.digits(0)
    with Device.open(FOLDER / "digits.toml") as device:
        played = tasks.learn(device, split, 1500, 0)
        assert played.shape == (1500,)
        assert tasks.right(device, split.test_values, split.test_classes) > 0.9
        assert device.state()["control"]["step_shift"] == 2
        tasks.learn(device, split, 300, 0, frozen=("hidden",))
        first = tasks.first_weights(device.design, 0)
        assert (device.state()["hidden"]["weight"] == first["hidden.weight"]).all()


def test_the_float_twin_begins_as_the_integers_and_learns(example: dict[str, ModuleType]) -> None:
    """Sums of integers are exact in floating point: the first answers are the same."""
    tasks, design = example["tasks"], load_design(FOLDER / "digits.toml")
    split, weights = tasks.digits(0), tasks.first_weights(design, 4)
    assert design.learning is not None
    twin = example["float_twin"].FloatTwin(design.learning, weights)
    names = {name.removesuffix(".weight"): each for name, each in weights.items()}
    golden = LearningNetwork(design.learning, names)
    for values in split.test_values[:20]:
        answer = golden.answer(values)
        assert twin.answer(values) == answer.winner
        assert (twin.scores == answer.scores).all()
        assert (twin.spikes == golden.traces[1]).all()
    for values, label in zip(split.values[:900], split.classes[:900], strict=True):
        twin.sample(values, int(label))
    found = [twin.answer(values) for values in split.test_values]
    assert np.mean(found == split.test_classes) > 0.85


def test_the_command_says_what_it_needs() -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "run.py"), "mnist"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "error: task mnist needs --data, a file of images with their classes.\n"
