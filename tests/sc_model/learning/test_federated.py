"""Federated aggregation: vectors, the exact sum, what the server sees, clients that drop out,
questions nobody must answer.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import chisquare, pearsonr
from support import VECTORS

from sc_model.learning import FederatedAggregator
from sc_model.learning.key_agreement import prime, public_key, shared_key
from sc_model.learning.secret_sharing import PRIME, combine, split
from sc_model.learning.secure_sum import SecureClient, lowest_threshold, mask

Updates = list[NDArray[Any]]


def updates(kind: str, clients: int = 5, size: int = 50, seed: int = 0) -> Updates:
    draws = np.random.default_rng(seed)
    made: dict[str, Callable[[], NDArray[Any]]] = {
        "bits": lambda: draws.integers(0, 2, size, dtype=np.uint8),
        "signed": lambda: draws.integers(-(10**9), 10**9, (size // 5, 5)),
        "floats": lambda: np.round(draws.normal(size=(size // 5, 5)) * 2**30) / 2**30,
    }
    return [made[kind]() for _ in range(clients)]


# --- majority -------------------------------------------------------------------------------------


def test_majority_and_sum_are_those_of_the_vectors() -> None:
    aggregator = FederatedAggregator()
    with np.load(VECTORS / "learners.npz") as z:
        majority, total = (
            aggregator.aggregate_gradients(list(z["fed_in"])),
            aggregator.secure_sum_protocol(list(z["fed_in"])),
        )
        np.testing.assert_array_equal(majority, z["fed_majority"])
        np.testing.assert_array_equal(total, z["fed_sum"])
        assert (majority.dtype, total.dtype) == (z["fed_majority"].dtype, z["fed_sum"].dtype)


def test_a_tie_gives_0() -> None:
    assert FederatedAggregator().aggregate_gradients([[1, 1, 0], [0, 1, 0]]).tolist() == [0, 1, 0]
    assert FederatedAggregator().aggregate_gradients(
        [[True], [True], [False], [False]]
    ).tolist() == [0]


# --- secure sum -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "dtype"), [("bits", "uint64"), ("signed", "int64"), ("floats", "float64")]
)
@pytest.mark.parametrize("dropped", [(), (0,), (1, 4)])
def test_the_sum_is_exact(kind: str, dtype: str, dropped: tuple[int, ...]) -> None:
    values = updates(kind)
    aggregator = FederatedAggregator()
    total = aggregator.secure_sum_protocol(values, dropped=dropped)
    np.testing.assert_array_equal(
        total, sum(v.astype(dtype) for k, v in enumerate(values) if k not in dropped)
    )
    assert total.dtype == dtype
    assert aggregator.last_round is not None
    assert (aggregator.last_round.dropped, aggregator.last_round.threshold) == (dropped, 3)
    assert set(aggregator.last_round.masked) == {0, 1, 2, 3, 4} - set(dropped)


@settings(max_examples=10)
@given(st.lists(st.integers(-(2**60), 2**60), min_size=2, max_size=4), st.integers(0, 2**32))
def test_any_integers_add_up(values: list[int], seed: int) -> None:
    assert FederatedAggregator(seed=seed).secure_sum_protocol([[v] for v in values]).tolist() == [
        sum(values)
    ]


def test_floats_off_the_grid_are_off_by_half_a_step_a_client() -> None:
    values = [np.random.default_rng(k).normal(size=1000) for k in range(6)]
    error = np.abs(FederatedAggregator().secure_sum_protocol(values) - np.sum(values, axis=0)).max()
    assert 0 < error <= 6 * 2**-41
    rough = np.abs(
        FederatedAggregator(fraction_bits=8).secure_sum_protocol(values) - np.sum(values, axis=0)
    ).max()
    assert 2**-9 < rough <= 6 * 2**-9


def test_the_sum_does_not_depend_on_the_masks() -> None:
    values = updates("signed")
    first, second = FederatedAggregator(seed=1), FederatedAggregator(seed=2)
    np.testing.assert_array_equal(
        first.secure_sum_protocol(values), second.secure_sum_protocol(values)
    )
    assert first.last_round is not None
    assert second.last_round is not None
    for k in range(5):
        assert not np.any(first.last_round.masked[k] == second.last_round.masked[k])


def test_every_round_has_masks_of_its_own() -> None:
    values, aggregator = updates("bits"), FederatedAggregator(seed=1)
    seen = []
    for _ in range(2):
        aggregator.secure_sum_protocol(values)
        assert aggregator.last_round is not None
        seen.append(aggregator.last_round.masked[0])
    assert not np.any(seen[0] == seen[1])


# --- what the server sees -------------------------------------------------------------------------

SAMPLES = 40_000


def betrays(seen: NDArray[np.uint64], secret: NDArray[Any], level: float = 1e-6) -> list[str]:
    """What in a message is not as it would be of pure chance: its bytes' distribution, its
    correlation with the secret.
    """
    found = []
    parts = seen.astype("<u8").view(np.uint8).reshape(-1, 8)
    for k in range(8):
        if chisquare(np.bincount(parts[:, k], minlength=256)).pvalue < level:
            found.append(f"byte {k}")
        if len(set(parts[:, k])) > 1 and pearsonr(parts[:, k].astype(float), secret).pvalue < level:
            found.append(f"correlation of byte {k}")
    if pearsonr(seen.astype(float), secret).pvalue < level:
        found.append("correlation")
    if pearsonr((seen & np.uint64(1)).astype(float), secret % 2).pvalue < level:
        found.append("parity")
    return found


def secrets_of(kind: str) -> list[NDArray[Any]]:
    draws = np.random.default_rng(11)
    if kind == "bits":
        return [draws.integers(0, 2, SAMPLES) for _ in range(3)]
    return [np.round(draws.normal(size=SAMPLES), 3) for _ in range(3)]


@pytest.mark.parametrize("kind", ["bits", "floats"])
def test_a_masked_update_says_nothing(kind: str) -> None:
    values, aggregator = secrets_of(kind), FederatedAggregator(seed=4)
    aggregator.secure_sum_protocol(values)
    assert aggregator.last_round is not None
    masked = aggregator.last_round.masked
    for client, secret in enumerate(values):
        assert betrays(masked[client], secret) == []
    # nor do two together, as long as one is missing: pair masks of the third are still in
    assert betrays(masked[0] + masked[1], values[0] + values[1]) == []


@pytest.mark.parametrize("kind", ["bits", "floats"])
def test_the_same_test_finds_an_update_without_masks(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "sc_model.learning.secure_sum.mask", lambda key, label, size: np.zeros(size, np.uint64)
    )
    values, aggregator = secrets_of(kind), FederatedAggregator(seed=4)
    total = aggregator.secure_sum_protocol(values)
    np.testing.assert_allclose(
        total, np.sum(values, axis=0), atol=1e-11
    )  # the sum alone can't tell
    assert aggregator.last_round is not None
    found = betrays(aggregator.last_round.masked[0], values[0])
    assert {"byte 0", "byte 7"} <= set(found)
    assert any(name.startswith(("correlation", "parity")) for name in found)


def test_the_same_test_finds_masks_that_are_too_small() -> None:
    """Masks within 2^32 of a ring of 2^64: what the server sees is noisy, not uniform."""
    secret = secrets_of("floats")[0]
    noise = np.random.default_rng(0).integers(0, 2**32, SAMPLES).astype(np.uint64)
    assert "byte 7" in betrays(
        (np.rint(secret * 2**40).astype(np.int64).view(np.uint64) + noise), secret
    )


def test_a_late_message_stays_masked() -> None:
    """The pair masks of a client that counted as dropped are known to the server; its own mask is
    not.
    """
    secret = secrets_of("bits")[0]
    clients = [SecureClient(k, 3, 2, np.random.default_rng(k).bytes) for k in range(3)]
    publics = [client.public for client in clients]
    for client in clients:
        client.agree(publics)
    late = clients[2].masked(secret.astype(np.uint64))
    for other in (0, 1):  # what the reveal of its key gives
        late = late + mask(shared_key(clients[2]._private, publics[other]), "pair", SAMPLES)
    assert betrays(late, secret) == []
    own = mask(clients[2]._own.to_bytes(66, "little"), "own", SAMPLES)
    np.testing.assert_array_equal(late - own, secret)  # and nothing else is in the way


# --- what is refused ------------------------------------------------------------------------------


def prepared(clients: int = 4, threshold: int = 3) -> list[SecureClient]:
    made = [
        SecureClient(k, clients, threshold, np.random.default_rng(k).bytes) for k in range(clients)
    ]
    for client in made:
        client.agree([each.public for each in made])
        for other, shares in zip(made, client.shares(), strict=True):
            other.hold(client.index, shares)
    return made


def test_a_client_answers_no_question_that_could_unmask_another() -> None:
    clients = prepared()
    with pytest.raises(ValueError, match=r"^survivors \(2\) must be at least the threshold \(3\)$"):
        clients[0].reveal([0, 1], [2, 3])
    with pytest.raises(
        ValueError, match=r"^clients \[2\] must have survived or dropped out, not both$"
    ):
        clients[0].reveal([0, 1, 2], [2, 3])
    answer = clients[0].reveal([0, 1, 2], [3])
    assert (sorted(answer.keys), sorted(answer.own)) == ([3], [0, 1, 2])
    with pytest.raises(
        ValueError,
        match=(
            r"^client 0 must be asked once, not again: both answers together could unmask a client$"
        ),
    ):
        clients[0].reveal([0, 1, 3], [2])


@pytest.mark.parametrize(
    ("values", "more", "message"),
    [
        ([], {}, "client list must not be empty: there is nothing to aggregate"),
        (
            [[1]],
            {},
            (
                "client list must hold two clients at least, not 1: its aggregate would be that"
                " client's own values"
            ),
        ),
        (
            [[1, 0], [1]],
            {},
            "arrays of all clients must have one shape, not (2,) (client 0) and (1,) (client 1)",
        ),
    ],
)
def test_lists_that_are_refused(values: Any, more: Any, message: str) -> None:
    for method in (
        FederatedAggregator().aggregate_gradients,
        FederatedAggregator().secure_sum_protocol,
    ):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            method(values)


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
        FederatedAggregator().secure_sum_protocol(values, dropped=dropped)


def test_what_is_no_bit_or_number() -> None:
    with pytest.raises(ValueError, match=r"^stream of client 1 must hold bits, 0 or 1, not 2$"):
        FederatedAggregator().aggregate_gradients([[1, 0], [1, 2]])
    with pytest.raises(
        TypeError, match=r"^values of the clients must be real numbers, not <U1, int64$"
    ):
        FederatedAggregator().secure_sum_protocol([["a"], [1]])


def test_a_threshold_that_two_groups_could_reach() -> None:
    with pytest.raises(
        ValueError,
        match=r"^threshold must be in \[3, 4\] for 4 clients, more than half of them, not 2$",
    ):
        FederatedAggregator(threshold=2).secure_sum_protocol([[1]] * 4)
    assert [lowest_threshold(n) for n in (2, 3, 4, 5, 10)] == [2, 2, 3, 3, 6]


# --- the parts ------------------------------------------------------------------------------------


def test_a_secret_needs_its_threshold() -> None:
    secret = PRIME - 12345
    shares = split(secret, 5, 3, np.random.default_rng(0).bytes)
    for chosen in itertools.combinations(range(5), 3):
        assert combine({k: shares[k] for k in chosen}) == secret
    assert combine(dict(enumerate(shares))) == secret
    for chosen in itertools.combinations(range(5), 2):
        assert combine({k: shares[k] for k in chosen}) != secret
    # two shares fit every secret: there is a third share for any
    other = {0: shares[0], 1: shares[1], 2: 77}
    assert 0 <= combine(other) < PRIME


def test_the_group_is_that_of_the_rfc() -> None:
    p = prime()
    assert (hex(p)[:26], hex(p)[-24:]) == ("0xffffffffffffffffc90fdaa2", "8aacaa68ffffffffffffffff")
    assert p.bit_length() == 2048
    for base in (2, 3, 5):  # a safe prime, as far as these tests can tell
        assert pow(base, p - 1, p) == pow(base, (p - 1) // 2 - 1, (p - 1) // 2) == 1


def test_two_parties_agree_and_a_third_does_not() -> None:
    a, b, c = 2**200 + 7, 2**201 + 9, 2**202 + 3
    assert (
        shared_key(a, public_key(b)) == shared_key(b, public_key(a)) != shared_key(a, public_key(c))
    )
    with pytest.raises(ValueError, match=r"^public key must be in \(1, p - 1\)$"):
        shared_key(a, 1)
