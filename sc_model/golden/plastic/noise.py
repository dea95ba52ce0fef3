"""The numbers of :class:`sc_model.arithmetic.Lfsr`, all of a step at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sc_model.arithmetic.noise import WIDTH, moved


class NoiseTable:
    """`count` successive numbers of `bits` bits from any state of the register.

    Each bit of them, and of the state after them, is the exclusive-or of some bits of the state
    before. The table holds, for each of those, what it contributes.
    """

    def __init__(self, bits: int, count: int) -> None:
        self.bits = bits
        masks = [
            1 << place for place in range(WIDTH)
        ]  # which bits of the state before each bit of the state is made of
        rows = []
        for _ in range(count):
            masks = moved(masks, bits)
            rows.append(masks[:bits])
        sources = np.arange(WIDTH)[:, None]
        made_of = np.array(rows).reshape(count, 1, bits) >> sources & 1  # number, source, bit
        self._numbers: NDArray[np.int64] = (made_of << np.arange(bits)).sum(axis=2).T
        self._after: NDArray[np.int64] = ((np.array(masks) >> sources & 1) << np.arange(WIDTH)).sum(
            axis=1
        )

    def numbers(self, state: int) -> tuple[NDArray[np.int64], int]:
        """The numbers, in [-2^(bits-1), 2^(bits-1)), and the state after them."""
        ones = [place for place in range(WIDTH) if state >> place & 1]
        half = 1 << (self.bits - 1)
        unsigned = np.bitwise_xor.reduce(self._numbers[ones], axis=0)
        return (unsigned ^ half) - half, int(np.bitwise_xor.reduce(self._after[ones]))
