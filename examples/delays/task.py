"""The task: from which side did it come? Two ears hear the same, one of them later (Jeffress 1948,
doi:10.1037/h0061495).

Each of `CHANNELS` frequency channels of a source fires at random. The spikes come to the left ear,
and `lag` ticks later (earlier, if it is negative) to the right one; each ear misses some of them
and has noise of its own. The class is the lag. Each ear by itself knows nothing, and counts of
spikes know nothing: only what is compared at different times does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LAGS = tuple(range(-8, 9, 2))  # ticks from the left ear to the right one
CLASSES = len(LAGS)
CHANNELS = 6  # of an ear
INPUTS = 2 * CHANNELS  # left ear, right ear


@dataclass(frozen=True)
class Task:
    """Times in ticks; probabilities are of a spike in a tick."""

    ticks: int = 32
    rate: float = 0.1  # of a channel of the source
    heard: float = 0.9  # share of the source's spikes that comes to an ear, each ear for itself
    noise: float = 0.03  # of every input, always


def sequences(
    task: Task, count: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Spikes of shape (ticks, count, INPUTS) and classes (count,)."""
    labels = rng.integers(0, CLASSES, count)
    edge = max(LAGS)
    source = rng.random((task.ticks + 2 * edge, count, CHANNELS)) < task.rate
    ticks = np.arange(task.ticks)[:, None] + edge
    early = source[edge : edge + task.ticks]
    late = source[ticks - np.array(LAGS)[labels], np.arange(count)]
    both = np.concatenate([early, late], axis=2)
    shape = both.shape
    return ((both & (rng.random(shape) < task.heard)) | (rng.random(shape) < task.noise)).astype(
        np.uint8
    ), labels
