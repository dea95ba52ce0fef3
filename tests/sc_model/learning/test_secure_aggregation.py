"""`SecureAggregation`: the exact sum, its error off the grid, masks of each round, refused sums."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sc_model.learning import SecureAggregation

Updates = list[NDArray[Any]]


def updates(kind: str, clients: int = 5, size: int = 50, seed: int = 0) -> Updates:
    draws = np.random.default_rng(seed)
    draw_of: dict[str, Callable[[], NDArray[Any]]] = {
        "bits": lambda: draws.integers(0, 2, size, dtype=np.uint8),
        "signed": lambda: draws.integers(-(10**9), 10**9, (size // 5, 5)),
        "floats": lambda: np.round(draws.normal(size=(size // 5, 5)) * 2**30) / 2**30,
    }
    return [draw_of[kind]() for _ in range(clients)]


@pytest.mark.parametrize(
    ("kind", "dtype"), [("bits", "uint64"), ("signed", "int64"), ("floats", "float64")]
)
@pytest.mark.parametrize("dropped", [(), (0,), (1, 4)])
def test_the_sum_is_exact(kind: str, dtype: str, dropped: tuple[int, ...]) -> None:
    values = updates(kind)
    result = SecureAggregation().sum(values, dropped=dropped)
    np.testing.assert_array_equal(
        result.total, sum(v.astype(dtype) for k, v in enumerate(values) if k not in dropped)
    )
    assert result.total.dtype == dtype
    assert (result.dropped, result.threshold) == (dropped, 3)
    assert set(result.masked) == set(result.survivors) == {0, 1, 2, 3, 4} - set(dropped)


@settings(max_examples=10)
@given(st.lists(st.integers(-(2**60), 2**60), min_size=2, max_size=4), st.integers(0, 2**32))
def test_any_integers_add_up(values: list[int], seed: int) -> None:
    result = SecureAggregation(seed=seed).sum([[v] for v in values])
    assert result.total.tolist() == [sum(values)]


def test_floats_off_the_grid_are_off_by_half_a_step_a_client() -> None:
    values = [np.random.default_rng(k).normal(size=1000) for k in range(6)]
    total = np.sum(values, axis=0)
    error = np.abs(SecureAggregation().sum(values).total - total).max()
    assert 0 < error <= 6 * 2**-41
    coarse = np.abs(SecureAggregation(fraction_bits=8).sum(values).total - total).max()
    assert 2**-9 < coarse <= 6 * 2**-9


def test_the_sum_does_not_depend_on_the_masks() -> None:
    values = updates("signed")
    first, second = (SecureAggregation(seed=seed).sum(values) for seed in (1, 2))
    np.testing.assert_array_equal(first.total, second.total)
    for k in range(5):
        assert not np.any(first.masked[k] == second.masked[k])


def test_every_round_has_masks_of_its_own() -> None:
    values, aggregation = updates("bits"), SecureAggregation(seed=1)
    first, second = (aggregation.sum(values).masked[0] for _ in range(2))
    assert not np.any(first == second)
    assert aggregation.rounds == 2
    # a seed repeats the first round to the bit; without one, no round is like another
    np.testing.assert_array_equal(SecureAggregation(seed=1).sum(values).masked[0], first)
    assert not np.any(SecureAggregation().sum(values).masked[0] == first)


@pytest.mark.parametrize(
    ("values", "dropped", "message"),
    [
        ([[1.0], [np.nan]], (), "values of client 1 must be finite, not nan"),
        (
            [[1.0], [5e6]],
            (),
            (
                "values of client 1 must be within +-4.1943e+06 for 2 clients, not reach 5e+06; "
                "scale them or take fewer fraction_bits"
            ),
        ),
        (
            [[1], [-(2**62)]],
            (),
            "values of client 1 must be within +-4.61169e+18 for 2 clients, not reach 4.61169e+18",
        ),
        ([[1], [2], [3]], (3,), "dropped must hold clients from 0 to 2, not 3"),
        (
            [[1], [2], [3]],
            (0, 1),
            (
                "survivors (1 of 3 clients) must be at least the threshold (2); repeat the round"
                " with those who are there"
            ),
        ),
    ],
)
def test_sums_that_are_refused(values: Any, dropped: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        SecureAggregation().sum(values, dropped=dropped)


def test_values_that_are_no_numbers() -> None:
    with pytest.raises(
        TypeError, match=r"^values of the clients must be real numbers, not <U1, int64$"
    ):
        SecureAggregation().sum([["a"], [1]])


def test_settings_that_are_refused() -> None:
    with pytest.raises(
        ValueError,
        match=r"^threshold must be in \[3, 4\] for 4 clients, more than half of them, not 2$",
    ):
        SecureAggregation(threshold=2).sum([[1]] * 4)
    with pytest.raises(ValueError, match=r"^fraction_bits must be in \[0, 52\], not 53$"):
        SecureAggregation(fraction_bits=53)
