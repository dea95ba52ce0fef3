"""Networks that classify images: how images become spikes, the layers, how they are trained.

First in floating point, then with the numbers of hardware: a layer with a quantiser computes the
golden integers, to the last spike, so that nothing is lost when they are written.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sc_model.golden.encoder import Encoder
from sc_model.images import Images
from sc_model.quantisation import QuantisedLayer
from sc_model.spec import EncoderSpec
from sc_model.training import (
    ConvLayer,
    DenseLayer,
    DenseQuantiser,
    Lif,
    fast_sigmoid_surrogate,
    fit,
)

# Of weights of 8 bits one unit is some 0.4 % of a threshold, so thresholds have some 10 bits
QUANTISER = DenseQuantiser(weight_bits=8, leak="shift", fraction=2, potential_bits=16)


WHITE = 255  # the brightest value of a pixel


@dataclass(frozen=True)
class Recipe:
    """All that a training is told. The defaults were chosen on one fold; README.md has what else
    was tried.

    Members
    -------
    code_ticks : ticks in which inputs spike: the brighter a pixel, the earlier.
    ticks : ticks of an image; in those behind `code_ticks` neurons fire with what they have.
    level : least value of a pixel that spikes, of 255.
    hidden : hidden neurons.
    leak_shift : a tick takes the 2^-leak_shift part of a potential.
    epochs, tuned : epochs in floating point, and with the integers of hardware behind them.
    batch, rate : images of a batch, and the largest learning rate.
    distortion : strength of the shifts, turns, and so on that make each image another one.
    smoothing : of the labels.
    slope : of the surrogate gradient.
    """

    code_ticks: int = 4
    ticks: int = 5
    level: int = 52
    hidden: int = 128
    leak_shift: int = 4
    epochs: int = 90
    tuned: int = 15
    batch: int = 250
    rate: float = 1e-2
    distortion: float = 0.6
    smoothing: float = 0.05
    slope: float = 1.0


def spikes(images: Tensor, recipe: Recipe) -> Tensor:
    """Images (n, rows, columns) of 0 to 1 as spikes (ticks, n, pixels).

    This is `samples` for torch: a pixel of `level` or more spikes once, the brighter the earlier.
    """
    value = torch.round(images.flatten(1) * WHITE)
    late = torch.floor((WHITE - value) * recipe.code_ticks / (WHITE + 1 - recipe.level))
    tick = torch.where(value >= recipe.level, late, recipe.ticks)
    return torch.stack([tick == each for each in range(recipe.ticks)]).float()


def samples(images: Images, recipe: Recipe) -> NDArray[np.uint8]:
    """Images as spikes for hardware, (n, ticks, pixels), by the golden encoder."""
    spec = EncoderSpec(kind="latency", level=recipe.level, ticks=recipe.code_ticks)
    pixels = images.pixels.reshape(len(images), -1)
    return Encoder(spec, pixels.shape[1]).encode(pixels, recipe.ticks)


def distorted(images: Tensor, strength: float, random: torch.Generator) -> Tensor:
    """Images (n, rows, columns), each turned, sheared, scaled, shifted and bent at random.

    With strength 1: by up to 15 degrees, 20 %, 12 % and a fourteenth of the image; and bent by
    about 5 % of half the image, smoothly (Simard, Steinkraus & Platt 2003).
    """
    count, rows, columns = images.shape

    def uniform(*shape: int) -> Tensor:
        return (torch.rand(*shape, generator=random) * 2 - 1) * strength

    turn, scale, shear = uniform(count) * 0.26, 1 + uniform(count, 2) * 0.12, uniform(count) * 0.2
    shift = uniform(count, 2) / 7
    cosine, sine = turn.cos(), turn.sin()
    first = torch.stack([cosine * scale[:, 0], shear - sine, shift[:, 0]], 1)
    second = torch.stack([sine, cosine * scale[:, 1], shift[:, 1]], 1)
    functional = torch.nn.functional
    grid = functional.affine_grid(
        torch.stack([first, second], 1), [count, 1, rows, columns], align_corners=False
    )
    bends = torch.randn(count, 2, 6, 6, generator=random) * 0.055 * strength
    bent = functional.interpolate(bends, (rows, columns), mode="bicubic", align_corners=True)
    warp = grid + bent.permute(0, 2, 3, 1)
    return functional.grid_sample(images[:, None], warp, align_corners=False)[:, 0].clamp(0, 1)


class Classifier(torch.nn.Module):
    """Layers in a row; the class whose output spikes most is the answer.

    Members
    -------
    layers : by name, first to last.
    gain : of the numbers of spikes, as logits; trained, and without effect on the answer.
    """

    def __init__(self, layers: Mapping[str, DenseLayer | ConvLayer]) -> None:
        super().__init__()
        self.layers = torch.nn.ModuleDict(layers)
        self.gain = torch.nn.Parameter(torch.tensor(1.0))

    def forward(self, x: Tensor) -> Tensor:
        """Spikes (ticks, n, inputs) to logits (n, classes)."""
        for layer in self.layers.values():
            x = layer(x)
        return x.sum(0) * self.gain

    def compute_in_integers(self, quantiser: DenseQuantiser | None) -> None:
        """From now on compute as hardware does; with None in floating point again."""
        for layer in self.layers.values():
            layer.quantiser = quantiser

    def integers(self, **fields: Mapping[str, Any]) -> list[QuantisedLayer]:
        """The layers for hardware; `fields` of each by its name, such as lanes."""
        return [layer.integers(name, **fields.get(name, {})) for name, layer in self.layers.items()]


def neurons(count: int, recipe: Recipe) -> Lif:
    """Neurons of a layer. Thresholds are trained: they do what biases would."""
    surrogate = partial(fast_sigmoid_surrogate, slope=recipe.slope)
    return Lif(count, 1 - 2.0**-recipe.leak_shift, learn_threshold=True, surrogate=surrogate)


def dense(inputs: int, classes: int, recipe: Recipe) -> Classifier:
    """Inputs, hidden neurons, classes."""

    def layer(before: int, count: int, size: float) -> DenseLayer:
        synapses = torch.nn.Linear(before, count, bias=False)
        torch.nn.init.normal_(synapses.weight, std=size)
        return DenseLayer(synapses, neurons(count, recipe))

    return Classifier(
        {
            "hidden": layer(inputs, recipe.hidden, 1.7 / math.sqrt(inputs)),
            "output": layer(recipe.hidden, classes, 1.1 / math.sqrt(recipe.hidden)),
        }
    )


def convolutional(rows: int, columns: int, classes: int, recipe: Recipe) -> Classifier:
    """8 kernels of 5 x 5, 16 of 5 x 5 and one for each class, each behind the first one on sums of
    2 x 2 spikes.
    """

    def layer(
        image: tuple[int, int, int], channels: int, kernel: tuple[int, int], pool: int
    ) -> ConvLayer:
        synapses = torch.nn.Conv2d(image[0], channels, kernel, bias=False)
        torch.nn.init.normal_(synapses.weight, std=1.2 / math.sqrt(image[0] * math.prod(kernel)))
        return ConvLayer(synapses, neurons(channels, recipe), image, (pool, pool))

    first = layer((1, rows, columns), 8, (5, 5), 1)
    second = layer(first.output, 16, (5, 5), 2)
    kernel = (second.output[1] // 2, second.output[2] // 2)
    return Classifier(
        {"first": first, "second": second, "output": layer(second.output, classes, kernel, 2)}
    )


def train(
    net: Classifier,
    images: Images,
    recipe: Recipe,
    *,
    seed: int = 0,
    progress: bool = False,
    before_tuning: Any = None,
) -> None:
    """Train a network in floating point, and then in integers.

    Adam with one cycle of the learning rate (Smith & Topin 2018), each image another one in each
    epoch. `before_tuning` is called with the network between the two.
    """
    pixels = torch.tensor(images.pixels).float() / WHITE
    labels = torch.tensor(images.labels)
    count = len(images)
    batch = min(recipe.batch, count)

    def batches(rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        random = torch.Generator().manual_seed(int(rng.integers(1 << 62)))
        order = torch.randperm(count, generator=random)
        for start in range(0, count - batch + 1, batch):
            places = order[start : start + batch]
            pictures = distorted(pixels[places], recipe.distortion, random)
            yield spikes(pictures, recipe), labels[places]

    loss = partial(torch.nn.functional.cross_entropy, label_smoothing=recipe.smoothing)
    optimiser = torch.optim.Adam(net.parameters(), lr=recipe.rate)
    updates = (recipe.epochs + recipe.tuned) * (count // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.rate, total_steps=updates, pct_start=0.15
    )
    for epochs, part in ((recipe.epochs, 0), (recipe.tuned, 1)):
        if part:
            if before_tuning is not None:
                before_tuning(net)
            net.compute_in_integers(QUANTISER)
        fit(
            net,
            batches,
            loss,
            optimiser,
            epochs=epochs,
            seed=2 * seed + part,
            schedule=schedule,
            progress=progress,
        )


def accuracy(net: Classifier, images: Images, recipe: Recipe) -> float:
    """Share of right answers; of outputs that spike alike the first one answers."""
    right = 0
    with torch.no_grad():
        for start in range(0, len(images), 1000):
            part = images.chosen(slice(start, start + 1000))
            x = spikes(torch.tensor(part.pixels).float() / WHITE, recipe)
            right += int((net(x).argmax(1) == torch.tensor(part.labels)).sum())
    return right / len(images)
