"""The numbers of :class:`sc_model.arithmetic.Lfsr` for all neurons of a step at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sc_model.arithmetic.noise import WIDTH, shifted_state


class NoiseTable:
    """`count` successive numbers of `bits` bits, from any state of the register.

    The register is linear: each bit of the numbers, and of the state after them, is the
    exclusive-or of some bits of the state before. The table holds the contribution of each bit of
    the state, so that a step is one exclusive-or over the bits that are 1.
    """

    def __init__(self, bits: int, count: int) -> None:
        self.bits = bits
        # for each bit of the state, a mask of the bits of the first state that it is made of
        masks = [1 << place for place in range(WIDTH)]
        rows = []
        for _ in range(count):
            masks = shifted_state(masks, bits)
            rows.append(masks[:bits])
        sources = np.arange(WIDTH)[:, None]
        # whether a bit of a number contains a source bit; axes: number, source, bit
        contains = np.array(rows).reshape(count, 1, bits) >> sources & 1
        self._numbers: NDArray[np.int64] = (contains << np.arange(bits)).sum(axis=2).T
        self._after: NDArray[np.int64] = ((np.array(masks) >> sources & 1) << np.arange(WIDTH)).sum(
            axis=1
        )

    def numbers(self, state: int) -> tuple[NDArray[np.int64], int]:
        """The numbers, in [-2^(bits-1), 2^(bits-1)), and the state after them."""
        ones = [place for place in range(WIDTH) if state >> place & 1]
        half = 1 << (self.bits - 1)  # (u ^ half) - half is u as two's complement
        unsigned = np.bitwise_xor.reduce(self._numbers[ones], axis=0)
        return (unsigned ^ half) - half, int(np.bitwise_xor.reduce(self._after[ones]))
