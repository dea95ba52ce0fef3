"""How a claim about wiring is stated: signals of the design, and what each must be."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sc_hw.proof.bits import Bits
from sc_hw.proof.flattened import Flattened, Instance, MissingPartError
from sc_hw.proof.prover import Prover

# Name of a signal, the signal, and what it must be.
Pair = tuple[str, Bits, Bits]
_SHOWN = 6  # signals that a counterexample lists


@dataclass
class Wiring:
    """Claims about a flattened design, and the registers that they have been about.

    Members
    -------
    prover : gets the claims.
    design : the design.
    claimed : registers and memories whose next value some claim states.
    """

    prover: Prover
    design: Flattened
    claimed: set[str] = field(default_factory=set)

    def const(self, value: int, width: int) -> Bits:
        """A constant."""
        return Bits.const(self.prover.terms, value, width)

    def signal(self, part: Instance, name: str) -> Bits:
        """A signal of a part."""
        return Bits(self.prover.terms, part.signal(name))

    def state(self, part: Instance, name: str, width: int = 0) -> Bits:
        """The present value of a part's register, of any width if that is 0."""
        return Bits(self.prover.terms, self.design.net.states[part.register(name, width)])

    def next(self, part: Instance, name: str, width: int = 0) -> Bits:
        """The next value of a part's register; the register counts as claimed."""
        register = part.register(name, width)
        self.claimed.add(register)
        try:
            return Bits(self.prover.terms, self.design.net.following[register])
        except KeyError:
            raise MissingPartError(f"register {register} never takes a value") from None

    def counter(self, part: Instance, name: str, count: int) -> Bits:
        """The present value of a counter below `count`; one that is always 0 has no register."""
        return self.state(part, name) if count > 1 else self.const(0, 1)

    def next_counter(self, part: Instance, name: str, count: int) -> Bits:
        """The next value of a counter below `count`."""
        return self.next(part, name) if count > 1 else self.const(0, 1)

    def pair(self, part: Instance, name: str, expected: Bits) -> Pair:
        """A signal of a part, and what it must be."""
        return (f"{part.path}.{name}".lstrip("."), self.signal(part, name), expected)

    def next_pair(self, part: Instance, name: str, expected: Bits, width: int = 0) -> Pair:
        """The next value of a part's register, and what it must be."""
        return (f"{part.path}.{name} (next)".lstrip("."), self.next(part, name, width), expected)

    def claim(
        self,
        name: str,
        statement: str,
        pairs: Callable[[], Iterable[Pair]],
        assuming: Callable[[], Sequence[Bits]] = tuple,
    ) -> None:
        """Claim that signals are what they must be, for every state and input.

        Parameters
        ----------
        name, statement : of the claim.
        pairs : gives the signals and what they must be. A part or signal that is missing in the
            design, or has another width, refutes the claim.
        assuming : gives bits that are 1, by other claims or by the protocol of a stream.
        """
        began = time.perf_counter()
        try:
            rows = list(pairs())
            assumptions = [bit.holds for bit in assuming()]
            differences = {
                label: (present, expected)
                for label, present, expected in rows
                if _widths(label, present, expected) and present.term != expected.term
            }
        except (MissingPartError, ValueError) as error:
            fault = {"fault": str(error)}
            self.prover.record(name, statement, False, time.perf_counter() - began, fault)
            return
        if not differences:  # the same terms
            self.prover.record(name, statement, True, time.perf_counter() - began)
            return
        terms = self.prover.terms
        unequal = [terms.differ(a.term, b.term) for a, b in differences.values()]
        claim = self.prover.claim(name, statement, self.prover.either(*unequal), assumptions, {})
        if claim.verdict == "refuted":
            self._explain(differences, assumptions)

    def _explain(self, differences: dict[str, tuple[Bits, Bits]], assumptions: list[Any]) -> None:
        """Give a refuted claim a counterexample: the signals that can differ, with values."""
        claim = self.prover.claims.pop()
        scratch = Prover(self.prover.terms, self.prover.limit_s)
        example: dict[str, Any] = {}
        for label, (present, expected) in differences.items():
            witness = {f"{label} (Verilog)": present.term, f"{label} (claimed)": expected.term}
            unequal = self.prover.terms.differ(present.term, expected.term)
            example |= scratch.claim(label, "", unequal, assumptions, witness).counterexample or {}
            if len(example) >= _SHOWN:
                break
        seconds = claim.seconds + sum(each.seconds for each in scratch.claims)
        self.prover.record(claim.name, claim.statement, False, seconds, example)


def _widths(label: str, present: Bits, expected: Bits) -> bool:
    if len(present) != len(expected):
        raise ValueError(f"{label} must have {len(expected)} bits, not {len(present)}")
    return True
