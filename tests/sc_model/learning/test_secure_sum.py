"""The parties of the secure sum: what the server sees, questions that a client refuses, libraries.

Chi-square and correlation tests look for anything of a client's values in its message.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from numpy.typing import NDArray
from scipy.stats import chisquare, pearsonr

from sc_model.learning.secure_aggregation import SecureAggregation
from sc_model.learning.secure_sum import (
    SecureClient,
    derived_key,
    lowest_threshold,
    mask,
    pair_key,
    rebuilt_secret,
    split_secret,
)

SAMPLES = 40_000


def betrayals(message: NDArray[np.uint64], secret: NDArray[Any], level: float = 1e-6) -> list[str]:
    """Return the signs that a message is not uniform, or not independent of the secret."""
    signs = []
    parts = message.astype("<u8").view(np.uint8).reshape(-1, 8)
    for k in range(8):
        if chisquare(np.bincount(parts[:, k], minlength=256)).pvalue < level:
            signs.append(f"byte {k}")
        if len(set(parts[:, k])) > 1 and pearsonr(parts[:, k].astype(float), secret).pvalue < level:
            signs.append(f"correlation of byte {k}")
    if pearsonr(message.astype(float), secret).pvalue < level:
        signs.append("correlation")
    if pearsonr((message & np.uint64(1)).astype(float), secret % 2).pvalue < level:
        signs.append("parity")
    return signs


def secrets_of(kind: str) -> list[NDArray[Any]]:
    draws = np.random.default_rng(11)
    if kind == "bits":
        return [draws.integers(0, 2, SAMPLES) for _ in range(3)]
    return [np.round(draws.normal(size=SAMPLES), 3) for _ in range(3)]


@pytest.mark.parametrize("kind", ["bits", "floats"])
def test_a_masked_update_says_nothing(kind: str) -> None:
    values = secrets_of(kind)
    masked = SecureAggregation(seed=4).sum(values).masked
    for client, secret in enumerate(values):
        assert betrayals(masked[client], secret) == []
    # nor do two together, as long as the third is missing: its pair masks are still in the sum
    assert betrayals(masked[0] + masked[1], values[0] + values[1]) == []


@pytest.mark.parametrize("kind", ["bits", "floats"])
def test_the_same_test_finds_an_update_without_masks(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "sc_model.learning.secure_sum.mask", lambda key, size: np.zeros(size, np.uint64)
    )
    values = secrets_of(kind)
    result = SecureAggregation(seed=4).sum(values)
    # the sum is right all the same, so only a test of the messages can tell
    np.testing.assert_allclose(result.total, np.sum(values, axis=0), atol=1e-11)
    signs = betrayals(result.masked[0], values[0])
    assert {"byte 0", "byte 7"} <= set(signs)
    assert any(name.startswith(("correlation", "parity")) for name in signs)


def test_the_same_test_finds_masks_that_are_too_small() -> None:
    """Masks within 2^32 of a ring of 2^64: what the server sees is noisy, not uniform."""
    secret = secrets_of("floats")[0]
    noise = np.random.default_rng(0).integers(0, 2**32, SAMPLES).astype(np.uint64)
    assert "byte 7" in betrayals(
        (np.rint(secret * 2**40).astype(np.int64).view(np.uint64) + noise), secret
    )


def test_a_late_message_stays_masked() -> None:
    """The server knows the pair masks of a client that counted as dropped, not its own mask."""
    secret = secrets_of("bits")[0]
    clients = [SecureClient(k, 3, 2, np.random.default_rng(k).bytes) for k in range(3)]
    publics = [client.public for client in clients]
    for client in clients:
        client.agree(publics)
    late = clients[2].masked(secret.astype(np.uint64))
    for other in (0, 1):  # what the reveal of its private key gives away
        late = late + mask(pair_key(clients[2]._private, publics[other]), SAMPLES)
    assert betrayals(late, secret) == []
    own = mask(derived_key(clients[2]._own_secret, b"own mask"), SAMPLES)
    np.testing.assert_array_equal(late - own, secret)  # nothing else hides the values


def prepared(clients: int = 4, threshold: int = 3) -> list[SecureClient]:
    parties = [
        SecureClient(k, clients, threshold, np.random.default_rng(k).bytes) for k in range(clients)
    ]
    for client in parties:
        client.agree([each.public for each in parties])
        for holder, shares in zip(parties, client.shares(), strict=True):
            holder.hold(client.index, shares)
    return parties


def test_a_client_answers_no_question_that_could_unmask_another() -> None:
    clients = prepared()
    with pytest.raises(ValueError, match=r"^survivors \(2\) must be at least the threshold \(3\)$"):
        clients[0].reveal([0, 1], [2, 3])
    with pytest.raises(
        ValueError, match=r"^clients \[2\] must have survived or dropped out, not both$"
    ):
        clients[0].reveal([0, 1, 2], [2, 3])
    answer = clients[0].reveal([0, 1, 2], [3])
    assert (sorted(answer.private_keys), sorted(answer.own_masks)) == ([3], [0, 1, 2])
    with pytest.raises(
        ValueError,
        match=(
            r"^client 0 must be asked once, not again: both answers together could unmask a client$"
        ),
    ):
        clients[0].reveal([0, 1, 3], [2])


def test_the_least_threshold_is_more_than_half() -> None:
    assert [lowest_threshold(n) for n in (2, 3, 4, 5, 10)] == [2, 2, 3, 3, 6]


# --- libraries: do we use them as they are meant to be used? --------------------------------------


def test_a_secret_needs_its_threshold() -> None:
    secret = bytes(range(16))
    shares = split_secret(secret, 3, 5)
    assert len(set(shares)) == 5
    for chosen in itertools.combinations(range(5), 3):
        assert rebuilt_secret({k: shares[k] for k in chosen}, 3) == secret
    assert rebuilt_secret(dict(enumerate(shares)), 3) == secret
    for chosen in itertools.combinations(range(5), 2):
        assert rebuilt_secret({k: shares[k] for k in chosen}, 3) != secret
    # two shares fit every secret: with any third share they give some secret of 16 bytes
    other = rebuilt_secret({0: shares[0], 1: shares[1], 2: bytes(15) + b"M"}, 3)
    assert len(other) == 16
    assert other != secret


def test_two_parties_agree_and_a_third_does_not() -> None:
    a, b, c = (X25519PrivateKey.from_private_bytes(bytes([k]) * 32) for k in (7, 9, 3))
    of_a, of_b, of_c = (key.public_key().public_bytes_raw() for key in (a, b, c))
    assert pair_key(a, of_b) == pair_key(b, of_a) != pair_key(a, of_c)
    assert len(pair_key(a, of_b)) == 32


@pytest.mark.parametrize("public", [bytes(32), bytes([1, *bytes(31)])])
def test_a_public_key_of_low_order_is_refused(public: bytes) -> None:
    """0 and 1 give the same shared secret with every private key."""
    with pytest.raises(ValueError, match="Error computing shared key"):
        pair_key(X25519PrivateKey.from_private_bytes(bytes(range(32))), public)


def test_the_mask_is_the_key_stream_of_rfc_8439() -> None:
    """Appendix A.1 of the RFC, test vector 1: key 0, nonce 0, block counter 0."""
    first = mask(bytes(32), 2).astype("<u8").tobytes()
    assert first.hex() == "76b8e0ada0f13d90405d6ae55386bd28"


def test_keys_differ_by_purpose_and_masks_by_key() -> None:
    one, two = derived_key(bytes(16), b"one"), derived_key(bytes(16), b"two")
    assert one != two
    assert not np.any(mask(one, 100) == mask(two, 100))
