r"""`FederatedAggregator`: one update out of the updates of many clients.

`aggregate_gradients` is a majority vote over bit streams, bit by bit: 1 where more than half of the
clients say 1; a tie gives 0. It is signSGD with majority vote (Bernstein et al. 2019,
arXiv:1810.05291), there over signs.

`secure_sum_protocol` gives the sum of the clients' arrays through masked messages, so that whoever
adds them up sees no client's values (`sc_model.learning.secure_sum`; Bonawitz et al. 2017).

Both run in one process, on arrays. For clients on other machines there is
`sc_model.learning.flower`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.learning.secure_aggregation import (
    FRACTION_BITS,
    SecureAggregation,
    client_arrays,
)


class FederatedAggregator:
    """Majority votes and secure sums over the arrays of many clients; it holds no state."""

    @staticmethod
    def aggregate_gradients(client_gradients: Sequence[ArrayLike]) -> NDArray[np.uint8]:
        """Return the majority of bit streams, in their shape; a tie gives 0.

        Parameters
        ----------
        client_gradients : one array of 0 and 1 for each client, two at least, all of one shape.

        Raises
        ------
        TypeError : a stream does not hold numbers.
        ValueError : fewer than two clients, different shapes, or a value other than 0 and 1.
        """
        streams = client_arrays(client_gradients)
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

    @staticmethod
    def secure_sum_protocol(
        client_gradients: Sequence[ArrayLike],
        *,
        dropped: Collection[int] = (),
        threshold: int | None = None,
        fraction_bits: int = FRACTION_BITS,
    ) -> NDArray[Any]:
        """Return the sum of the clients' arrays, computed from masked messages alone.

        `SecureAggregation` runs the same rounds and also returns what the server has seen.

        Parameters
        ----------
        client_gradients : one array for each client, two at least, all of one shape.
        dropped : numbers of clients that send nothing; the sum is that of the others.
        threshold : clients that must survive; None for more than half, and at least two.
        fraction_bits : bits behind the binary point of floats, 0 to 52.

        Returns
        -------
        uint64 for bits and unsigned integers, int64 for signed integers, float64 for floats.

        Raises
        ------
        MissingPackageError : `cryptography` or `pycryptodome` is not installed.
        TypeError : values are not real numbers.
        ValueError : fewer than two clients, different shapes, values that the ring can't hold, or
            fewer survivors than the threshold.
        """
        aggregation = SecureAggregation(threshold=threshold, fraction_bits=fraction_bits)
        return aggregation.sum(client_gradients, dropped=dropped).total
