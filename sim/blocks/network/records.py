"""What goes into a network's run and comes out of it: resets, words with their step, counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.spec import IntFormat
from sc_sim.bits import Words, get_bits
from sc_sim.blocks.network.steps import Taken


@dataclass(frozen=True)
class Reset:
    """A reset pulse.

    Members
    -------
    role : of the domain.
    after : the delay begins when the network has taken so many steps; at the earliest when the
        host's last word has been taken, because a reset would make loads void.
    delay_ps : from there to the pulse.
    clocks : its length, in clocks of that domain.
    """

    role: str
    after: int
    delay_ps: int = 0
    clocks: int = 1


@dataclass(frozen=True)
class Part:
    """Some of a run's steps, which begin with the network at rest after a reset.

    Members
    -------
    begin, end : its steps are those in [begin, end) of the run.
    resets : pulses while they are played; `after` counts the part's own steps.
    """

    begin: int
    end: int
    resets: tuple[Reset, ...] = ()

    @property
    def steps(self) -> slice:
        """Its steps, among those of the run."""
        return slice(self.begin, self.end)


def parts_of(steps: int, resets: Sequence[Reset]) -> list[Part]:
    """Parts of a run in each of which the network is disturbed once at most, the last two never.

    Pulses that follow the same step are in one part, and each part ends halfway to the step of the
    next pulses, or to the end; what is left makes two parts.
    """
    parts, begin = [], 0
    places = sorted({min(reset.after, steps) for reset in resets})
    for place, following in zip(places, [*places, steps][1:], strict=True):
        own = [reset for reset in resets if min(reset.after, steps) == place]
        end = (place + following) // 2
        pulses = tuple(replace(reset, after=place - begin) for reset in own)
        parts.append(Part(begin, end, pulses))
        begin = end
    middle = (begin + steps) // 2
    return [*parts, Part(begin, middle), Part(middle, steps)]


@dataclass(frozen=True)
class Stepped:
    """Words of spikes, each with the number of its step.

    Members
    -------
    steps : numbers as they travel, modulo 2^step_bits, (n,).
    bits : 0s and 1s, (n, channels).
    epochs : how often that end of the network had restarted before the word, (n,).
    times_ps : (n,).
    """

    steps: NDArray[np.int64]
    bits: NDArray[np.uint8]
    epochs: NDArray[np.int32]
    times_ps: NDArray[np.int64]

    @classmethod
    def unpack(
        cls,
        words: Words,
        step_bits: int,
        channels: int,
        epochs: NDArray[np.int32],
        times: NDArray[np.int64],
    ) -> Stepped:
        """{step, spikes} of packed words, the step in the lowest bits."""
        raw = np.unpackbits(np.ascontiguousarray(words).view(np.uint8), axis=1, bitorder="little")
        bits = raw[:, step_bits : step_bits + channels]
        return cls(get_bits(words, 0, IntFormat(step_bits)), bits, epochs, times)

    def where(self, mask: NDArray[np.bool_]) -> Stepped:
        """Some of the words."""
        return Stepped(self.steps[mask], self.bits[mask], self.epochs[mask], self.times_ps[mask])

    def without_bits(self) -> Stepped:
        """The words' steps alone."""
        return replace(self, bits=self.bits[:, :0])


@dataclass(frozen=True)
class Played:
    """Results of a run.

    Members
    -------
    finished : all words were taken.
    taken : the steps that were taken.
    epochs : restarts of the input, and one more.
    out : words of stream `o`, or slices of words.
    crossed : words of each crossing between two clocks, by the layer that takes them (`epochs` is 0
        for all).
    counts : clocks, events and violations by name.
    taught_ps : times at which the plastic layer's lessons were taken, (n,).
    reset_ps : time of the first pulse; None where none has come.
    """

    finished: bool
    taken: Taken
    epochs: int
    out: Stepped
    crossed: Mapping[str, Stepped]
    counts: Mapping[str, int]
    taught_ps: NDArray[np.int64]
    reset_ps: int | None = None

    def followed_by(self, other: Played) -> Played:
        """This part of a run and the next one as one: what was taken, and the sums of the counts.

        Words that came out or crossed are those of this part alone.
        """
        epochs = np.where(other.taken.epochs < 0, -1, other.taken.epochs + self.epochs)
        taken = Taken(
            np.concatenate([self.taken.inputs, other.taken.inputs]),
            np.concatenate([self.taken.epochs, epochs]).astype(np.int32),
            np.concatenate([self.taken.times, other.taken.times]),
        )
        counts = {name: count + other.counts[name] for name, count in self.counts.items()}
        return replace(self, taken=taken, epochs=self.epochs + other.epochs, counts=counts)


def flat(state: Mapping[str, Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[np.int64]]:
    """A checkpoint as `<space>.<name>`, scalars with shape (1,)."""
    return {
        f"{space}.{name}": np.atleast_1d(np.asarray(values)).astype(np.int64)
        for space, arrays in state.items()
        for name, values in arrays.items()
    }
