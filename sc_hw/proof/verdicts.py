"""Words that provers, mutants, certificates and reports share; importable without a solver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Verdicts on a claim. `vacuous`: it holds, but only because its assumptions contradict each other.
PROVED, REFUTED, UNKNOWN, VACUOUS = "proved", "refuted", "unknown", "vacuous"

# Verdicts on a mutant that no proof can refute: it is the same function as the original design, or
# the design lacks the hardware that the mutant changes.
EQUIVALENT, NO_PLACE = "equivalent", "no place"

# Answers of a comparison of a mutant with the original design, beside `equivalent` and `unknown`.
DIFFERENT = "different"

# A process of the prover prints this word in front of the JSON of its answer.
VERDICT = "VERDICT "


@dataclass(frozen=True)
class Claim:
    """A statement and the verdict on it.

    Members
    -------
    name : short name, unique within the proof of a design.
    statement : what is claimed, in words.
    verdict : one of the four verdicts on a claim.
    seconds : time that the decision took.
    counterexample : signal -> value for a refuted claim, else None.
    """

    name: str
    statement: str
    verdict: str
    seconds: float
    counterexample: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """The claim as a certificate holds it."""
        row: dict[str, Any] = {
            "name": self.name,
            "statement": self.statement,
            "verdict": self.verdict,
            "seconds": round(self.seconds, 3),
        }
        if self.counterexample is not None:
            row["counterexample"] = dict(self.counterexample)
        return row


def mutant_row(name: str, bug: str, claims: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a certificate says of a mutant, given the claims about it: one must be refuted."""
    refuted = [claim for claim in claims if claim["verdict"] == REFUTED]
    undecided = any(claim["verdict"] == UNKNOWN for claim in claims)
    row: dict[str, Any] = {"name": name, "bug": bug, "expected": REFUTED}
    row["verdict"] = REFUTED if refuted else UNKNOWN if undecided else PROVED
    if refuted:
        # A counterexample says more than the name of a claim, so a claim that has one goes first.
        best = next((claim for claim in refuted if claim.get("counterexample")), refuted[0])
        row |= {"claim": best["name"], "counterexample": best.get("counterexample")}
    return row


def unrefutable_row(name: str, bug: str, verdict: str, reason: str) -> dict[str, Any]:
    """What a certificate says of a mutant that no proof can refute, and why it can't.

    `verdict` is ``equivalent`` or ``no place``; neither fails the certificate.
    """
    return {"name": name, "bug": bug, "expected": verdict, "verdict": verdict, "reason": reason}


@dataclass(frozen=True)
class MutantCounts:
    """How the mutants of a certificate fared.

    Members
    -------
    refuted : mutants that the proof refuted.
    equivalent : mutants that are the same function as the original design.
    absent : mutants of hardware that the design does not have.
    total : mutants that the design has the hardware for; what is neither refuted nor equivalent
        fails the certificate.
    """

    refuted: int
    equivalent: int
    absent: int
    total: int

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]]) -> MutantCounts:
        """The counts over the rows of a certificate's ``mutants``."""
        verdicts = [row["verdict"] for row in rows]
        absent = verdicts.count(NO_PLACE)
        return cls(
            verdicts.count(REFUTED), verdicts.count(EQUIVALENT), absent, len(verdicts) - absent
        )

    def __str__(self) -> str:
        text = f"{self.refuted} of {self.total} mutants refuted, {self.equivalent} equivalent"
        return f"{text}, {self.absent} without a place" if self.absent else text
