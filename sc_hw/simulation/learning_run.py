"""A task learned by a network's own Verilog, sample by sample beside the model.

Both begin with the same random weights and see the same samples in the same order. Every answer
and, at the end, every weight, age and register must be the model's. What was learned is then tried
on samples that were held out. Results are ``learned.json`` and ``learned.npz`` in the build folder,
where a report finds them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_hw.build.elaborate import Build
from sc_hw.files import replacing, write_json
from sc_hw.progress import Progress, silent
from sc_hw.simulation.device import Device
from sc_model.images import Images
from sc_model.spec import ConfigError
from sc_model.spec.learning import LearningNetworkSpec

SCHEMA = "sc-hw.learned.v1"
RESULTS, ARRAYS = "learned.json", "learned.npz"
# What a host sets in the course of a run: (share of the samples, `step_shift` from there on)
SMALLER_STEPS = ((0.0, 0), (0.5, 1), (0.75, 2))
HELD_OUT, MOST_HELD_OUT = 0.25, 1000  # share of the images that test, and how many at most
PORTION = 500  # samples that are handed over at a time
POINTS = 40  # of the learning curve, at most
# Words of weights in the compiled Verilog, of about a clock each: half a minute on one core
WORDS = 30_000_000

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Portion:
    """Samples that are shown together.

    Members
    -------
    stimulus : as a device's `run` takes it, with what is told.
    classes : the right ones, (samples,).
    parameters : run-time parameters that are set in front of it.
    """

    stimulus: Mapping[str, Any]
    classes: Integers
    parameters: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Task:
    """What is shown, in order, and what is held out.

    Members
    -------
    training : the samples to learn, in portions.
    held_out, held_out_classes : the stimulus of the samples that are held out, of which nothing is
        told, and their classes.
    origin : where the samples are from.
    image : shape of a sample's picture; None where it is none.
    """

    training: Sequence[Portion]
    held_out: Mapping[str, Any]
    held_out_classes: Integers
    origin: str
    image: tuple[int, ...] | None = None


def samples_in_rtl(spec: LearningNetworkSpec) -> int:
    """How many samples of a network take about half a minute in the compiled Verilog."""
    words = sum(spec.rows(n) * layer.groups for n, layer in enumerate(spec.layers))
    return max(PORTION, WORDS // words)


def learn_in_rtl(
    build: Build,
    images: Images,
    *,
    samples: int,
    in_rtl: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Learn images from random weights on; what `learned.json` holds.

    Parameters
    ----------
    build : of a learning network with an input for each pixel.
    images : a quarter of them, 1,000 at most, is held out.
    samples : how many are shown, >= 1, with repetitions; steps become smaller after a half, and
        again after three quarters.
    in_rtl : of these, the first so many are learned by the Verilog, too; None: as many as take half
        a minute. The model goes on alone, and the Verilog gets its state before it answers.
    seed : of the weights, of the order and of what is held out.

    Raises
    ------
    ConfigError
        The design is no learning network, or the images are not for it.
    """
    spec = _learning_spec(build, images)
    in_rtl = min(samples, samples_in_rtl(spec) if in_rtl is None else in_rtl)
    rng = np.random.default_rng(seed)
    task = _task(images, samples, in_rtl, rng)
    with Device.open(build.design) as model:
        weights = model.block.initial_weights(rng)
    return learn_task(build, task, weights, in_rtl=in_rtl, seed=seed, progress=progress)


def learn_task(
    build: Build,
    task: Task,
    weights: Any,
    *,
    in_rtl: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Learn a task in Verilog and model; what `learned.json` holds.

    Parameters
    ----------
    build : of a network that learns.
    task : what is shown, and what is held out. A network in time answers with its last step.
    weights : first ones, as the device loads them.
    in_rtl : the first so many samples, up to the end of a portion, are learned by the Verilog, too;
        None: all of them.
    seed : that task and weights were drawn with, for the record.

    Raises ValueError where `in_rtl` is the end of no portion.
    """
    ends = [0, *accumulate(len(portion.classes) for portion in task.training)]
    samples = ends[-1]
    in_rtl = samples if in_rtl is None else in_rtl
    if in_rtl not in ends:
        raise ValueError(f"in_rtl must be the end of a portion, of {ends}, not {in_rtl}")
    with Device.open(build.folder, "rtl") as rtl, Device.open(build.design) as model:
        model.load(weights)
        before = _last(model.run(**task.held_out))
        for device in (rtl, model):  # the model again: an answer may move its random bits on
            device.load(weights)
        played, other_answers, other_state = _learn(rtl, model, task, in_rtl, progress)
        progress("answering held-out samples in RTL and model")
        if in_rtl < samples:
            rtl.restore(model.state())
        answers = _last(rtl.run(**task.held_out))
        other_answers += int((answers != _last(model.run(**task.held_out))).sum())
        state = model.state()
    block = max(50, -(-samples // POINTS))
    right = played == np.concatenate([portion.classes for portion in task.training])
    results = {
        "schema_version": SCHEMA,
        "build_id": build.id,
        "verilog_sha256": build.manifest["verilog_sha256"],
        "passed": not other_answers and not other_state,
        "data": task.origin,
        "image": None if task.image is None else list(task.image),
        "seed": seed,
        "samples": samples,
        "samples_in_rtl": in_rtl,
        "other_answers": other_answers,
        "other_values_of_the_state": other_state,
        "values_of_the_state": sum(v.size for f in state.values() for v in f.values()),
        "held_out": len(task.held_out_classes),
        "before": float((before == task.held_out_classes).mean()),
        "after": float((answers == task.held_out_classes).mean()),
        "block": block,
        "curve": _curve(right, block),
        "curve_in_rtl": _curve(right[:in_rtl], block),
    }
    # what is kept of each synapse has two axes
    arrays: dict[str, Any] = {
        f"{space}.{name}": values
        for space, fields in state.items()
        for name, values in fields.items()
        if values.ndim == 2
    }
    arrays |= {"labels": task.held_out_classes, "answers": answers.astype(np.int64)}
    with replacing(build.folder / ARRAYS) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)
    write_json(build.folder / RESULTS, results)
    return results


def _last(answers: Any) -> Integers:
    """The answer to each sample: of a sample of many steps that of the last one."""
    values = np.asarray(answers)
    return values if values.ndim == 1 else values[:, -1]


def _learning_spec(build: Build, images: Images) -> LearningNetworkSpec:
    """The network; ConfigError where the images are not for it."""
    spec = build.design.learning
    if spec is None:
        raise ConfigError(
            f"design '{build.design.name}' must have block 'learning_network' to learn images, not"
            f" '{build.design.block}'."
        )
    pixels = images.pixels[0].size
    if pixels != spec.inputs or images.classes > spec.output.neurons:
        raise ConfigError(
            f"images {images.origin} must have {spec.inputs} pixels and {spec.output.neurons}"
            f" classes at most for design '{build.design.name}', not {pixels} and {images.classes}."
        )
    return spec


def _task(images: Images, samples: int, in_rtl: int, rng: np.random.Generator) -> Task:
    """Hold some images out, and show the others in a random order, again and again."""
    places = rng.permutation(len(images))
    held_out = places[: max(1, min(int(HELD_OUT * len(images)), MOST_HELD_OUT))]
    training = places[len(held_out) :]
    if not len(training):
        raise ConfigError(f"images {images.origin} must be 2 at least, not {len(images)}.")
    rounds = -(-samples // len(training))
    order = np.concatenate([rng.permutation(training) for _ in range(rounds)])[:samples]
    values = images.pixels.reshape(len(images), -1)
    starts = [int(share * samples) for share, _ in SMALLER_STEPS]
    portions = []
    for start, end in pairwise(sorted({*range(0, samples, PORTION), *starts, in_rtl, samples})):
        shift = [s for (_, s), first in zip(SMALLER_STEPS, starts, strict=True) if first <= start]
        places = order[start:end]
        labels = images.labels[places]
        stimulus = {"values": values[places], "target": labels, "step_shift": shift[-1]}
        portions.append(Portion(stimulus, labels))
    image = images.pixels.shape[1:]
    return Task(
        portions, {"values": values[held_out]}, images.labels[held_out], images.origin, image
    )


def _learn(
    rtl: Device, model: Device, task: Task, in_rtl: int, progress: Progress
) -> tuple[Integers, int, int]:
    """Learn all samples; the model's answers, and the RTL's differences in answers and state."""
    samples = sum(len(portion.classes) for portion in task.training)
    start, other_answers, other_state = 0, 0, 0
    played: list[Integers] = []
    for portion in task.training:
        end = start + len(portion.classes)
        model.set(**portion.parameters)
        answers = model.run(**portion.stimulus)
        played.append(_last(answers))
        if start < in_rtl:
            progress(f"learning samples {start + 1:,} to {end:,} of {samples:,} in RTL and model")
            rtl.set(**portion.parameters)
            other_answers += int((rtl.run(**portion.stimulus) != answers).sum())
        if start < in_rtl <= end:
            other_state = _differences(rtl, model)
        start = end
    return np.concatenate(played), other_answers, other_state


def _differences(rtl: Device, model: Device) -> int:
    """Values of the state that differ."""
    state = rtl.state()
    return sum(
        int((state[space][name] != values).sum())
        for space, fields in model.state().items()
        for name, values in fields.items()
    )


def _curve(right: NDArray[np.bool_], block: int) -> list[float]:
    """The share of right answers in each whole block of samples."""
    return [float(right[n : n + block].mean()) for n in range(0, len(right) - block + 1, block)]
