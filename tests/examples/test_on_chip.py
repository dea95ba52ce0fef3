"""Tasks for networks that learn on the chip: what is shown to them, a short run, its float twin."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from support import ROOT, scripts_of

from sc_hw import Device
from sc_model.golden.learning_network import LearningNetwork
from sc_model.images import Images
from sc_model.spec import Design, load_design

FOLDER = ROOT / "examples" / "on_chip"


@pytest.fixture(scope="module")
def example() -> Iterator[dict[str, ModuleType]]:
    with scripts_of(FOLDER, ("tasks", "float_twin", "from_pytorch")) as scripts:
        yield scripts


def test_every_design_is_one_and_its_first_weights_fit(example: dict[str, ModuleType]) -> None:
    files = sorted(FOLDER.glob("*.toml"))
    assert len(files) >= 4
    for file in files:
        design = load_design(file)
        if design.layer is not None:  # a plastic layer, whose weights begin in the middle
            continue
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


class Answers:
    """A device that is right in a share of its answers, and writes down its settings."""

    def __init__(self, design: Design, wrong: float) -> None:
        self.design, self.wrong = design, wrong
        self.settings: list[dict[str, Any]] = []

    def run(self, values: Any, target: Any, **settings: Any) -> Any:
        self.settings.append(settings)
        return np.where(np.arange(len(target)) < self.wrong * len(target), target + 1, target)


@pytest.mark.parametrize(("wrong", "small_from"), [(0.05, 100), (0.5, 6000)])
def test_steps_become_smaller_where_few_answers_are_wrong(
    wrong: float, small_from: int, example: dict[str, ModuleType]
) -> None:
    device = Answers(load_design(FOLDER / "mnist.toml"), wrong)
    recovery = example["tasks"].Recovery(device)
    zeros = np.zeros(4000, np.int64)
    for _ in range(2):  # it goes on where it was
        assert (recovery.learn(zeros, zeros) > 0).mean() == wrong
    shifts = [each["step_shift"] for each in device.settings]
    assert shifts == [2 if n >= 70 else int(100 * n >= small_from) for n in range(80)]


def test_told_right_or_wrong_others_are_wrong_later(example: dict[str, ModuleType]) -> None:
    device = Answers(load_design(FOLDER / "mnist_reward.toml"), 0.0)
    zeros = np.zeros(8100, np.int64)
    example["tasks"].Recovery(device).learn(zeros, zeros)
    assert [each["others_wrong"] for each in device.settings] == [n >= 40 for n in range(81)]
    assert [each["step_shift"] for each in device.settings] == [0] * 60 + [1] * 10 + [2] * 11


@pytest.mark.parametrize(
    "kinds", [("model",), pytest.param(("model", "rtl"), marks=pytest.mark.soak)], ids=len
)
def test_a_network_of_pytorch_goes_on_learning(
    kinds: tuple[str, ...], example: dict[str, ModuleType], builds: Path
) -> None:
    tasks, field = example["tasks"], example["from_pytorch"]
    design, split = load_design(FOLDER / "digits.toml"), tasks.digits(0)
    module = field.trained(design, split, epochs=3, seed=0)
    devices = [Device.open(design, kind, root=builds) for kind in kinds]
    found = field.in_the_field(module, devices, split, "rewired", samples=1000, seed=0)
    assert found.before == found.trained > 0.85
    assert found.changed < 0.4 < 0.75 < found.after
    assert found.other_answers == found.other_values == 0
    for device in devices:
        device.close()


def test_the_command_says_what_it_needs() -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "run.py"), "mnist"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "error: task mnist needs --data, a file of images with their classes.\n"


def test_a_bandit_is_learned_from_what_the_choices_pay() -> None:
    with scripts_of(FOLDER, ("bandit",)) as scripts:
        bandit = scripts["bandit"]
        with Device.open(bandit.DESIGN) as device:
            found = bandit.learned(device, 3, 800)
            state = device.state()
        best = bandit.Bandit(3).best
    assert found[-400:, 1].mean() > 0.85
    weights = state["synapse"]["weight"].astype(int) - bandit.MIDDLE
    assert (weights[:, :4].argmax(1) == best).all()
    # the prediction of each context: 0.9 - 0.1 of +-64 x 256, less where it was learned last
    assert (weights[:, 4] > 0.5 * 64 * 256).all()
