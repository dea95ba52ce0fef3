r"""The parties of secure aggregation: a server learns the sum of the clients' values, and no more.

Client u sends, in the ring of integers modulo 2^64, element by element,

    y[u] = x[u] + PRG(b[u]) + sum over v > u of PRG(s[u, v]) - sum over v < u of PRG(s[u, v])

where x[u] are its values, s[u, v] is a key that only u and v can compute, and b[u] is a key of its
own. The pair masks cancel in the sum over all clients. A client's two secrets (one gives its
private key, the other b) are shared out among all clients with threshold t. The survivors reveal
their shares of the *private key* of a client that sent nothing, so that the server can take its
pair masks out of the others' messages. Of a client that did send they reveal the shares of *b*.
Nobody reveals both of one client, so a message that arrives late stays masked.

All cryptography is that of libraries: X25519 (RFC 7748) for the pair keys, HKDF-SHA-256 (RFC 5869)
to derive keys, the ChaCha20 key stream (RFC 8439) as PRG, all from `cryptography`; Shamir's secret
sharing over GF(2^128) from `pycryptodome`.

Bonawitz et al. 2017 (doi:10.1145/3133956.3133982), for clients and a server that are curious but
follow the protocol. Deviations: this is a model in one process. Shares go from client to client as
function arguments, where the paper encrypts them and sends them through the server; keys are not
signed; there is no round in which the clients confirm who survived (the paper's defence against a
server that cheats); a client has one key pair, used for masks alone. For clients on other machines
use `sc_model.learning.flower`, which runs Flower's SecAgg+.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from Crypto.Protocol.SecretSharing import Shamir
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray

Ring = NDArray[np.uint64]
Random = Callable[[int], bytes]  # returns so many random bytes

# One element of GF(2^128), the field of pycryptodome's Shamir. 128 bits are also the security level
# of X25519, so a longer secret would not make the keys stronger.
SECRET_BYTES = 16
KEY_BYTES = 32  # of X25519 and of ChaCha20


@dataclass(frozen=True)
class Shares:
    """One client's shares of the two secrets of another client.

    Members
    -------
    private_key : 16 bytes, share of the secret from which the private key is derived.
    own_mask : 16 bytes, share of the secret from which the client's own mask is derived.
    """

    private_key: bytes
    own_mask: bytes


@dataclass(frozen=True)
class Revealed:
    """The shares that one client reveals to the server: one of each other client, never both.

    Members
    -------
    private_keys : shares of the private keys, by number of the client that dropped out.
    own_masks : shares of the own masks, by number of the client that survived.
    """

    private_keys: Mapping[int, bytes]
    own_masks: Mapping[int, bytes]


def lowest_threshold(clients: int) -> int:
    """Return the least number of shares that may rebuild a secret: more than half, and two.

    With more than half, no two disjoint groups of clients can rebuild both secrets of one client.
    """
    return max(2, clients // 2 + 1)


def derived_key(secret: bytes, purpose: bytes) -> bytes:
    """Return a key of 32 bytes for one purpose (HKDF-SHA-256, no salt)."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"sc-hw secure sum " + purpose).derive(secret)


def private_key(secret: bytes) -> X25519PrivateKey:
    """Return the private key that belongs to a client's first secret."""
    return X25519PrivateKey.from_private_bytes(derived_key(secret, b"private key"))


def pair_key(private: X25519PrivateKey, other_public: bytes) -> bytes:
    """Return the mask key of two clients; each computes it from the other's public key.

    Raises
    ------
    ValueError : the public key is not 32 bytes long, or is a point of low order, which would give
        the same key with every private key.
    """
    own_public = private.public_key().public_bytes_raw()
    # Both public keys go into the derivation, as RFC 7748, section 6.1 advises.
    ends = b"".join(sorted((own_public, other_public)))
    shared = private.exchange(X25519PublicKey.from_public_bytes(other_public))
    return derived_key(shared, b"pair mask " + ends)


def mask(key: bytes, size: int) -> Ring:
    """Return `size` numbers, uniform in the ring, that depend on the key alone.

    They are the ChaCha20 key stream. The nonce is constant, because each key masks one message.
    """
    stream = Cipher(ChaCha20(key, nonce=bytes(16)), mode=None).encryptor().update(bytes(8 * size))
    return np.frombuffer(stream, "<u8").astype(np.uint64)


def split_secret(secret: bytes, threshold: int, clients: int) -> list[bytes]:
    """Return one share of a secret (16 bytes) for each client, of which `threshold` rebuild it."""
    return [share for _, share in Shamir.split(threshold, clients, secret, ssss=False)]


def rebuilt_secret(shares: Mapping[int, bytes], threshold: int) -> bytes:
    """Return the secret from at least `threshold` shares by number of the client that held them."""
    # The library wants exactly `threshold` shares. Its share numbers begin at 1, ours at 0.
    numbered = [(client + 1, shares[client]) for client in sorted(shares)[:threshold]]
    return Shamir.combine(numbered, ssss=False)


class SecureClient:
    """A client: it masks its values, and holds shares of the other clients' secrets.

    Parameters
    ----------
    index : number of this client, from 0.
    clients : how many clients there are, >= 2.
    threshold : shares that rebuild a secret, in [`lowest_threshold`, clients].
    random : source of this client's secrets.

    Members
    -------
    public : 32 bytes, its public key.
    """

    def __init__(self, index: int, clients: int, threshold: int, random: Random) -> None:
        if not lowest_threshold(clients) <= threshold <= clients:
            raise ValueError(
                f"threshold must be in [{lowest_threshold(clients)}, {clients}] for {clients}"
                f" clients, more than half of them, not {threshold}"
            )
        self.index, self.clients, self.threshold = index, clients, threshold
        self._key_secret, self._own_secret = random(SECRET_BYTES), random(SECRET_BYTES)
        self._private = private_key(self._key_secret)
        self.public = self._private.public_key().public_bytes_raw()
        self._pair_keys: dict[int, bytes] = {}
        self._foreign_shares: dict[int, Shares] = {}
        self._has_revealed = False

    def agree(self, publics: Sequence[bytes]) -> None:
        """Compute the pair keys from the public keys of all clients, in order of their numbers."""
        self._pair_keys = {
            other: pair_key(self._private, public)
            for other, public in enumerate(publics)
            if other != self.index
        }

    def shares(self) -> list[Shares]:
        """Return shares of both secrets, one pair for each client, in order of their numbers."""
        pairs = zip(
            split_secret(self._key_secret, self.threshold, self.clients),
            split_secret(self._own_secret, self.threshold, self.clients),
            strict=True,
        )
        return [Shares(key_share, own_share) for key_share, own_share in pairs]

    def hold(self, owner: int, shares: Shares) -> None:
        """Keep the shares that another client has given to this one."""
        self._foreign_shares[owner] = shares

    def masked(self, values: Ring) -> Ring:
        """Return the message to the server, of the shape of `values`."""
        message = values.ravel() + mask(derived_key(self._own_secret, b"own mask"), values.size)
        for other, key in self._pair_keys.items():
            shift = mask(key, values.size)
            # The two clients of a pair use opposite signs, so that the mask cancels in the sum.
            message = message + shift if other > self.index else message - shift
        return message.reshape(values.shape)

    def reveal(self, survivors: Sequence[int], dropped: Sequence[int]) -> Revealed:
        """Return the shares that take the masks out of the sum of the survivors.

        Raises
        ------
        ValueError : the answer could unmask a single client: too few survivors, a client on both
            lists, or a second request.
        """
        if self._has_revealed:
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
        self._has_revealed = True
        return Revealed(
            {client: self._foreign_shares[client].private_key for client in dropped},
            {client: self._foreign_shares[client].own_mask for client in survivors},
        )


class SecureServer:
    """The server: it adds masked messages, and takes the masks out of the sum.

    Parameters
    ----------
    publics : public keys of all clients, in order of their numbers.
    threshold : shares that rebuild a secret.

    Members
    -------
    masked : messages by number of the client; all that the server has of the clients' values.
    dropped : numbers of the clients that have sent no message.
    """

    def __init__(self, publics: Sequence[bytes], threshold: int) -> None:
        self.publics, self.threshold = tuple(publics), threshold
        self.masked: dict[int, Ring] = {}

    def receive(self, index: int, message: Ring) -> None:
        """Keep a client's masked message."""
        self.masked[index] = message

    @property
    def dropped(self) -> tuple[int, ...]:
        """Numbers of the clients that have sent no message."""
        return tuple(k for k in range(len(self.publics)) if k not in self.masked)

    def total(self, revealed: Mapping[int, Revealed]) -> Ring:
        """Return the sum of the survivors' values modulo 2^64.

        Parameters
        ----------
        revealed : the clients' answers, by number of the client.

        Raises
        ------
        ValueError : fewer answers than the threshold.
        """
        if len(revealed) < self.threshold:
            raise ValueError(
                f"answers ({len(revealed)}) must be at least the threshold ({self.threshold})"
            )
        survivors = sorted(self.masked)
        shape = self.masked[survivors[0]].shape
        total = np.zeros(int(np.prod(shape)), np.uint64)
        for client in survivors:
            shares = {holder: answer.own_masks[client] for holder, answer in revealed.items()}
            own_secret = rebuilt_secret(shares, self.threshold)
            own_mask = mask(derived_key(own_secret, b"own mask"), total.size)
            total += self.masked[client].ravel() - own_mask
        for client in self.dropped:
            shares = {holder: answer.private_keys[client] for holder, answer in revealed.items()}
            private = private_key(rebuilt_secret(shares, self.threshold))
            for survivor in survivors:
                # The survivor has added this mask if its number is the lower one (see `masked`);
                # here it is taken out, so the signs are the opposite ones.
                shift = mask(pair_key(private, self.publics[survivor]), total.size)
                total = total - shift if client > survivor else total + shift
        return total.reshape(shape)
