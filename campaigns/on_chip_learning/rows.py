"""Runs of networks that learn on the chip, each a row of the report.

Designs and code of the tasks are those of `examples/on_chip`. Networks in integers are the compiled
golden model, one sample at a time; beside them the readout alone, with a hidden layer that is
frozen, and the same network in floating point. Settings were chosen on other data: see `CHOSEN`.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_hw.simulation.device import Device
from sc_model.images import Images, load_images
from sc_model.native.learning_network import NativeLearningNetwork
from sc_model.spec import Design, load_design

SEEDS = 5
EXAMPLE = Path(__file__).parents[2] / "examples" / "on_chip"
CHOSEN = {
    "digits": "splits with the seeds 100 to 104; the report has those of 0 to 4",
    "mnist": "trained with the first 6,500 of the images that fold 4 learns from, tested with the"
    " other 1,500",
    "fashion": "trained with the first 55,000 of the 60,000, tested with the last 5,000",
    "drift": "images 6,000 to 7,999 as the test; the report has the last 2,000",
}
# A readout alone learns best with larger steps: its `shift`, chosen as all settings
ALONE = {"digits": 3, "images": 5}
FROZEN = ("hidden",)
BEFORE, AFTER = 24_000, 16_000  # samples in front of a change of the sensor, and behind it
MARKS = (0, 100, 500, 1000, 2000, 4000, 8000, 16_000)
# Of the prototype in research code that this block follows: mean of three seeds after the change
DRIFT_FLOORS = {
    ("rewired", "labels"): (0.084, 0.526, 0.800, 0.850, 0.883, 0.910, 0.935, 0.952),
    ("rewired", "right or wrong"): (0.092, 0.213, 0.416, 0.555, 0.721, 0.866, 0.894, 0.923),
    ("shifted", "labels"): (0.054, 0.426, 0.833, 0.848, 0.901, 0.918, 0.934, 0.951),
    ("inverted", "labels"): (0.037, 0.176, 0.501, 0.660, 0.717, 0.832, 0.871, 0.897),
    ("dead", "labels"): (0.912, 0.939, 0.947, 0.946, 0.948, 0.948, 0.953, 0.959),
}


def script(name: str) -> ModuleType:
    """A file of the example, as a module."""
    file = EXAMPLE / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"on_chip_{name}", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} can't be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


tasks, twins = script("tasks"), script("float_twin")
EPOCHS, FIELD = 20, 8000  # of training in PyTorch; samples behind a change of the sensor


def design_of(name: str, output: Mapping[str, Any] | None = None, **hidden: Any) -> Design:
    """A design of the example, with some fields of its hidden layer and of its readout changed."""
    design = load_design(EXAMPLE / f"{name}.toml")
    if design.learning is None or not (output or hidden):
        return design
    values = design.model_dump(mode="json")
    del values["synapses"]
    values["learning"]["hidden"][0] |= hidden
    values["learning"]["output"] |= output or {}
    return Design.model_validate(values)


# --- rows -----------------------------------------------------------------------------------------


def summary(shares: Sequence[float]) -> dict[str, Any]:
    """Mean, spread and worst of some runs."""
    return {
        "accuracies": [round(share, 4) for share in shares],
        "mean": float(np.mean(shares)),
        "deviation": float(np.std(shares, ddof=1)) if len(shares) > 1 else None,
        "worst": float(min(shares)),
    }


def integers(
    design: Design, splits: Sequence[Any], samples: int, frozen: Sequence[str] = (), **options: Any
) -> dict[str, Any]:
    """Runs in integers, one for each split, whose number is the seed."""
    shares, counts, seconds = [], [], 0.0
    with Device.open(design) as device:
        network = device._engine
        for seed, split in enumerate(splits):
            start = time.process_time()
            tasks.learn(
                device,
                split,
                samples,
                seed,
                schedule=tasks.phases(design),
                frozen=frozen,
                **options,
            )
            seconds += time.process_time() - start
            counts.append(network.counts)
            shares.append(tasks.right(device, split.test_values, split.test_classes))
    return {
        **summary(shares),
        **work(design, counts),
        "samples_per_s": round(samples * len(splits) / seconds),
    }


def work(design: Design, counts: Sequence[Any]) -> dict[str, Any]:
    """Synapses that a sample touches, on average over some runs."""
    spec = design.learning
    if spec is None:
        raise ValueError(f"{design.name} is no learning network")
    samples = sum(count.samples for count in counts)
    updates, additions = 0, 0
    for layer in spec.layers:
        updates += layer.lanes * sum(count.words[layer.name] for count in counts)
        additions += layer.neurons * sum(count.events[layer.name] for count in counts)
    return {
        "samples_with_an_error": sum(count.errors for count in counts) / samples,
        "synapses_added": additions / samples,
        "synapses_updated": updates / samples,
        "share_updated": updates / samples / spec.synapses,
    }


def floats(design: Design, splits: Sequence[Any], samples: int) -> dict[str, Any]:
    """The same runs in floating point."""
    shares = []
    for seed, split in enumerate(splits):
        spec = design.learning
        twin = twins.FloatTwin(spec, tasks.first_weights(design, seed))
        order = tasks.order_of(len(split.values), samples, np.random.default_rng(seed + 1000))
        ends = [*(int(share * samples) for share, _ in tasks.SMALLER[1:]), samples]
        start = 0
        for (_, settings), end in zip(tasks.SMALLER, ends, strict=True):
            twin.step_shift = settings["step_shift"]
            for number in order[start:end]:
                twin.sample(split.values[number], int(split.classes[number]))
            start = end
        answers = [twin.answer(values) for values in split.test_values]
        shares.append(float((np.array(answers) == split.test_classes).mean()))
    return summary(shares)


def row(
    task: str, kind: str, samples: int, spread: str, figures: Mapping[str, Any], **more: Any
) -> Any:
    """A row of the report, which is printed too."""
    values = {"task": task, "kind": kind, "samples": samples, "over": spread, **more, **figures}
    print(json.dumps(values), flush=True)
    return values


def digit_rows() -> Iterator[dict[str, Any]]:
    """The digits of scikit-learn, with labels and by right or wrong."""
    splits, over = [tasks.digits(seed) for seed in range(SEEDS)], f"{SEEDS} splits"
    labels, reward = design_of("digits"), design_of("digits_reward")
    for samples in (3000, 12_000):
        targets = {"floor": 0.975, "goal": 0.98} if samples == 12_000 else {}
        yield row("digits", "integers", samples, over, integers(labels, splits, samples), **targets)
        alone = integers(design_of("digits", {"shift": ALONE["digits"]}), splits, samples, FROZEN)
        yield row("digits", "readout alone", samples, over, alone)
        yield row("digits", "floating point", samples, over, floats(labels, splits, samples))
    for samples, floor, goal in ((3000, 0.90, 0.95), (12_000, 0.96, 0.975)):
        figures = integers(reward, splits, samples)
        yield row(
            "digits, right or wrong", "integers", samples, over, figures, floor=floor, goal=goal
        )
        variant = design_of("digits_reward", {"shift": ALONE["digits"]})
        alone = integers(variant, splits, samples, FROZEN)
        yield row("digits, right or wrong", "readout alone", samples, over, alone)


def mnist_rows(images: Images) -> Iterator[dict[str, Any]]:
    """Five folds."""
    splits = [tasks.fold_of(images, n) for n in range(tasks.FOLDS)]
    over, samples = "5 folds", 120_000
    design = design_of("mnist")
    targets = {"floor": 0.955, "goal": 0.965}
    yield row("mnist", "integers", samples, over, integers(design, splits, samples), **targets)
    figures = integers(design, splits, samples, distort=tasks.moved)
    yield row("mnist, images moved by a pixel", "integers", samples, over, figures, **targets)
    wide = design_of("mnist", neurons=256)
    yield row("mnist, 256 neurons", "integers", samples, over, integers(wide, splits, samples))
    variant = design_of("mnist", {"shift": ALONE["images"]})
    yield row("mnist", "readout alone", samples, over, integers(variant, splits, samples, FROZEN))
    twin = floats(design, splits[::4], samples)
    yield row("mnist", "floating point", samples, "first and last fold", twin)


def fashion_split(folder: Path) -> Any:
    """60,000 images to learn from, 10,000 to test with."""
    train, test = (
        load_images(folder / f"{name}-images-idx3-ubyte.gz") for name in ("train", "t10k")
    )
    return tasks.split_of(train, test)


def fashion_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Fashion-MNIST, 60,000 and 10,000 images."""
    split, samples, over = fashion_split(folder), 180_000, f"{SEEDS} seeds"
    targets = {"floor": 0.86, "goal": 0.88}
    for name, bits in (("fashion", 8), ("fashion_10_bits", 10)):
        design = design_of(name)
        figures = integers(design, [split] * SEEDS, samples)
        bounds = targets if bits > 8 else {}
        yield row("fashion", f"integers, {bits} bits", samples, over, figures, **bounds)
    variant = design_of("fashion", {"shift": ALONE["images"]})
    alone = integers(variant, [split] * SEEDS, samples, FROZEN)
    yield row("fashion", "readout alone", samples, over, alone)
    twin = floats(design_of("fashion"), [split], samples)
    yield row("fashion", "floating point", samples, "1 seed", twin)


# --- a sensor that changes ------------------------------------------------------------------------


def settled(device: Device, split: Any, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Learn with the sensor as it was; the classes that were played."""
    return np.concatenate(
        [
            device.run(
                values=split.values[places], target=split.classes[places], others_wrong=others_wrong
            )
            for places, others_wrong in zip(np.split(order, 2), (False, True), strict=True)
        ]
    )


def drift(
    design: Design, split: Any, change: str, feedback: str, frozen: Sequence[str] = ()
) -> dict[str, Any]:
    """Right answers before a change of the sensor, and after it, while the network goes on."""
    if design.learning is None:
        raise ValueError(f"{design.name} is no learning network")
    curves = []
    with Device.open(design) as device:
        for seed in range(SEEDS):
            rng = np.random.default_rng(seed + 1000)
            order = tasks.order_of(len(split.values), BEFORE + AFTER, rng)
            new = tasks.CHANGES[change](rng, split.values.shape[1])
            device.load(tasks.first_weights(design, seed))
            for layer in frozen:
                device._engine.freeze(layer)
            settled(device, split, order[:BEFORE])
            curve = [tasks.right(device, split.test_values, split.test_classes)]
            recovery, position = tasks.Recovery(device), 0
            for mark in MARKS:
                places = order[BEFORE + position : BEFORE + mark]
                recovery.learn(new(split.values[places]), split.classes[places])
                position = mark
                curve.append(tasks.right(device, new(split.test_values), split.test_classes))
            curves.append(curve)
    means = np.mean(curves, 0)
    floors = DRIFT_FLOORS.get((change, feedback)) if not frozen else None
    values = {
        "change": change,
        "told": feedback,
        "kind": "readout alone" if frozen else "integers",
        "seeds": SEEDS,
        "before": float(means[0]),
        "after": {str(mark): float(share) for mark, share in zip(MARKS, means[1:], strict=True)},
        "worst_at_the_end": float(min(curve[-1] for curve in curves)),
        "floors": None if floors is None else dict(zip(map(str, MARKS), floors, strict=False)),
    }
    print(json.dumps(values), flush=True)
    return values


def drift_rows(images: Images) -> Iterator[dict[str, Any]]:
    """All changes with labels; the first one also by right or wrong, and with the readout alone."""
    split = tasks.fold_of(images, tasks.FOLDS - 1)
    labels, reward = design_of("mnist"), design_of("mnist_reward")
    for change in tasks.CHANGES:
        yield drift(labels, split, change, "labels")
    yield drift(reward, split, "rewired", "right or wrong")
    for change in ("rewired", "shifted"):
        alone = design_of("mnist", {"shift": ALONE["images"]})
        yield drift(alone, split, change, "labels", FROZEN)


def pytorch_rows(root: Path) -> Iterator[dict[str, Any]]:
    """Digits trained in PyTorch, before and behind each change; the first split in RTL, too."""
    sys.modules["tasks"] = tasks  # by which name the example imports it
    field, design = script("from_pytorch"), design_of("digits")
    splits = [tasks.digits(seed) for seed in range(SEEDS)]
    modules = [field.trained(design, split, EPOCHS, seed) for seed, split in enumerate(splits)]
    for change in tasks.CHANGES:
        outcomes = []
        with Device.open(design) as model, Device.open(design, "rtl", root=root) as rtl:
            for seed, (module, split) in enumerate(zip(modules, splits, strict=True)):
                devices = [model] if seed else [model, rtl]
                outcomes.append(field.in_the_field(module, devices, split, change, FIELD, seed))
        values: dict[str, Any] = {"change": change, "seeds": SEEDS, "samples": FIELD}
        for name in ("trained", "before", "changed", "after"):
            values[name] = float(np.mean([getattr(each, name) for each in outcomes]))
        values |= {
            "worst": float(min(each.after for each in outcomes)),
            "other_answers": sum(each.other_answers for each in outcomes),
            "other_values": sum(each.other_values for each in outcomes),
        }
        print(json.dumps(values), flush=True)
        yield values


# --- speed ----------------------------------------------------------------------------------------


def speed(images: Images, samples: int = 24_000) -> dict[str, Any]:
    """Training samples a second of the compiled golden model, from first weights on, one thread."""
    design = design_of("mnist")
    split, weights = tasks.fold_of(images, 4), tasks.first_weights(design, 0)
    if design.learning is None:
        raise ValueError(f"{design.name} is no learning network")
    network = NativeLearningNetwork(
        design.learning, {name.removesuffix(".weight"): each for name, each in weights.items()}
    )
    order = tasks.order_of(len(split.values), samples, np.random.default_rng(1))
    start = time.process_time()
    network.run(split.values[order], split.classes[order])
    return {"samples": samples, "per_s": round(samples / (time.process_time() - start))}
