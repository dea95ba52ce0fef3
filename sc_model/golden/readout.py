"""Readouts: the answer to a sample, from the spikes and potentials of the last layer.

Each neuron has a score, which its ticks change one after the other. With s the score before a tick,
z the neuron's spike and v its potential (before the reset of a spike)::

    count              s' = s + z                      from 0
    first_spike        s' = s + 1 if s > 0, else z     from 0: the earlier, the higher
    last_potential     s' = v
    largest_potential  s' = v in the first tick, then max(s, v)

The first two stay at 2^score_bits - 1. The answer is the neuron with the highest score, of several
alike that with the lowest number. Where no neuron has fired, or no tick was made, all scores are 0
and the answer is neuron 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.spec import ReadoutSpec

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Answers:
    """What samples are answered.

    Members
    -------
    winners : (samples,), numbers of neurons.
    scores : (samples, neurons).
    """

    winners: Ints
    scores: NDArray[Any]


class Readout:
    """The scores of a layer's neurons in one sample.

    Parameters
    ----------
    spec : what a score is.
    neurons : of the last layer.

    Members
    -------
    scores : (neurons,), after the ticks so far.
    begun : a tick has been taken in.
    """

    def __init__(self, spec: ReadoutSpec, neurons: int) -> None:
        self.spec, self.neurons = spec, neurons
        self.reset()

    def reset(self) -> None:
        """Begin a sample."""
        self.scores: Ints = np.zeros(self.neurons, np.int64)
        self.begun = False

    def restore(self, scores: ArrayLike, *, begun: bool) -> None:
        """Go on from scores; `begun`: a tick has been taken in."""
        self.scores = np.array(scores, np.int64)
        self.begun = begun

    def step(self, word: ArrayLike, potential: ArrayLike) -> None:
        """Take in a tick of the layer.

        Parameters
        ----------
        word : (neurons,), its spikes.
        potential : (neurons,), its potentials.
        """
        spikes, values = np.asarray(word, np.int64), np.asarray(potential, np.int64)
        if self.spec.kind == "count":
            self.scores = np.minimum(self.scores + spikes, self.spec.most)
        elif self.spec.kind == "first_spike":
            later = np.minimum(self.scores + 1, self.spec.most)
            self.scores = np.where(self.scores > 0, later, spikes)
        elif self.spec.kind == "last_potential" or not self.begun:
            self.scores = values.copy()
        else:
            self.scores = np.maximum(self.scores, values)
        self.begun = True

    @property
    def answer(self) -> int:
        """The neuron with the highest score, of several alike that with the lowest number."""
        return int(np.argmax(self.scores))


def answers(spec: ReadoutSpec, words: NDArray[Any], potentials: NDArray[Any]) -> Answers:
    """The answers to whole samples: those of `Readout`, for all of them at a time.

    Parameters
    ----------
    words, potentials : (samples, ticks, neurons), of the last layer; integers, or numbers in
        floating point.
    """
    scores: NDArray[Any]
    if not words.shape[1]:
        scores = np.zeros((len(words), words.shape[2]), np.int64)
    elif spec.kind == "count":
        scores = np.minimum(words.sum(axis=1, dtype=np.int64), spec.most)
    elif spec.kind == "first_spike":
        first = np.argmax(words, axis=1)
        ticks = np.minimum(words.shape[1] - first, spec.most)
        scores = np.where(words.any(axis=1), ticks, 0)
    elif spec.kind == "last_potential":
        scores = potentials[:, -1].copy()
    else:
        scores = potentials.max(axis=1)
    return Answers(np.argmax(scores, axis=1), scores)
