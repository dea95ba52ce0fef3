"""The task: remember for long what came first, and tell apart what follows within milliseconds.

A sequence of 100 ms has two events in noise. Early on one of two groups of inputs, the *cue*, fires
for some milliseconds. After 70 to 80 ms of nothing but noise the two *transients*, volleys of two
other groups, come 3 to 6 ms apart. The class is which cue it was, and which transient came first:
four classes. The answer is the neuron with the most spikes in the last ticks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CLASSES = 4  # 2 * (which cue) + (which transient first)
GROUP = 6  # inputs of a group
INPUTS = 4 * GROUP  # two cues, two transients


@dataclass(frozen=True)
class Task:
    """Times in ticks of 1 ms; probabilities are of a spike in a tick."""

    ticks: int = 100
    window: int = 12  # last ticks, whose spikes are counted
    noise: float = 0.01  # of every input, always
    cue_ticks: int = 8
    cue_rate: float = 0.5
    cue_from: tuple[int, int] = (0, 6)  # first tick of the cue, both ends included
    transient_from: tuple[int, int] = (83, 88)  # tick of the first volley
    lag: tuple[int, int] = (3, 6)  # ticks from the first volley to the second
    volley: float = 0.9  # share of a group that takes part in its volley


def sequences(
    task: Task, count: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Spikes of shape (ticks, count, INPUTS) and classes (count,)."""
    labels = rng.integers(0, CLASSES, count)
    cue, order = labels >> 1, labels & 1
    rate = np.full((task.ticks, count, 4), task.noise)
    time, each = np.arange(task.ticks)[:, None], np.arange(count)
    since = time - rng.integers(task.cue_from[0], task.cue_from[1] + 1, count)
    at, who = np.nonzero((since >= 0) & (since < task.cue_ticks))
    rate[at, who, cue[who]] = task.cue_rate
    first = rng.integers(task.transient_from[0], task.transient_from[1] + 1, count)
    second = first + rng.integers(task.lag[0], task.lag[1] + 1, count)
    rate[first, each, 2 + order] = task.volley
    rate[second, each, 3 - order] = task.volley
    return (rng.random((task.ticks, count, INPUTS)) < np.repeat(rate, GROUP, axis=2)).astype(
        np.uint8
    ), labels
