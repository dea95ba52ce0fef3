"""How words (the spikes of one tick) get from a layer to the next one, which may tick at another
rate.

A crossing is pure: `word(state, w)` takes what the producer gives, once a tick of the producer;
`tick(state)` gives what the consumer sees, once a tick of the consumer. Where both fall into one
step the word comes first. A policy says what is kept:

`hold`
    the last word, seen again and again until the next.
`accumulate`
    the sum of all words since the consumer's last tick: nothing lost, nothing counted twice, 0
    where no word came.
`once`
    every spike exactly once, at most one a channel and tick; the others wait. Needs words of 0 and
    1. A counter of limited size loses what comes above `pending_limit`; the state says how many.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sc_model.spec.errors import did_you_mean

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CrossingState:
    """What a crossing holds for each channel, and how many spikes it has lost."""

    held: Floats
    lost: int = 0


class Crossing(ABC):
    """A policy. `bits` says whether its words must be of 0 and 1."""

    bits: bool = False

    def start(self, channels: int) -> CrossingState:
        """The state before the first word."""
        return CrossingState(np.zeros(channels))

    @abstractmethod
    def word(self, state: CrossingState, word: Floats) -> CrossingState:
        """The state after a word of shape (channels,) has come."""

    @abstractmethod
    def tick(self, state: CrossingState) -> tuple[CrossingState, Floats]:
        """The state after a tick of the consumer, and what it sees, shape (channels,)."""


class Hold(Crossing):
    """The last word."""

    def word(self, state: CrossingState, word: Floats) -> CrossingState:
        """The new word takes the old one's place."""
        return CrossingState(word.copy())

    def tick(self, state: CrossingState) -> tuple[CrossingState, Floats]:
        """The word stays."""
        return state, state.held


class Accumulate(Crossing):
    """The sum of all words since the last tick."""

    def word(self, state: CrossingState, word: Floats) -> CrossingState:
        """The word is added."""
        return CrossingState(state.held + word)

    def tick(self, state: CrossingState) -> tuple[CrossingState, Floats]:
        """The sum is taken, and begins again from 0."""
        return self.start(len(state.held)), state.held


@dataclass(frozen=True)
class Once(Crossing):
    """Every spike once; `pending_limit` spikes of a channel at most wait (None: any number)."""

    pending_limit: int | None = None
    bits = True

    def word(self, state: CrossingState, word: Floats) -> CrossingState:
        """The spikes wait; those above the limit are lost."""
        pending = state.held + word
        if self.pending_limit is None:
            return CrossingState(pending)
        kept = np.minimum(pending, self.pending_limit)
        return CrossingState(kept, state.lost + int((pending - kept).sum()))

    def tick(self, state: CrossingState) -> tuple[CrossingState, Floats]:
        """One waiting spike of each channel is delivered."""
        delivered = np.minimum(state.held, 1.0)
        return CrossingState(state.held - delivered, state.lost), delivered


POLICIES = ("hold", "accumulate", "once")


def crossing(policy: str, subject: str, pending_limit: int | None = None) -> Crossing:
    """The crossing of a policy's name; `subject` says in errors whose policy it is."""
    if not isinstance(policy, str):
        raise TypeError(f"{subject} must be a string, not {policy!r} ({type(policy).__name__})")
    if policy not in POLICIES:
        raise ValueError(
            f"{subject} must be 'hold', 'accumulate' or 'once', not"
            f" {policy!r}{did_you_mean(policy, POLICIES)}"
        )
    return (
        Once(pending_limit)
        if policy == "once"
        else {"hold": Hold, "accumulate": Accumulate}[policy]()
    )
