r"""`FederatedAggregator`: one update out of those of many clients.

`aggregate_gradients` is a majority vote over bit streams, bit by bit (signSGD with majority vote:
Bernstein et al. 2019, arXiv:1810.05291, there over signs): 1 where more than half of the clients
say 1; a tie gives 0.

`secure_sum_protocol` gives the sum, and nobody sees anything else (`sc_model.learning.secure_sum`;
Bonawitz et al. 2017). Numbers go into the ring of integers modulo 2^64: integers as they are,
floats as fixed-point numbers with `fraction_bits` bits behind the point. The sum of the rounded
numbers is exact: of floats on that grid it is *the* sum (in float64 up to 2^53 steps of the grid),
with others it is off by half a step a client at most. What could leave the ring is refused.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.checks import count
from sc_model.learning.secret_sharing import Random
from sc_model.learning.secure_sum import Ring, SecureClient, SecureServer, lowest_threshold

FRACTION_BITS = 40  # 9e-13 a step; sums up to 8.4 million


@dataclass(frozen=True)
class SecureSum:
    """What a round leaves.

    Members
    -------
    total : the survivors' sum.
    masked : what the server has seen, by client.
    survivors, dropped : numbers of the clients.
    threshold : how many had to survive.
    """

    total: NDArray[Any]
    masked: dict[int, Ring]
    survivors: tuple[int, ...]
    dropped: tuple[int, ...]
    threshold: int


class FederatedAggregator:
    """Adds up or takes votes.

    Parameters
    ----------
    threshold : clients that must survive a secure sum; None for more than half, and two at least.
    fraction_bits : of floats in a secure sum, 0 to 52.
    seed : None (default) for secrets of the operating system; a number makes a round repeatable,
        and its masks known to whoever knows the number.

    Members
    -------
    last_round : the `SecureSum` of the last secure sum, with who dropped out; None before.
    """

    def __init__(
        self,
        *,
        threshold: int | None = None,
        fraction_bits: int = FRACTION_BITS,
        seed: int | None = None,
    ) -> None:
        self.threshold = None if threshold is None else count("threshold", threshold)
        self.fraction_bits = count("fraction_bits", fraction_bits, 0)
        if self.fraction_bits > 52:
            raise ValueError(f"fraction_bits must be in [0, 52], not {self.fraction_bits}")
        self.seed = None if seed is None else count("seed", seed, 0)
        self.rounds = 0
        self.last_round: SecureSum | None = None

    def aggregate_gradients(self, client_gradients: Sequence[ArrayLike]) -> NDArray[np.uint8]:
        """The majority of bit streams (0 or 1) of one shape, in that shape; a tie gives 0.

        ValueError for fewer than two clients, shapes that differ, or what is no bit.
        """
        streams = _arrays(client_gradients)
        for k, stream in enumerate(streams):
            if stream.dtype.kind not in "biuf":
                raise TypeError(f"stream of client {k} must hold bits, not {stream.dtype}")
            if not ((stream == 0) | (stream == 1)).all():
                worst = stream[(stream != 0) & (stream != 1)].flat[0]
                raise ValueError(
                    f"stream of client {k} must hold bits, 0 or 1, not {worst.item()!r}"
                )
        votes = np.zeros(streams[0].shape, np.int64)
        for stream in streams:
            votes += stream != 0
        return (2 * votes > len(streams)).astype(np.uint8)

    def secure_sum_protocol(
        self, client_values: Sequence[ArrayLike], *, dropped: Collection[int] = ()
    ) -> NDArray[Any]:
        """The sum of arrays of one shape: uint64 of bits and unsigned integers, int64 of signed
        ones, float64 of floats.

        `dropped` are clients that send nothing after the keys are shared out; the sum is that of
        the others, and `last_round` says who they are. ValueError for fewer than two clients,
        shapes that differ, values that the ring can't hold, or fewer survivors than the threshold.
        """
        values = _arrays(client_values)
        clients = len(values)
        kinds: set[str] = {str(array.dtype.kind) for array in values}
        if not kinds <= set("biuf"):
            raise TypeError(
                "values of the clients must be real numbers, not"
                f" {', '.join(sorted(str(a.dtype) for a in values))}"
            )
        gone = {count("a client that dropped out", k, 0) for k in dropped}
        if gone and max(gone) >= clients:
            raise ValueError(f"dropped must hold clients from 0 to {clients - 1}, not {max(gone)}")
        threshold = lowest_threshold(clients) if self.threshold is None else self.threshold
        if clients - len(gone) < threshold:
            raise ValueError(
                f"survivors ({clients - len(gone)} of {clients} clients) must be at least the"
                f" threshold ({threshold}); repeat the round with those who are there"
            )
        encoded = [self._encoded(array, kinds, k, clients) for k, array in enumerate(values)]
        total, server = _round(encoded, gone, threshold, self._random)
        self.last_round = SecureSum(
            self._decoded(total, kinds),
            dict(server.masked),
            tuple(sorted(server.masked)),
            server.dropped,
            threshold,
        )
        self.rounds += 1
        return self.last_round.total

    def _random(self, client: int) -> Random:
        """A client's source of secrets in this round."""
        if self.seed is None:
            return secrets.token_bytes
        stream, used = f"{self.seed}/{self.rounds}/{client}", 0

        def draw(size: int) -> bytes:
            nonlocal used
            used += 1
            return hashlib.shake_256(f"{stream}/{used}".encode()).digest(size)

        return draw

    def _encoded(self, values: NDArray[Any], kinds: set[str], client: int, clients: int) -> Ring:
        """A client's values in the ring; it knows how many clients there are, so no sum can leave
        the range.
        """
        scaled = values
        if "f" in kinds:
            if not np.isfinite(values).all():
                raise ValueError(
                    f"values of client {client} must be finite, not"
                    f" {values[~np.isfinite(values)].flat[0].item()!r}"
                )
            scaled = np.rint(np.ldexp(values.astype(np.float64), self.fraction_bits))
        signed = bool(kinds - {"b", "u"})
        limit = ((1 << 63) if signed else (1 << 64)) // clients - 1
        reached = (
            max((abs(int(scaled.min())), abs(int(scaled.max()))), default=0) if scaled.size else 0
        )
        if reached > limit:
            shown = limit / (1 << self.fraction_bits) if "f" in kinds else limit
            hint = "; scale them or take fewer fraction_bits" if "f" in kinds else ""
            raise ValueError(
                f"values of client {client} must be within +-{shown:g} for {clients} clients, "
                f"not reach {float(np.abs(values.astype(np.float64)).max()):g}{hint}"
            )
        return scaled.astype(np.int64).view(np.uint64) if signed else scaled.astype(np.uint64)

    def _decoded(self, total: Ring, kinds: set[str]) -> NDArray[Any]:
        if "f" in kinds:
            return np.ldexp(total.view(np.int64).astype(np.float64), -self.fraction_bits)
        return total.view(np.int64) if "i" in kinds else total


def _round(
    values: list[Ring], gone: set[int], threshold: int, random: Any
) -> tuple[Ring, SecureServer]:
    """All rounds of the protocol: keys, shares, masked values, reveal."""
    clients = [SecureClient(k, len(values), threshold, random(k)) for k in range(len(values))]
    publics = [client.public for client in clients]
    for client in clients:
        client.agree(publics)
        for other, shares in zip(clients, client.shares(), strict=True):
            other.hold(client.index, shares)
    server = SecureServer(publics, threshold)
    present = [client for client in clients if client.index not in gone]
    for client in present:
        server.receive(client.index, client.masked(values[client.index]))
    survivors, dropped = sorted(server.masked), server.dropped
    return (
        server.total({client.index: client.reveal(survivors, dropped) for client in present}),
        server,
    )


def _arrays(values: Sequence[ArrayLike]) -> list[NDArray[Any]]:
    """The clients' arrays, of one shape."""
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
