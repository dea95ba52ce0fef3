"""Crossings by hand, and what they keep and lose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sc_model.temporal_hierarchy.multi_clock import (
    Once,
    crossing,
)


def seen(
    policy: str, producer: int, consumer: int, spikes: list[int], limit: int | None = None
) -> list[float]:
    """What a consumer sees at its ticks, of a producer whose spikes at its own ticks are given."""
    rule = crossing(policy, "policy", limit)
    state, found, words = rule.start(1), [], iter(spikes)
    for n in range(1, len(spikes) * producer + producer):
        if n % producer == 0:
            state = rule.word(state, np.array([float(next(words))]))
        if n % consumer == 0:
            state, h = rule.tick(state)
            found.append(float(h[0]))
    return found


# Steps 1, 2, ...: the producer's words at multiples of `producer`, what is seen at multiples of
# `consumer`.
@pytest.mark.parametrize(
    ("policy", "producer", "consumer", "spikes", "expected"),
    [
        # fast to slow: words of steps 1..6, seen at 3 and 6
        ("hold", 1, 3, [1, 1, 0, 0, 1, 1], [0, 1]),
        ("accumulate", 1, 3, [1, 1, 0, 0, 1, 1], [2, 2]),
        ("once", 1, 3, [1, 1, 0, 0, 1, 1], [1, 1]),
        # slow to fast: words at 3, 6, 9, seen at 1, 2, ... 11
        ("hold", 3, 1, [1, 0, 1], [0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1]),
        ("accumulate", 3, 1, [1, 0, 1], [0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0]),
        ("once", 3, 1, [1, 0, 1], [0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0]),
        # words at 2, 4, 6, 8, 10, 12, seen at 3, 6, 9, 12: (2), (4, 6), (8), (10, 12)
        ("hold", 2, 3, [1, 1, 1, 0, 1, 1], [1, 1, 0, 1]),
        ("accumulate", 2, 3, [1, 1, 1, 0, 1, 1], [1, 2, 0, 2]),
        (
            "once",
            2,
            3,
            [1, 1, 1, 0, 1, 1],
            [1, 1, 1, 1],
        ),  # the second of (4, 6) at 9, the first of (10, 12) at 12
        # words at 3, 6, 9, seen at 2, 4, ... 10
        ("hold", 3, 2, [1, 0, 1], [0, 1, 0, 0, 1]),
        ("accumulate", 3, 2, [1, 0, 1], [0, 1, 0, 0, 1]),
        ("once", 3, 2, [1, 1, 1], [0, 1, 1, 0, 1]),
        # what waits is delivered later, one a tick
        ("once", 1, 2, [1, 1, 1, 1, 0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 0]),
    ],
)
def test_by_hand(
    policy: str, producer: int, consumer: int, spikes: list[int], expected: list[int]
) -> None:
    assert seen(policy, producer, consumer, spikes) == expected


def test_a_limit_loses_what_comes_above_it() -> None:
    """Five spikes wait for the first tick, of which two are kept; the limit holds before the tick
    takes one away.
    """
    rule = Once(2)
    state = rule.start(2)
    for _ in range(5):
        state = rule.word(state, np.array([1.0, 0.0]))
    assert (state.held.tolist(), state.lost) == ([2.0, 0.0], 3)
    state, h = rule.tick(state)
    assert (h.tolist(), state.held.tolist(), state.lost) == ([1.0, 0.0], [1.0, 0.0], 3)
    state = rule.word(state, np.array([1.0, 1.0]))
    assert (state.held.tolist(), state.lost) == ([2.0, 1.0], 3)


def test_words_and_states_are_not_shared() -> None:
    """A step is pure: what came in may be written over afterwards, and an old state still holds
    what it held.
    """
    for policy in ("hold", "accumulate", "once"):
        rule, word = crossing(policy, "policy"), np.ones(3)
        state = rule.start(3)
        after = rule.word(state, word)
        word[:] = 7
        rule.tick(after)
        assert after.held.tolist() == [1, 1, 1]
        assert state.held.tolist() == [0, 0, 0]


intervals = st.integers(1, 7)

trains = st.integers(0, 2**32 - 1).map(
    lambda seed: (np.random.default_rng(seed).random((60, 5)) < 0.4).astype(float)
)


@given(
    policy=st.sampled_from(["accumulate", "once"]),
    producer=intervals,
    consumer=intervals,
    words=trains,
)
def test_nothing_is_lost_or_doubled(
    policy: str, producer: int, consumer: int, words: np.ndarray
) -> None:
    rule = crossing(policy, "policy")
    state, delivered = rule.start(5), np.zeros(5)
    for n in range(1, 60 * producer + 1):
        if n % producer == 0:
            state = rule.word(state, words[n // producer - 1])
        if n % consumer == 0:
            state, h = rule.tick(state)
            assert policy == "accumulate" or ((h == 0) | (h == 1)).all()
            delivered += h
        assert (delivered + state.held == words[: n // producer].sum(axis=0)).all()
    assert state.lost == 0


@given(limit=st.integers(1, 4), producer=intervals, consumer=intervals, words=trains)
def test_what_a_limit_loses_is_counted(
    limit: int, producer: int, consumer: int, words: np.ndarray
) -> None:
    rule = Once(limit)
    state, delivered = rule.start(5), np.zeros(5)
    for n in range(1, 60 * producer + 1):
        if n % producer == 0:
            state = rule.word(state, words[n // producer - 1])
            assert state.held.max() <= limit
        if n % consumer == 0:
            state, h = rule.tick(state)
            delivered += h
    assert delivered.sum() + state.held.sum() + state.lost == words.sum()
