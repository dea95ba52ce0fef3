"""`FederatedAggregator`: vectors, majority votes, secure sums by static methods, refused lists."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from support import VECTORS, python

from sc_model.learning import FederatedAggregator


@pytest.mark.parametrize("aggregator", [FederatedAggregator, FederatedAggregator()])
def test_majority_and_sum_are_those_of_the_vectors(aggregator: Any) -> None:
    """On an instance and on the class itself."""
    with np.load(VECTORS / "learners.npz") as z:
        majority = aggregator.aggregate_gradients(list(z["fed_in"]))
        total = aggregator.secure_sum_protocol(list(z["fed_in"]))
        np.testing.assert_array_equal(majority, z["fed_majority"])
        np.testing.assert_array_equal(total, z["fed_sum"])
        assert (majority.dtype, total.dtype) == (z["fed_majority"].dtype, z["fed_sum"].dtype)


def test_a_tie_gives_0() -> None:
    assert FederatedAggregator.aggregate_gradients([[1, 1, 0], [0, 1, 0]]).tolist() == [0, 1, 0]
    streams = [[True], [True], [False], [False]]
    assert FederatedAggregator.aggregate_gradients(streams).tolist() == [0]


def test_options_of_a_secure_sum() -> None:
    values = [[0.5], [-0.25], [1.0]]
    assert FederatedAggregator.secure_sum_protocol(values, dropped=[2]).tolist() == [0.25]
    assert FederatedAggregator.secure_sum_protocol(values, fraction_bits=0).tolist() == [1.0]
    with pytest.raises(
        ValueError,
        match=r"^survivors \(2 of 3 clients\) must be at least the threshold \(3\); repeat the"
        r" round with those who are there$",
    ):
        FederatedAggregator.secure_sum_protocol(values, dropped=[2], threshold=3)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "client list must not be empty: there is nothing to aggregate"),
        (
            [[1]],
            (
                "client list must hold two clients at least, not 1: its aggregate would be that"
                " client's own values"
            ),
        ),
        (
            [[1, 0], [1]],
            "arrays of all clients must have one shape, not (2,) (client 0) and (1,) (client 1)",
        ),
    ],
)
def test_lists_that_are_refused(values: Any, message: str) -> None:
    for method in (
        FederatedAggregator.aggregate_gradients,
        FederatedAggregator.secure_sum_protocol,
    ):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            method(values)


def test_streams_that_are_no_bits() -> None:
    with pytest.raises(ValueError, match=r"^stream of client 1 must hold bits, 0 or 1, not 2$"):
        FederatedAggregator.aggregate_gradients([[1, 0], [1, 2]])
    with pytest.raises(TypeError, match=r"^stream of client 0 must hold bits, not <U1$"):
        FederatedAggregator.aggregate_gradients([["a"], ["b"]])


WITHOUT_CRYPTOGRAPHY = """
import sys
sys.modules[sys.argv[1]] = None
from sc_model.learning import FederatedAggregator, MissingPackageError
print(FederatedAggregator.aggregate_gradients([[1], [1]]))
try:
    FederatedAggregator.secure_sum_protocol([[1], [1]])
except MissingPackageError as error:
    print(error)
"""


@pytest.mark.parametrize("package", ["cryptography", "Crypto"])
def test_votes_need_no_cryptography_and_sums_say_what_they_need(package: str) -> None:
    assert python(WITHOUT_CRYPTOGRAPHY, package).splitlines() == [
        "[1]",
        f"a secure sum needs {package}, which is not installed; pip install sc-hw[federated]",
    ]
