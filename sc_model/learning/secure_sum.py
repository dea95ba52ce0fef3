r"""Secure aggregation: a server adds up what clients hold, and sees of each only a number that says
nothing.

Client u sends, in the ring of integers modulo 2^64, value by value,

    y[u] = x[u] + PRG(b[u]) + sum over v > u of PRG(s[u, v]) - sum over v < u of PRG(s[u, v])

s[u, v] is a key that u and v agree on (Diffie-Hellman), b[u] a seed of u's own, PRG is SHAKE-256.
In the sum over all clients the pair masks cancel. Private keys and b are shared out among all
clients (Shamir, threshold t): of a client that sent nothing the others reveal the shares of its
*key*, so that the server can take its pair masks out of the others' sums; of one that did send, the
shares of its b. Nobody reveals both of the same client, so a message that comes late stays masked.

Bonawitz et al. 2017 (doi:10.1145/3133956.3133982), the protocol for clients and a server that are
curious but keep to it. Deviations: shares go from client to client as function arguments, where the
paper encrypts them and sends them through the server; keys are not signed, and there is no round in
which clients confirm who survived (the paper's defence against a server that cheats); one key pair
a client, used for masks alone. t is at least floor(n / 2) + 1 and 2, so that no two disjoint groups
could reveal both secrets of a client.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sc_model.learning.key_agreement import EXPONENT_BYTES, public_key, shared_key
from sc_model.learning.secret_sharing import Random, combine, split

Ring = NDArray[np.uint64]


@dataclass(frozen=True)
class Shares:
    """What a client holds of another one's secrets."""

    key: int
    own: int


@dataclass(frozen=True)
class Revealed:
    """What a client tells the server when all messages are in: of each other client one share,
    never both.
    """

    keys: Mapping[int, int]
    own: Mapping[int, int]


def mask(key: bytes, label: str, size: int) -> Ring:
    """`size` numbers uniform in the ring, the same for the same key."""
    stream = hashlib.shake_256(label.encode() + b"\0" + key).digest(8 * size)
    return np.frombuffer(stream, "<u8").astype(np.uint64)


def lowest_threshold(clients: int) -> int:
    """The least number of clients that may reveal a secret: more than half, and two."""
    return max(2, clients // 2 + 1)


class SecureClient:
    """One who holds values and keeps them.

    Parameters
    ----------
    index : its number.
    clients : how many there are, >= 2.
    threshold : shares that a secret needs.
    random : where secrets come from.
    """

    def __init__(self, index: int, clients: int, threshold: int, random: Random) -> None:
        if not lowest_threshold(clients) <= threshold <= clients:
            raise ValueError(
                f"threshold must be in [{lowest_threshold(clients)}, {clients}] for {clients}"
                f" clients, more than half of them, not {threshold}"
            )
        self.index, self.clients, self.threshold = index, clients, threshold
        self._private, self._own = (
            int.from_bytes(random(EXPONENT_BYTES), "little") for _ in range(2)
        )
        self._random = random
        self._keys: dict[int, bytes] = {}
        self._held: dict[int, Shares] = {}
        self._revealed = False

    @property
    def public(self) -> int:
        """Its public key."""
        return public_key(self._private)

    def agree(self, publics: Sequence[int]) -> None:
        """Take the public keys of all clients, by number."""
        self._keys = {
            v: shared_key(self._private, key) for v, key in enumerate(publics) if v != self.index
        }

    def shares(self) -> list[Shares]:
        """Shares of its secrets, one for each client."""
        parts = (
            split(secret, self.clients, self.threshold, self._random)
            for secret in (self._private, self._own)
        )
        return [Shares(key, own) for key, own in zip(*parts, strict=True)]

    def hold(self, of: int, shares: Shares) -> None:
        """Keep what another client has shared out."""
        self._held[of] = shares

    def masked(self, values: Ring) -> Ring:
        """What the server gets to see, of the shape of `values`."""
        hidden = values.ravel() + mask(_seed(self._own), "own", values.size)
        for other, key in self._keys.items():
            shift = mask(key, "pair", values.size)
            hidden = hidden + shift if other > self.index else hidden - shift
        return hidden.reshape(values.shape)

    def reveal(self, survivors: Sequence[int], dropped: Sequence[int]) -> Revealed:
        """Shares that take the masks out of the sum of the survivors.

        ValueError for a question whose answer could lay a client's values bare: too few survivors,
        a client on both lists, or a second one.
        """
        if self._revealed:
            raise ValueError(
                f"client {self.index} must be asked once, not again: both answers together could"
                " unmask a client"
            )
        if len(survivors) < self.threshold:
            raise ValueError(
                f"survivors ({len(survivors)}) must be at least the threshold ({self.threshold})"
            )
        if set(survivors) & set(dropped):
            raise ValueError(
                f"clients {sorted(set(survivors) & set(dropped))} must have survived or dropped"
                " out, not both"
            )
        self._revealed = True
        return Revealed(
            {v: self._held[v].key for v in dropped}, {v: self._held[v].own for v in survivors}
        )


class SecureServer:
    """One who adds up, and learns the sum alone. `masked` is all it has of the clients' values."""

    def __init__(self, publics: Sequence[int], threshold: int) -> None:
        self.publics, self.threshold = tuple(publics), threshold
        self.masked: dict[int, Ring] = {}

    def receive(self, index: int, values: Ring) -> None:
        """Take a client's message."""
        self.masked[index] = values

    @property
    def dropped(self) -> tuple[int, ...]:
        """Clients that have sent nothing."""
        return tuple(v for v in range(len(self.publics)) if v not in self.masked)

    def total(self, revealed: Mapping[int, Revealed]) -> Ring:
        """The sum of what the survivors hold, modulo 2^64."""
        if len(revealed) < self.threshold:
            raise ValueError(
                f"answers ({len(revealed)}) must be at least the threshold ({self.threshold})"
            )
        survivors = sorted(self.masked)
        shape = self.masked[survivors[0]].shape
        total = np.zeros(int(np.prod(shape)), np.uint64)
        for v in survivors:
            own = combine({u: answer.own[v] for u, answer in revealed.items()})
            total += self.masked[v].ravel() - mask(_seed(own), "own", total.size)
        for gone in self.dropped:
            private = combine({u: answer.keys[gone] for u, answer in revealed.items()})
            for v in (
                survivors
            ):  # the mask that v has added for the one who is gone, with the opposite sign
                shift = mask(shared_key(private, self.publics[v]), "pair", total.size)
                total = total - shift if gone > v else total + shift
        return total.reshape(shape)


def _seed(secret: int) -> bytes:
    return secret.to_bytes(66, "little")
