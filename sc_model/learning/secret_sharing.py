r"""Shamir's sharing: a secret in n parts of which any t give it back, and t - 1 say nothing.

The secret is f(0) of a random polynomial f of degree t - 1 over the integers modulo the prime 2^521
- 1; part i is f(i + 1). Shamir 1979 (doi:10.1145/359168.359176).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

PRIME = (1 << 521) - 1
Random = Callable[[int], bytes]  # so many random bytes


def split(secret: int, parts: int, threshold: int, random: Random) -> list[int]:
    """`parts` shares, of which `threshold` are needed. ValueError for a secret or threshold out of
    range.
    """
    if not 0 <= secret < PRIME:
        raise ValueError("secret must be in [0, 2^521 - 1)")
    if not 1 <= threshold <= parts:
        raise ValueError(f"threshold must be in [1, {parts}], the number of parts, not {threshold}")
    # 72 bytes are 55 bits more than the prime: the remainder is uniform but for 2^-55
    polynomial = [
        secret,
        *(int.from_bytes(random(72), "little") % PRIME for _ in range(threshold - 1)),
    ]
    shares = []
    for point in range(1, parts + 1):
        value = 0
        for coefficient in reversed(polynomial):
            value = (value * point + coefficient) % PRIME
        shares.append(value)
    return shares


def combine(shares: Mapping[int, int]) -> int:
    """The secret from shares by their part's number (0, 1, ...); with fewer than the threshold, an
    arbitrary number.
    """
    secret = 0
    for part, share in shares.items():
        factor = 1
        for other in shares:
            if other != part:
                factor = factor * (other + 1) * pow(other - part, -1, PRIME) % PRIME
        secret = (secret + share * factor) % PRIME
    return secret
