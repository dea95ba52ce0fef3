"""Train a network of spiking neurons on images, and write it for hardware.

    python examples/mnist/train.py --data train-images-idx3-ubyte.gz
    python examples/mnist/train.py --data mnist10k.npz --fold 4
    python examples/mnist/train.py

Without data: the digits of scikit-learn, 8 x 8. Written are, into the folder of `--out`: NAME.nir,
the network in floating point; NAME.toml and NAME.npz, the design with its integers, which the
import has made of it; NAME.import.json, what the import did; NAME_test.npz, test images as spikes,
for `sc-hw evaluate`.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import nir
import numpy as np
import torch
from network import (
    QUANTISER,
    Classifier,
    Recipe,
    accuracy,
    convolutional,
    dense,
    samples,
    train,
)

from sc_hw.commands.import_nir import import_nir
from sc_hw.files import replacing
from sc_model.evaluation import accuracy as answers
from sc_model.evaluation import load_parameters, run_integers
from sc_model.images import Images, load_images
from sc_model.spec import ConfigError, NetworkSpec, load_design
from sc_model.training import ConvLayer

FOLDS = 5
TICK_MS = 1.0
RECIPES = {
    "dense": Recipe(),
    # an epoch takes 40 times as long
    "conv": Recipe(code_ticks=3, ticks=4, epochs=6, tuned=1, batch=100, rate=8e-3, distortion=0.4),
}
SMALLEST = 16  # rows and columns: 5 x 5, halved, 5 x 5, halved, and a pixel is left
# At most: those of a convolution divide its channels. UP5K's SPRAM gives 64 bits a clock, 8 weights
# of 8 bits; a convolution has a few weights, which block RAM gives.
LANES = {"dense": 8, "conv": 16}
WIDTHS = {name: value for name, value in vars(QUANTISER).items() if value}


class Split(NamedTuple):
    """Images to train with, and others to test with."""

    train: Images
    test: Images


def digits() -> Images:
    """The digits of scikit-learn, 1,797 of 8 x 8."""
    from sklearn.datasets import load_digits

    data = load_digits()
    pixels = np.rint(data.images * (255 / 16)).astype(np.uint8)
    return Images(pixels, data.target.astype(np.int64), "digits of scikit-learn")


def fold(images: Images, number: int) -> Split:
    """Test with one of five equal parts, in the order of the file, and train with the others."""
    if not 0 <= number < FOLDS or len(images) < 2 * FOLDS:
        raise ConfigError(
            f"fold must be in [0, {FOLDS - 1}], of {2 * FOLDS} images or more, not {number} of"
            f" {len(images)}."
        )
    part = np.arange(len(images)) * FOLDS // len(images)
    return Split(images.chosen(part != number), images.chosen(part == number))


def network_of(design: Path) -> NetworkSpec:
    """The network of a design file."""
    spec = load_design(design).network
    if spec is None:
        raise RuntimeError(f"{design} is no network")
    return spec


def graph_of(net: Classifier, image: tuple[int, ...]) -> Any:
    """The NIR graph of a network, for images of this height and width."""
    convolves = any(isinstance(layer, ConvLayer) for layer in net.layers.values())
    nodes: dict[str, Any] = {
        "network_input": nir.Input(np.array([1, *image] if convolves else [math.prod(image)]))
    }
    for name, layer in net.layers.items():
        kernel = layer.synapses.weight.detach().double().numpy()
        shape: tuple[int, ...] = kernel.shape[:1]
        if isinstance(layer, ConvLayer):
            pool, none = np.array(layer.pool), np.zeros(2, np.int64)
            if layer.pool != (1, 1):
                nodes[f"{name}_pool"] = nir.SumPool2d(pool, pool, none)
            size = (layer.image[1] // pool[0], layer.image[2] // pool[1])
            bias = np.zeros(len(kernel))
            nodes[f"{name}_kernel"] = nir.Conv2d(size, kernel, 1, 0, 1, 1, bias)
            shape = layer.output
        else:
            nodes[f"{name}_weight"] = nir.Linear(kernel)
        by_neuron = (each.detach().double() for each in layer.neurons.effective())
        spread = [-1] + [1] * (len(shape) - 1)
        leak, threshold = (np.broadcast_to(each.view(spread).numpy(), shape) for each in by_neuron)
        steps = 1 / (1 - leak)  # Euler's step leaves 1 - dt / tau; a gain of 1 is r dt / tau
        zero = np.zeros(shape)
        nodes[name] = nir.LIF(steps * TICK_MS / 1e3, steps, zero, threshold.copy(), zero)
    nodes["network_output"] = nir.Output(np.array(shape))
    return nir.NIRGraph(nodes, list(pairwise(nodes)))


def written(net: Classifier, test: Images, recipe: Recipe, folder: Path, name: str) -> Path:
    """Write all files of a network that was trained in integers; the design file.

    RuntimeError where the import has made other integers of it than those it was trained with.
    """
    with replacing(folder / f"{name}.nir") as temporary:
        nir.write(temporary, graph_of(net, test.pixels.shape[1:]))
    options: dict[str, Any] = {"dt_ms": TICK_MS, "reset": "subtract", "reset_delay": False}
    convolves = any(isinstance(layer, ConvLayer) for layer in net.layers.values())
    options |= {"compact": True} if convolves else {"engine": "events"}
    options["lanes"] = LANES["conv" if convolves else "dense"]
    import_nir(folder / f"{name}.nir", folder, name=name, **options, **WIDTHS)
    spec = network_of(folder / f"{name}.toml")
    parameters = load_parameters(folder / f"{name}.npz", spec)
    for layer in net.integers():
        for what, array in layer.parameters.items():
            if not np.array_equal(parameters[f"{layer.spec.name}.{what}"], array):
                raise RuntimeError(f"the import changes {what} of layer '{layer.spec.name}'")
    with replacing(folder / f"{name}_test.npz") as temporary, temporary.open("wb") as stored:
        np.savez_compressed(stored, spikes=samples(test, recipe), labels=test.labels)
    return folder / f"{name}.toml"


def figures(design: Path, test: Images, recipe: Recipe) -> dict[str, Any]:
    """What the golden integers make of test images: right answers, and spikes an image."""
    spec = network_of(design)
    x = samples(test, recipe)
    layers = run_integers(spec, load_parameters(design.with_suffix(".npz"), spec), x)
    result = answers(layers[-1], test.labels)
    count = len(test)
    return {
        "images": count,
        "right": result.right,
        "accuracy": result.share,
        "tied": result.tied,
        "ticks": x.shape[1],
        "input_events": float(x.sum() / count),
        **{
            f"{layer.name}_events": float(words.sum(dtype=np.int64) / count)
            for layer, words in zip(spec.layers, layers, strict=True)
        },
    }


def trained(
    kind: str, split: Split, recipe: Recipe, seed: int, progress: bool
) -> tuple[Classifier, float]:
    """A network that computes in integers, and how many answers were right in floating point."""
    torch.manual_seed(seed)
    rows, columns = split.train.pixels.shape[1:]
    classes = split.train.classes
    if kind == "conv":
        if min(rows, columns) < SMALLEST:
            raise ConfigError(
                f"images must have {SMALLEST} rows and columns or more for convolutions, not"
                f" {rows} x {columns}; take --network dense."
            )
        net = convolutional(rows, columns, classes, recipe)
    else:
        net = dense(rows * columns, classes, recipe)
    before: list[float] = []
    train(
        net,
        split.train,
        recipe,
        seed=seed,
        progress=progress,
        before_tuning=lambda plain: before.append(accuracy(plain, split.test, recipe)),
    )
    return net, before[0]


def chosen(options: argparse.Namespace) -> tuple[Split, str]:
    """The images, and a name for the network."""
    if options.data is None:
        return fold(digits(), options.fold), "digits"
    images = load_images(options.data, options.labels)
    if options.test is None:
        return fold(images, options.fold), "mnist"
    test = load_images(options.test, options.test_labels)
    if test.pixels.shape[1:] != images.pixels.shape[1:] or test.classes > images.classes:
        raise ConfigError(
            f"data file {options.test} must have images as {options.data} has,"
            f" {images.pixels.shape[1:]} in {images.classes} classes, not"
            f" {test.pixels.shape[1:]} in {test.classes}."
        )
    return Split(images, test), "mnist"


def main() -> None:
    """Train, write, and print accuracies and spikes an image."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="images: idx (compressed or not) or .npz")
    parser.add_argument("--labels", type=Path, help="their labels; by default the file beside")
    parser.add_argument("--test", type=Path, help="images to test with; by default a fold of DATA")
    parser.add_argument("--test-labels", type=Path)
    parser.add_argument("--fold", type=int, default=FOLDS - 1, help="fifth to test with, 0 to 4")
    parser.add_argument("--network", choices=list(RECIPES), default="dense")
    parser.add_argument("--epochs", type=int, help="in floating point; a sixth of them follow")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--name", help="of the design")
    parser.add_argument("--out", type=Path, default=Path("mnist"), help="folder to write to")
    options = parser.parse_args()
    torch.set_num_threads(1)
    recipe = RECIPES[options.network]
    if options.epochs:
        recipe = replace(recipe, epochs=options.epochs, tuned=max(1, options.epochs // 6))
    try:
        split, name = chosen(options)
        print(f"{len(split.train)} images to train with, {len(split.test)} to test with")
        net, before = trained(options.network, split, recipe, options.seed, progress=True)
        design = written(net, split.test, recipe, options.out, options.name or name)
        values = figures(design, split.test, recipe)
    except (ConfigError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    print(f"floating point before tuning: {before:.4f}")
    print(f"integers: {values['right']} of {values['images']} right ({values['accuracy']:.4f})")
    spikes = ", ".join(f"{name} {value:.1f}" for name, value in values.items() if "events" in name)
    print(f"events an image: {spikes}; {values['ticks']} ticks")
    print(f"{design}: sc-hw evaluate {design} {design.with_name(design.stem + '_test.npz')}")


if __name__ == "__main__":
    main()
