"""Delayed match: two cues with a delay between them and behind, then whether they were the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_hw import Device
from sc_hw.simulation.learning_run import Portion, Task
from sc_model.spec import Design
from sc_model.spec.learning import RecurrentNetworkSpec

LINES, CUE, ANSWER = 5, 5, 10  # lines of a cue; steps of a cue, and of the answer
RATE, NOISE = 0.5, 0.02  # spikes of a line in a step of its cue, and in any other step
INPUTS = 2 * LINES + 1  # the last line says that it is time to answer
UNTOLD = -1
PORTION = 500  # samples that are handed over at a time
# Shares of the samples, and by how many powers of two the steps of both layers are smaller from
# there on than the design says: what a host sets. A network that goes on with its first steps now
# and then loses what it has learned.
SCHEDULE = ((0.0, (0, 0)), (0.5, (1, 1)), (0.75, (1, 2)))


@dataclass(frozen=True)
class Delays:
    """Steps of silence behind each of the two cues, drawn anew in each sample.

    Members
    -------
    least, most : of both.
    """

    least: int
    most: int

    @property
    def steps(self) -> int:
        """Steps of a sample."""
        return 2 * (CUE + self.most) + ANSWER


FIXED, JITTERED = Delays(15, 15), Delays(10, 20)


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples of the task.

    Members
    -------
    spikes : uint8, (samples, steps, lines).
    classes : int64, (samples,): 0 where the cues are the same, 1 where they are not.
    """

    spikes: NDArray[np.uint8]
    classes: NDArray[np.int64]

    @property
    def targets(self) -> NDArray[np.int64]:
        """What is told: the class in the steps of the answer, nothing before."""
        steps = self.spikes.shape[1]
        answers = np.arange(steps) >= steps - ANSWER
        return np.where(answers[None, :], self.classes[:, None], UNTOLD)


def samples(count: int, delays: Delays, rng: np.random.Generator) -> Samples:
    """Random samples."""
    steps = delays.steps
    cues = rng.integers(0, 2, (2, count))
    gaps = rng.integers(delays.least, delays.most, (2, count), endpoint=True)
    second = steps - ANSWER - gaps[1] - CUE
    first = second - gaps[0] - CUE
    rates = np.full((count, steps, 2, LINES), NOISE)
    rows = np.arange(count)[:, None]
    for begin, cue in zip((first, second), cues, strict=True):
        rates[rows, begin[:, None] + np.arange(CUE), cue[:, None]] = RATE
    spikes = (rng.random(rates.shape) < rates).reshape(count, steps, 2 * LINES)
    go = np.zeros((count, steps, 1), bool)
    go[:, -ANSWER:] = True
    return Samples(np.concatenate([spikes, go], 2).astype(np.uint8), cues[0] ^ cues[1])


def first_weights(design: Design, seed: int) -> dict[str, NDArray[np.int64]]:
    """Weights to begin with."""
    with Device.open(design) as device:
        weights: dict[str, Any] = device.block.initial_weights(np.random.default_rng([seed, 1]))
    return weights


def data(seed: int, count: int, delays: Delays, tests: int = 500) -> tuple[Samples, Samples]:
    """Samples to learn from, and others to test with."""
    training, test = (np.random.default_rng([seed, part]) for part in (2, 3))
    return samples(count, delays, training), samples(tests, delays, test)


def phases(network: RecurrentNetworkSpec, count: int) -> list[tuple[slice, tuple[int, int]]]:
    """Samples of the schedule's phases, in portions, and the shifts of steps in each."""
    begins = [round(share * count) for share, _ in SCHEDULE]
    own, readout = network.hidden.shift, network.readout.shift
    return [
        (slice(start, min(start + PORTION, end)), (own + smaller[0], readout + smaller[1]))
        for begin, end, (_, smaller) in zip(begins, [*begins[1:], count], SCHEDULE, strict=True)
        for start in range(begin, end, PORTION)
    ]


def portions(network: RecurrentNetworkSpec, training: Samples, *, hidden: bool) -> list[Portion]:
    """Samples as they are shown, with their classes and the sizes of steps; see `learn`."""
    return [
        Portion(
            {
                "spikes": training.spikes[part],
                "targets": training.targets[part],
                "learn": {network.hidden.name: hidden},
            },
            training.classes[part],
            {"hidden_shift": own, "readout_shift": readout},
        )
        for part, (own, readout) in phases(network, len(training.classes))
    ]


def task(network: RecurrentNetworkSpec, training: Samples, test: Samples, *, hidden: bool) -> Task:
    """The same with the samples that test, for a run in Verilog and model."""
    shown_portions = portions(network, training, hidden=hidden)
    return Task(shown_portions, {"spikes": test.spikes}, test.classes, "delayed match")


def learn(device: Device, training: Samples, *, hidden: bool = True) -> NDArray[np.int64]:
    """Show samples with their classes; the class after each step, (samples, steps).

    Parameters
    ----------
    device : with its first weights.
    training : the samples.
    hidden : whether the recurrent layer learns; the readout does.
    """
    answers = []
    if device.design.recurrent is None:
        raise ValueError(f"{device.design.name} has no recurrent network")
    for portion in portions(device.design.recurrent, training, hidden=hidden):
        device.set(**portion.parameters)
        answers.append(device.run(**portion.stimulus))
    return np.concatenate(answers)


def right(device: Device, tested: Samples) -> float:
    """Share of samples whose last answer is right; nothing is told, and so nothing learned."""
    answers = device.run(spikes=tested.spikes)
    return float((answers[:, -1] == tested.classes).mean())
