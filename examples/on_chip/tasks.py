"""Data, changes of a sensor, and runs of samples, for networks that learn on the chip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_hw import Device
from sc_model.images import Images
from sc_model.spec import ConfigError, Design

Values = NDArray[np.uint8]
Change = Callable[[Values], Values]
Schedule = Sequence[tuple[float, dict[str, Any]]]
FOLDS = 5
PORTION = 20_000  # samples handed over at a time
# What a host sets in the course of a run: (share of the samples, settings from there on). Steps
# become smaller after a half, and again after three quarters.
SMALLER: Schedule = ((0.0, {"step_shift": 0}), (0.5, {"step_shift": 1}), (0.75, {"step_shift": 2}))
# Told right or wrong: a right answer does not speak of the other classes until most are found.
FOUND: Schedule = (
    (0.0, {"step_shift": 0, "others_wrong": False}),
    (0.5, {"step_shift": 0, "others_wrong": True}),
    (0.8, {"step_shift": 1, "others_wrong": True}),
)
# Behind a change of the sensor: how many answers a host looks back on, how often, and the share of
# wrong ones from which on down the steps become smaller
LAST, PAUSE, FEW_WRONG = 200, 100, 0.08
LATER = 4000  # samples behind a change after which right answers speak of the other classes
SMALLER_LATER = (6000, 7000)  # and after which all steps are smaller by 2, then by 4


@dataclass(frozen=True, eq=False)
class Split:
    """Samples to learn from, and others to test with.

    Members
    -------
    values, test_values : uint8, (samples, inputs).
    classes, test_classes : int64, (samples,).
    """

    values: Values
    classes: NDArray[np.int64]
    test_values: Values
    test_classes: NDArray[np.int64]

    def part(self, last: int) -> Split:
        """The samples to learn from alone, of which the last ones test: to choose settings with."""
        return Split(
            self.values[:-last], self.classes[:-last], self.values[-last:], self.classes[-last:]
        )


def flat(images: Images) -> Values:
    """The pixels of each image in a row."""
    return np.ascontiguousarray(images.pixels.reshape(len(images), -1))


def fold_of(images: Images, fold: int) -> Split:
    """A fifth of the images as the test, the others to learn from."""
    size = len(images) // FOLDS
    test = np.arange(fold * size, (fold + 1) * size)
    learn = np.setdiff1d(np.arange(len(images)), test)
    values = flat(images)
    return Split(values[learn], images.labels[learn], values[test], images.labels[test])


def split_of(train: Images, test: Images) -> Split:
    """Two sets of images."""
    return Split(flat(train), train.labels, flat(test), test.labels)


def checked(split: Split, design: Design) -> Split:
    """The split; ConfigError where its images and classes are not those of a learning network."""
    network = design.learning
    if network is None:
        raise ConfigError(f"design '{design.name}' must be a learning network.")
    if not (len(split.classes) and len(split.test_classes)):
        raise ConfigError(
            f"design '{design.name}' must have images to learn from and to test with, not"
            f" {len(split.classes)} and {len(split.test_classes)}."
        )
    pixels = {split.values.shape[1], split.test_values.shape[1]}
    classes = int(max(split.classes.max(), split.test_classes.max())) + 1
    if pixels != {network.inputs} or classes > network.output.neurons:
        raise ConfigError(
            f"images must have {network.inputs} pixels and {network.output.neurons}"
            f" classes at most for design '{design.name}', not"
            f" {' or '.join(map(str, sorted(pixels)))} and {classes}."
        )
    return split


def digits(seed: int) -> Split:
    """The digits of scikit-learn, 8 x 8: a quarter tests, with as many of each class."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    data = load_digits()
    values = (data.data * 255 / 16).astype(np.uint8)
    training, test, classes, test_classes = train_test_split(
        values,
        data.target.astype(np.int64),
        test_size=0.25,
        random_state=seed,
        stratify=data.target,
    )
    return Split(training, classes, test, test_classes)


# --- what happens to a sensor ---------------------------------------------------------------------


def rewired(rng: np.random.Generator, inputs: int) -> Change:
    """Every pixel on another wire."""
    places = rng.permutation(inputs)
    return lambda values: np.ascontiguousarray(values[:, places])


def shifted(_: np.random.Generator, inputs: int) -> Change:
    """The image four pixels down and to the right, round its edges."""
    side = round(inputs**0.5)

    def change(values: Values) -> Values:
        return np.roll(values.reshape(-1, side, side), (4, 4), (1, 2)).reshape(-1, inputs)

    return change


def inverted(_: np.random.Generator, inputs: int) -> Change:
    """Dark for bright."""
    return lambda values: 255 - values


def dead(rng: np.random.Generator, inputs: int) -> Change:
    """Three pixels of ten dark for ever, the others half as bright."""
    alive = rng.random(inputs) >= 0.3
    return lambda values: np.where(alive, values // 2, 0).astype(np.uint8)


CHANGES: dict[str, Callable[[np.random.Generator, int], Change]] = {
    "rewired": rewired,
    "shifted": shifted,
    "inverted": inverted,
    "dead": dead,
}


def moved(rng: np.random.Generator, values: Values) -> Values:
    """Each image moved by a pixel at most, in both directions, with dark edges."""
    side = round(values.shape[1] ** 0.5)
    framed = np.pad(values.reshape(-1, side, side), ((0, 0), (1, 1), (1, 1)))
    images = np.empty((len(values), side, side), np.uint8)
    places = rng.integers(0, 9, len(values))
    for place, (down, right) in enumerate(np.ndindex(3, 3)):
        mask = places == place
        images[mask] = framed[mask, down : down + side, right : right + side]
    return images.reshape(values.shape)


# --- runs -----------------------------------------------------------------------------------------


def first_weights(design: Design, seed: int) -> dict[str, NDArray[np.int64]]:
    """Random weights, as `initial` of each layer says."""
    if design.learning is None:
        raise ValueError(f"{design.name} is no learning network")
    rng = np.random.default_rng(seed)
    return {
        f"{layer.name}.weight": rng.integers(
            -layer.initial, layer.initial, (design.learning.rows(n), layer.neurons), endpoint=True
        )
        for n, layer in enumerate(design.learning.layers)
    }


def order_of(samples: int, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Which samples are shown: all of them in a random order, again and again."""
    rounds = -(-count // samples)
    return np.concatenate([rng.permutation(samples) for _ in range(rounds)])[:count]


def phases(design: Design) -> Schedule:
    """What is set in the course of a run of a design."""
    rewarded = design.learning is not None and design.learning.feedback == "reward"
    return FOUND if rewarded else SMALLER


def learn(
    device: Device,
    split: Split,
    count: int,
    seed: int,
    *,
    schedule: Schedule = SMALLER,
    distort: Callable[[np.random.Generator, Values], Values] | None = None,
    frozen: Sequence[str] = (),
) -> NDArray[np.int64]:
    """Learn from first weights on; the classes that were played, (count,).

    Parameters
    ----------
    device : a learning network, on whatever it runs.
    split : the samples.
    count : samples that are shown, with repetitions.
    seed : of weights and order.
    schedule : what is set in the course of the run.
    distort : changes each sample that is shown.
    frozen : layers that do not learn.
    """
    device.load(first_weights(device.design, seed))
    rng = np.random.default_rng(seed + 1000)
    order = order_of(len(split.values), count, rng)
    played = [np.zeros(0, np.int64)]
    ends = [*(int(share * count) for share, _ in schedule[1:]), count]
    start = 0
    for (_, settings), end in zip(schedule, ends, strict=True):
        fixed = {"learn": dict.fromkeys(frozen, False)} if frozen else {}
        for first in range(start, end, PORTION):
            places = order[first : min(first + PORTION, end)]
            values = split.values[places]
            if distort is not None:
                values = distort(rng, values)
            target = split.classes[places]
            played.append(device.run(values=values, target=target, **settings, **fixed))
        start = end
    return np.concatenate(played)


class Recovery:
    """A host that goes on teaching a network when its sensor has changed.

    Steps are large as long as many answers are wrong: after a small change they become smaller at
    once, after any change later and again a little later, so that the weights come to rest. Told
    right or wrong alone, right answers speak of the other classes again when most are found,
    `LATER` samples behind the change.

    Parameters
    ----------
    device : a learning network.

    Members
    -------
    right : whether each answer since the change was right.
    """

    def __init__(self, device: Device) -> None:
        self.device = device
        self.right: list[bool] = []

    def settings(self) -> dict[str, Any]:
        """What the host sets for the next samples."""
        count, learning = len(self.right), self.device.design.learning
        smaller = sum(count >= later for later in SMALLER_LATER)
        if learning is not None and learning.feedback == "reward":
            return {"others_wrong": count >= LATER, "step_shift": smaller}
        few = count > 0 and 1 - np.mean(self.right[-LAST:]) < FEW_WRONG
        return {"step_shift": max(smaller, int(few))}

    def learn(self, values: Values, classes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Learn from more samples; the classes that were played, (samples,)."""
        played = [np.zeros(0, np.int64)]
        for start in range(0, len(values), PAUSE):
            some = slice(start, start + PAUSE)
            answers = self.device.run(values=values[some], target=classes[some], **self.settings())
            self.right += (answers == classes[some]).tolist()
            played.append(answers)
        return np.concatenate(played)


def right(device: Device, values: Values, classes: NDArray[np.int64]) -> float:
    """Share of right answers; nothing is learned."""
    return float((device.run(values=values) == classes).mean())
