"""Crossings between layers that tick at different rates.

A *word* is the output of a layer in one tick. The layer before the crossing, the producer, writes a
word in each of its ticks; the layer behind it, the consumer, reads one in each of its ticks. Where
both tick in one step, the producer is first. A crossing is pure: `word(state, w)` is a write,
`tick(state)` a read. Its policy decides what the consumer reads:

`hold`
    the last word, in each tick until the next word.
`accumulate`
    the sum of all words since the consumer's last tick, and 0 where there was none. No word is
    lost, and none is counted twice.
`once`
    every spike exactly once, at most one for each channel and tick; the others wait. Words must be
    of 0 and 1. With a `pending_limit`, spikes above it are lost, and the state counts them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sc_model.checks import choice, wrong_kind

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CrossingState:
    """The state of a crossing.

    Members
    -------
    held : float64 (channels,), the last word, the sum of words, or the number of waiting spikes.
    lost : number of spikes that a limit has lost.
    """

    held: Floats
    lost: int = 0


class Crossing(ABC):
    """A policy.

    Members
    -------
    bits : whether words must be of 0 and 1.
    """

    bits: bool = False

    def start(self, channels: int) -> CrossingState:
        """The state before the first word."""
        return CrossingState(np.zeros(channels))

    @abstractmethod
    def word(self, state: CrossingState, word: Floats) -> CrossingState:
        """The state after the producer has written a word (channels,)."""

    @abstractmethod
    def tick(self, state: CrossingState) -> tuple[CrossingState, Floats]:
        """The state after a tick of the consumer, and the word that it reads, (channels,)."""


class Hold(Crossing):
    """Policy `hold`: the last word."""

    def word(self, state: CrossingState, word: Floats) -> CrossingState:
        """The new word takes the old one's place."""
        return CrossingState(word.copy())

    def tick(self, state: CrossingState) -> tuple[CrossingState, Floats]:
        """The word stays."""
        return state, state.held


class Accumulate(Crossing):
    """Policy `accumulate`: the sum of all words since the last tick."""

    def word(self, state: CrossingState, word: Floats) -> CrossingState:
        """The word is added."""
        return CrossingState(state.held + word)

    def tick(self, state: CrossingState) -> tuple[CrossingState, Floats]:
        """The consumer reads the sum, which begins again from 0."""
        return self.start(len(state.held)), state.held


@dataclass(frozen=True)
class Once(Crossing):
    """Policy `once`: every spike once.

    Parameters
    ----------
    pending_limit : how many spikes of a channel can wait, >= 1; None: any number.
    """

    pending_limit: int | None = None
    bits = True

    def word(self, state: CrossingState, word: Floats) -> CrossingState:
        """The spikes are added to those that wait; those above the limit are lost."""
        pending = state.held + word
        if self.pending_limit is None:
            return CrossingState(pending)
        remaining = np.minimum(pending, self.pending_limit)
        return CrossingState(remaining, state.lost + int((pending - remaining).sum()))

    def tick(self, state: CrossingState) -> tuple[CrossingState, Floats]:
        """The consumer reads one waiting spike of each channel."""
        spikes = np.minimum(state.held, 1.0)
        return CrossingState(state.held - spikes, state.lost), spikes


POLICIES = ("hold", "accumulate", "once")


def crossing(policy: str, subject: str, pending_limit: int | None = None) -> Crossing:
    """The crossing of a policy.

    Parameters
    ----------
    policy : one of `POLICIES`.
    subject : of errors, such as `policy of layer 'a'`.
    pending_limit : see `Once`; the other policies have no limit.
    """
    if not isinstance(policy, str):
        raise wrong_kind(subject, "a string", policy)
    choice(subject, policy, POLICIES)
    if policy == "once":
        return Once(pending_limit)
    return Hold() if policy == "hold" else Accumulate()
