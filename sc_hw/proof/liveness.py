"""Claims that something good happens in time, by induction instead of by unrolling.

A *rank* is a number that is computed from the registers and falls in every clock until the good
thing happens. It is never negative, so where it begins below N the wait is over within N clocks
(R. Floyd, "Assigning Meanings to Programs", 1967). Two clocks are enough to show that it falls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sc_hw.proof.prover import Prover
from sc_hw.proof.words import resize_unsigned
from sc_model.graph.smt import K


class Rank:
    """Numbers of one width, wide enough for every rank of a proof.

    Parameters
    ----------
    prover : makes the terms.
    most : the largest number that is needed.
    """

    def __init__(self, prover: Prover, most: int) -> None:
        self.prover, self.width = prover, most.bit_length() + 2

    def const(self, value: int) -> Any:
        """A constant."""
        return self.prover.terms.const(value, self.width)

    def wide(self, vector: Any) -> Any:
        """A vector, as an unsigned number."""
        return resize_unsigned(self.prover.terms, vector, self.width)

    def plus(self, *numbers: Any) -> Any:
        """A sum; integers are constants."""
        terms = [self.const(n) if isinstance(n, int) else n for n in numbers]
        return self.prover.terms(K.BV_ADD, *terms) if len(terms) > 1 else terms[0]

    def minus(self, number: Any, other: Any) -> Any:
        """A difference; integers are constants."""
        left, right = (self.const(n) if isinstance(n, int) else n for n in (number, other))
        return self.prover.terms(K.BV_SUB, left, right)

    def choose(self, *cases: tuple[Any, Any], otherwise: Any) -> Any:
        """The number of the first condition that holds; integers are constants."""
        number = self.plus(otherwise)
        for condition, value in reversed(cases):
            number = self.prover.terms(K.ITE, condition, self.plus(value), number)
        return number

    def claim(
        self,
        name: str,
        statement: str,
        *,
        good: Any,
        rank: Callable[[int], Any],
        within: int | Any,
        assumptions: Sequence[Any],
        witness: Mapping[str, Any] | None = None,
    ) -> None:
        """Add the claim that `good` holds in one of `within` clocks, clock 0 being the first.

        Parameters
        ----------
        name, statement : of the claim.
        good : a formula about clock 0.
        rank : clock (0 or 1) -> the rank in it.
        within : an integer, or a number of this width.
        assumptions : what holds in clocks 0 and 1. What they say of clock 0 must hold in every
            clock of the wait: the claim is about any of them.
        """
        prover, t = self.prover, self.prover.terms
        before, after = rank(0), rank(1)
        prover.claim(
            name,
            statement,
            prover.both(
                prover.no(good),
                prover.either(
                    prover.no(t(K.BV_ULT, after, before)),
                    prover.no(t(K.BV_ULT, before, self.plus(within))),
                ),
            ),
            assumptions,
            {**(witness or {}), "rank@0": before, "rank@1": after},
        )
