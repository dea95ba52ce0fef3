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
    """Unsigned numbers of one width for all ranks of a proof, and the claims made of them.

    Parameters
    ----------
    prover : makes the terms.
    most : the largest rank, or number in a sum of ranks.
    """

    def __init__(self, prover: Prover, most: int) -> None:
        # Two bits more than the largest number has, so that a sum of four of them does not wrap.
        self.prover, self.width = prover, most.bit_length() + 2

    def const(self, value: int) -> Any:
        """A constant."""
        return self.prover.terms.const(value, self.width)

    def wide(self, vector: Any) -> Any:
        """A vector as an unsigned number of `width` bits."""
        return resize_unsigned(self.prover.terms, vector, self.width)

    def plus(self, *numbers: Any) -> Any:
        """The sum of numbers; Python integers stand for constants."""
        terms = [self.const(n) if isinstance(n, int) else n for n in numbers]
        return self.prover.terms(K.BV_ADD, *terms) if len(terms) > 1 else terms[0]

    def minus(self, number: Any, other: Any) -> Any:
        """`number` - `other`, which the caller keeps at 0 or above; integers are constants."""
        left, right = (self.const(n) if isinstance(n, int) else n for n in (number, other))
        return self.prover.terms(K.BV_SUB, left, right)

    def choose(self, *cases: tuple[Any, Any], otherwise: Any) -> Any:
        """The number that belongs to the first condition that holds; integers are constants.

        Parameters
        ----------
        cases : pairs of a condition and its number, in order.
        otherwise : the number where no condition holds.
        """
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
        name, statement : name of the claim, and what it says in words.
        good : formula that holds in clock 0 if the good thing happens in it.
        rank : function from a clock, 0 or 1, to the rank in that clock.
        within : clocks, an integer or a number of this width; the rank is below it.
        assumptions : conditions of clocks 0 and 1. Clock 0 stands for any clock of the wait, so
            what they say of it must hold throughout the wait.
        witness : signals that a counterexample shows, beside the two ranks.
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
