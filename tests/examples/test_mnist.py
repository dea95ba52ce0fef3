"""Images as spikes, a short training that ends in the golden integers, and what is shipped."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from support import ROOT, scripts_of

from sc_hw.simulation.evaluation import evaluate
from sc_model.evaluation import load_parameters, run_integers
from sc_model.golden.network.network import Network
from sc_model.images import Images
from sc_model.spec import ConfigError, load_design

FOLDER = ROOT / "examples" / "mnist"


@pytest.fixture(scope="module")
def example() -> Iterator[dict[str, ModuleType]]:
    with scripts_of(FOLDER, ("network", "train")) as scripts:
        yield scripts


def test_a_pixel_spikes_once_the_brighter_the_earlier(example: dict[str, ModuleType]) -> None:
    network = example["network"]
    recipe = network.Recipe(code_ticks=4, ticks=6, level=52)
    every = Images(np.arange(256, dtype=np.uint8).reshape(1, 16, 16), np.zeros(1, np.int64), "x")
    found = network.samples(every, recipe)
    assert found.shape == (1, 6, 256)
    assert found[0].sum(0).tolist() == [0] * 52 + [1] * 204
    # each tick has a quarter of the grey values from 255 downwards
    assert [found[0, tick].sum() for tick in range(6)] == [51, 51, 51, 51, 0, 0]
    assert (np.diff(found[0].argmax(0)[52:].astype(int)) <= 0).all()
    trained = network.spikes(torch.tensor(every.pixels).float() / 255, recipe)
    assert np.array_equal(trained[:, 0].numpy(), found[0])


def test_distorted_images_are_others_of_the_same_size(example: dict[str, ModuleType]) -> None:
    images = torch.zeros(3, 12, 10)
    images[:, 4:8, 3:7] = 1

    def made(strength: float) -> torch.Tensor:
        random = torch.Generator().manual_seed(5)
        found: torch.Tensor = example["network"].distorted(images, strength, random)
        return found

    assert torch.allclose(made(0.0), images, atol=1e-5)
    assert torch.equal(made(1.0), made(1.0))
    assert made(1.0).shape == images.shape
    assert not torch.allclose(made(1.0)[0], made(1.0)[1], atol=0.1)
    assert made(1.0).min() >= 0


def test_a_short_training_is_written_as_the_golden_integers(
    example: dict[str, ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ["train.py", "--out", str(tmp_path), "--epochs", "12"]
    monkeypatch.setattr(sys, "argv", command)
    example["train"].main()
    said = capsys.readouterr().out
    assert "359 to test with" in said
    assert "events an image: input_events" in said
    found = evaluate(tmp_path / "digits.toml", tmp_path / "digits_test.npz")
    assert found["integer"]["accuracy"] > 0.75  # by chance 0.1
    assert f"integers: {found['integer']['right']} of 359 right" in said
    assert abs(found["float"]["accuracy"] - found["integer"]["accuracy"]) < 0.05
    design = load_design(tmp_path / "digits.toml")
    assert design.network is not None
    assert [layer.engine for layer in design.network.layers] == ["events", "events"]


def test_a_convolutional_network_comes_out_of_the_import_as_it_was_trained(
    example: dict[str, ModuleType], tmp_path: Path
) -> None:
    torch.manual_seed(1)
    recipe = example["train"].RECIPES["conv"]
    images = Images(
        np.random.default_rng(0).integers(0, 256, (6, 16, 17), np.uint8), np.arange(6) % 3, "x"
    )
    net = example["network"].convolutional(16, 17, 3, recipe)
    net.compute_in_integers(example["network"].QUANTISER)
    design = example["train"].written(net, images, recipe, tmp_path, "small")
    spec = load_design(design).network
    assert spec is not None
    assert [layer.kind for layer in spec.layers] == ["conv"] * 3
    assert [layer.name for layer in spec.layers] == ["first", "second", "output"]
    assert [layer.lanes for layer in spec.layers] == [8, 16, 3]
    found = evaluate(design, tmp_path / "small_test.npz")
    x = example["network"].samples(images, recipe)
    with torch.no_grad():
        counts = net(torch.tensor(x).float().transpose(0, 1)) / net.gain
    assert found["integer"]["spikes"] == round(float(counts.sum()))
    assert found["integer"]["spikes"] > 0
    assert found["float"]["spikes"] > 0


def test_images_that_are_too_small_for_convolutions_are_refused(
    example: dict[str, ModuleType],
) -> None:
    split = example["train"].fold(example["train"].digits(), 0)
    with pytest.raises(ConfigError, match=r"16 rows and columns or more .* not 8 x 8"):
        example["train"].trained("conv", split, example["train"].RECIPES["conv"], 0, False)


def test_an_import_that_changes_the_integers_is_an_error(
    example: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = example["network"].Recipe(hidden=4)
    net = example["network"].dense(6, 3, recipe)
    net.compute_in_integers(example["network"].QUANTISER)
    test = Images(np.zeros((2, 2, 3), np.uint8), np.zeros(2, np.int64), "x")
    written = example["train"].written
    assert written(net, test, recipe, tmp_path, "small") == tmp_path / "small.toml"
    other = {**example["train"].WIDTHS, "fraction": 3}
    monkeypatch.setattr(example["train"], "WIDTHS", other)
    with pytest.raises(RuntimeError, match="the import changes threshold of layer 'hidden'"):
        written(net, test, recipe, tmp_path, "small")


def test_folds_are_fifths_in_the_order_of_the_file(example: dict[str, ModuleType]) -> None:
    images = Images(np.zeros((10, 1, 1), np.uint8), np.arange(10), "x")
    split = example["train"].fold(images, 1)
    assert split.test.labels.tolist() == [2, 3]
    assert split.train.labels.tolist() == [0, 1, 4, 5, 6, 7, 8, 9]
    with pytest.raises(ConfigError, match=r"fold must be in \[0, 4\]"):
        example["train"].fold(images, 5)


def test_bad_data_is_one_line(
    example: dict[str, ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["train.py", "--data", str(tmp_path / "none.npz")])
    with pytest.raises(SystemExit) as ended:
        example["train"].main()
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: data file ")
    assert error.count("\n") == 1


def test_the_shipped_network_is_that_of_the_report_in_golden_and_compiled() -> None:
    spec = load_design(FOLDER / "mnist.toml").network
    assert spec is not None
    assert [(layer.inputs, layer.neurons) for layer in spec.layers] == [(784, 128), (128, 10)]
    parameters = load_parameters(FOLDER / "mnist.npz", spec)
    assert np.abs(parameters["hidden.weight"]).max() == 127
    # blobs that look a bit like strokes: each pixel once in the first four ticks
    rng = np.random.default_rng(3)
    x = np.zeros((20, 5, 784), np.uint8)
    for sample in x:
        chosen = rng.permutation(784)[:130]
        sample[rng.integers(0, 4, 130), chosen] = 1
    layers = run_integers(spec, parameters, x)
    golden = Network(spec, parameters)
    for number, sample in enumerate(x):
        golden.reset()
        assert np.array_equal(golden.run(sample), layers[-1][number])
    assert layers[0].sum() > 20 * 20
    assert layers[1].sum()
