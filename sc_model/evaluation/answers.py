"""Classes by spikes, or by what a readout says: the output with the highest score is the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.golden.readout import Answers
from sc_model.golden.readout import answers as outcome
from sc_model.spec import ReadoutSpec


@dataclass(frozen=True, eq=False)
class Accuracy:
    """How many samples a network answers rightly.

    Members
    -------
    answers : (samples,), the output with the highest score (which spikes most, where nothing else
        is said), the first of several alike; -1 where none spikes and spikes decide.
    right : samples whose answer is their label; None without labels.
    confusion : (classes, outputs + 1), samples by label and answer, the last column without one;
        None without labels.
    tied, silent : samples in which several outputs have the highest score, and in which none
        spikes though spikes decide.
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


def accuracy(
    spikes: NDArray[Any],
    labels: NDArray[np.int64] | None = None,
    readout: ReadoutSpec | None = None,
    potentials: NDArray[Any] | None = None,
    *,
    answered: Answers | None = None,
) -> Accuracy:
    """The answers of a network, and how many of them are right.

    Parameters
    ----------
    spikes : of its outputs, (samples, steps, outputs).
    labels : (samples,), the class of each sample; None: unknown.
    readout : what a score is; None: the number of spikes.
    potentials : of its outputs, in the same shape, for a readout by potentials.
    answered : what a readout has answered; None: it is computed here.

    Raises ValueError for such a readout without potentials.
    """
    rule = readout if readout is not None else ReadoutSpec(kind="count")
    by_spikes = rule.kind in ("count", "first_spike")
    if potentials is None and not by_spikes and answered is None:
        raise ValueError(f"a readout by '{rule.kind}' must get potentials, not none.")
    result = answered
    if result is None:
        result = outcome(rule, spikes, spikes if potentials is None else potentials)
    most = result.scores.max(axis=1)
    silent = (most == 0) & by_spikes
    answers = np.where(silent, -1, result.winners)
    tied = ((result.scores == most[:, None]).sum(axis=1) > 1) & ~silent
    right, confusion = None, None
    if labels is not None:
        outputs = spikes.shape[2]
        right = int((answers == labels).sum())
        confusion = np.zeros((max(outputs, int(labels.max()) + 1), outputs + 1), np.int64)
        np.add.at(confusion, (labels, np.where(silent, outputs, answers)), 1)
    return Accuracy(
        answers,
        right,
        confusion,
        int(tied.sum()),
        int(silent.sum()),
        int(np.sum(spikes, dtype=np.int64)),
    )
