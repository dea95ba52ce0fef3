r"""Diffie-Hellman: two parties come to a common key over a line that anybody may read.

In the 2048-bit group of RFC 3526: p = 2^2048 - 2^1984 - 1 + 2^64 (floor(2^1918 pi) + 124476),
generator 2. The number stands here as its formula, and pi is computed, so that there is no constant
to be mistyped.
"""

from __future__ import annotations

import hashlib
from functools import cache

BITS, GENERATOR, EXPONENT_BYTES = 2048, 2, 32


@cache
def prime() -> int:
    """The group's modulus."""
    bits, guard = 1918, 64

    def arctan_of_inverse(n: int) -> int:
        total, power, k = 0, (1 << (bits + guard)) // n, 0
        while power:
            total += (-power if k % 2 else power) // (2 * k + 1)
            power //= n * n
            k += 1
        return total

    pi = (16 * arctan_of_inverse(5) - 4 * arctan_of_inverse(239)) >> guard  # Machin 1706
    return (1 << BITS) - (1 << (BITS - 64)) - 1 + ((pi + 124476) << 64)


def public_key(private: int) -> int:
    """What a party shows."""
    return pow(GENERATOR, private, prime())


def shared_key(private: int, other_public: int) -> bytes:
    """32 bytes that both parties get. ValueError for a public key that would give the key away (0,
    1, p - 1).
    """
    if not 1 < other_public < prime() - 1:
        raise ValueError("public key must be in (1, p - 1)")
    return hashlib.sha256(pow(other_public, private, prime()).to_bytes(BITS // 8, "big")).digest()
