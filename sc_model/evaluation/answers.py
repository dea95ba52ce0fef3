"""Classes by spikes: the output that spikes most is the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Accuracy:
    """How many samples a network answers rightly.

    Members
    -------
    answers : (samples,), the output that spikes most, the first of several alike; -1 where none
        spikes.
    right : samples whose answer is their label; None without labels.
    confusion : (classes, outputs + 1), samples by label and answer, the last column without one;
        None without labels.
    tied, silent : samples in which several outputs spike most, and in which none spikes.
    spikes : of all outputs in all samples.
    """

    answers: NDArray[np.int64]
    right: int | None
    confusion: NDArray[np.int64] | None
    tied: int
    silent: int
    spikes: int

    @property
    def samples(self) -> int:
        """Number of samples."""
        return len(self.answers)

    @property
    def share(self) -> float | None:
        """Right answers as part of all samples; None without labels."""
        return None if self.right is None else self.right / self.samples

    def as_json(self) -> dict[str, Any]:
        """The members by name."""
        return {
            "samples": self.samples,
            "right": self.right,
            "accuracy": self.share,
            "confusion": None if self.confusion is None else self.confusion.tolist(),
            "tied": self.tied,
            "silent": self.silent,
            "spikes": self.spikes,
            "answers": self.answers.tolist(),
        }


def accuracy(spikes: NDArray[Any], labels: NDArray[np.int64] | None = None) -> Accuracy:
    """The answers of a network, and how many of them are right.

    Parameters
    ----------
    spikes : of its outputs, (samples, steps, outputs).
    labels : (samples,), the class of each sample; None: unknown.
    """
    counts = np.asarray(spikes, np.int64).sum(axis=1)
    most = counts.max(axis=1)
    silent = most == 0
    answers = np.where(silent, -1, counts.argmax(axis=1))
    tied = ((counts == most[:, None]).sum(axis=1) > 1) & ~silent
    right, confusion = None, None
    if labels is not None:
        outputs = counts.shape[1]
        right = int((answers == labels).sum())
        confusion = np.zeros((max(outputs, int(labels.max()) + 1), outputs + 1), np.int64)
        np.add.at(confusion, (labels, np.where(silent, outputs, answers)), 1)
    return Accuracy(
        answers, right, confusion, int(tied.sum()), int(silent.sum()), int(counts.sum())
    )
