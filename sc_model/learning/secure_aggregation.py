r"""`SecureAggregation`: rounds of the secure sum, from the clients' arrays to their total.

The ring of `sc_model.learning.secure_sum` holds integers modulo 2^64. Integers go into it as they
are, floats as fixed-point numbers with `fraction_bits` bits behind the binary point. The sum of the
rounded numbers is exact: for floats on that grid it is *the* sum (in float64 up to 2^53 grid
steps); for others the error is at most half a grid step a client. Values whose sum could leave the
ring are refused before anything is sent.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.checks import integer
from sc_model.packages import optional_import

if TYPE_CHECKING:
    from sc_model.learning.secure_sum import Random, SecureServer

Ring = NDArray[np.uint64]

FRACTION_BITS = 40  # a grid step of 9e-13; sums up to 8.4 million


@dataclass(frozen=True)
class SecureSum:
    """Result of one round.

    Members
    -------
    total : sum of the survivors' values, of their shape.
    masked : messages that the server has received, by number of the client.
    survivors : numbers of the clients whose values are in the total.
    dropped : numbers of the clients that sent no message.
    threshold : number of survivors that the round needed.
    """

    total: NDArray[Any]
    masked: dict[int, Ring]
    survivors: tuple[int, ...]
    dropped: tuple[int, ...]
    threshold: int


class SecureAggregation:
    """Secure sums in one process, with new keys in each round.

    Parameters
    ----------
    threshold : clients that must survive; None (default) for more than half, and at least two.
    fraction_bits : bits behind the binary point of floats, 0 to 52.
    seed : None (default) to draw the secrets from the operating system. A number makes the rounds
        repeatable, and their masks known to everybody who knows the number: for tests only.

    Members
    -------
    rounds : how many rounds there were.

    Raises
    ------
    MissingPackageError : `cryptography` or `pycryptodome` is not installed.
    ValueError : a parameter is out of range.
    """

    def __init__(
        self,
        *,
        threshold: int | None = None,
        fraction_bits: int = FRACTION_BITS,
        seed: int | None = None,
    ) -> None:
        # Secure sums alone need these packages; the other learners work without them.
        optional_import("cryptography", "federated", "a secure sum")
        optional_import("Crypto", "federated", "a secure sum")
        self.threshold = None if threshold is None else integer("threshold", threshold)
        self.fraction_bits = integer("fraction_bits", fraction_bits, 0)
        if self.fraction_bits > 52:
            raise ValueError(f"fraction_bits must be in [0, 52], not {self.fraction_bits}")
        self.seed = None if seed is None else integer("seed", seed, 0)
        self.rounds = 0

    def sum(
        self, client_values: Sequence[ArrayLike], *, dropped: Collection[int] = ()
    ) -> SecureSum:
        """Run one round over arrays of one shape.

        Parameters
        ----------
        client_values : one array for each client, two at least, all of one shape.
        dropped : numbers of clients that send nothing after the shares are dealt out.

        Returns
        -------
        The round's result. Its total is uint64 for bits and unsigned integers, int64 for signed
        integers, float64 for floats.

        Raises
        ------
        TypeError : values are not real numbers.
        ValueError : fewer than two clients, different shapes, values that the ring can't hold, or
            fewer survivors than the threshold.
        """
        from sc_model.learning.secure_sum import lowest_threshold

        values = client_arrays(client_values)
        clients = len(values)
        kinds: set[str] = {str(array.dtype.kind) for array in values}
        if not kinds <= set("biuf"):
            raise TypeError(
                "values of the clients must be real numbers, not"
                f" {', '.join(sorted(str(a.dtype) for a in values))}"
            )
        missing = {integer("a client that dropped out", k, 0) for k in dropped}
        if missing and max(missing) >= clients:
            raise ValueError(
                f"dropped must hold clients from 0 to {clients - 1}, not {max(missing)}"
            )
        threshold = lowest_threshold(clients) if self.threshold is None else self.threshold
        if clients - len(missing) < threshold:
            raise ValueError(
                f"survivors ({clients - len(missing)} of {clients} clients) must be at least the"
                f" threshold ({threshold}); repeat the round with those who are there"
            )
        encoded = [self._encoded(array, kinds, k, clients) for k, array in enumerate(values)]
        total, server = _run_round(encoded, missing, threshold, self._random)
        self.rounds += 1
        return SecureSum(
            self._decoded(total, kinds),
            dict(server.masked),
            tuple(sorted(server.masked)),
            server.dropped,
            threshold,
        )

    def _random(self, client: int) -> Random:
        """Return the source of a client's secrets in this round."""
        if self.seed is None:
            return secrets.token_bytes
        stream, draws = f"{self.seed}/{self.rounds}/{client}", 0

        def draw(size: int) -> bytes:
            nonlocal draws
            draws += 1
            return hashlib.shake_256(f"{stream}/{draws}".encode()).digest(size)

        return draw

    def _encoded(self, values: NDArray[Any], kinds: set[str], client: int, clients: int) -> Ring:
        """Return a client's values as elements of the ring; ValueError if a sum could leave it."""
        scaled = values
        if "f" in kinds:
            if not np.isfinite(values).all():
                raise ValueError(
                    f"values of client {client} must be finite, not"
                    f" {values[~np.isfinite(values)].flat[0].item()!r}"
                )
            scaled = np.rint(np.ldexp(values.astype(np.float64), self.fraction_bits))
        signed = bool(kinds - {"b", "u"})
        # Each client may use an equal share of the range, so that no sum of all can leave it.
        limit = ((1 << 63) if signed else (1 << 64)) // clients - 1
        largest = max(abs(int(scaled.min())), abs(int(scaled.max()))) if scaled.size else 0
        if largest > limit:
            bound = limit / (1 << self.fraction_bits) if "f" in kinds else limit
            hint = "; scale them or take fewer fraction_bits" if "f" in kinds else ""
            raise ValueError(
                f"values of client {client} must be within +-{bound:g} for {clients} clients, "
                f"not reach {float(np.abs(values.astype(np.float64)).max()):g}{hint}"
            )
        return scaled.astype(np.int64).view(np.uint64) if signed else scaled.astype(np.uint64)

    def _decoded(self, total: Ring, kinds: set[str]) -> NDArray[Any]:
        if "f" in kinds:
            return np.ldexp(total.view(np.int64).astype(np.float64), -self.fraction_bits)
        return total.view(np.int64) if "i" in kinds else total


def _run_round(
    values: list[Ring], missing: set[int], threshold: int, random: Callable[[int], Random]
) -> tuple[Ring, SecureServer]:
    """Run the four steps of the protocol: keys, shares, masked values, revealed shares."""
    from sc_model.learning.secure_sum import SecureClient, SecureServer

    clients = [SecureClient(k, len(values), threshold, random(k)) for k in range(len(values))]
    publics = [client.public for client in clients]
    for client in clients:
        client.agree(publics)
        for holder, shares in zip(clients, client.shares(), strict=True):
            holder.hold(client.index, shares)
    server = SecureServer(publics, threshold)
    present = [client for client in clients if client.index not in missing]
    for client in present:
        server.receive(client.index, client.masked(values[client.index]))
    survivors, dropped = sorted(server.masked), server.dropped
    answers = {client.index: client.reveal(survivors, dropped) for client in present}
    return server.total(answers), server


def client_arrays(values: Sequence[ArrayLike]) -> list[NDArray[Any]]:
    """Return the clients' values as arrays of one shape.

    Raises
    ------
    ValueError : fewer than two clients, or different shapes.
    """
    arrays = [np.asarray(value) for value in values]
    if not arrays:
        raise ValueError("client list must not be empty: there is nothing to aggregate")
    if len(arrays) == 1:
        raise ValueError(
            "client list must hold two clients at least, not 1: its aggregate would be that"
            " client's own values"
        )
    for k, array in enumerate(arrays):
        if array.shape != arrays[0].shape:
            raise ValueError(
                f"arrays of all clients must have one shape, not {arrays[0].shape} (client 0) and"
                f" {array.shape} (client {k})"
            )
    return arrays
