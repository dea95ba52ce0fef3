"""Words that prover, controls, certificates and reports share; importable without a solver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PROVED, REFUTED, UNKNOWN, VACUOUS = "proved", "refuted", "unknown", "vacuous"

# What a prover's process prints before the JSON of its claims.
VERDICT = "VERDICT "


@dataclass(frozen=True)
class Claim:
    """A statement and its verdict. A refuted one has a counterexample: signal -> value.

    ``vacuous``: it holds, but only because what it assumes can't be.
    """

    name: str
    statement: str
    verdict: str
    seconds: float
    counterexample: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """The claim as written to a certificate."""
        row: dict[str, Any] = {
            "name": self.name,
            "statement": self.statement,
            "verdict": self.verdict,
            "seconds": round(self.seconds, 3),
        }
        return (
            row
            if self.counterexample is None
            else {**row, "counterexample": dict(self.counterexample)}
        )


def control_row(name: str, bug: str, claims: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a certificate says of a seeded bug, from the claims about the design that has it: one
    must be refuted.
    """
    refuted = [claim for claim in claims if claim["verdict"] == REFUTED]
    unknown = any(claim["verdict"] == UNKNOWN for claim in claims)
    row: dict[str, Any] = {"name": name, "bug": bug, "expected": REFUTED}
    row["verdict"] = REFUTED if refuted else UNKNOWN if unknown else PROVED
    if refuted:
        shown = next((claim for claim in refuted if claim.get("counterexample")), refuted[0])
        row |= {"claim": shown["name"], "counterexample": shown.get("counterexample")}
    return row
