"""Words that prover, controls, certificates and reports share; importable without a solver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

PROVED, REFUTED, UNKNOWN, VACUOUS = "proved", "refuted", "unknown", "vacuous"

# What a prover's process prints before the JSON of its claims.
VERDICT = "VERDICT "


def control_row(name: str, bug: str, claims: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a certificate says of a seeded bug, from the claims about the design that has it: one must be refuted."""
    refuted = [claim for claim in claims if claim["verdict"] == REFUTED]
    unknown = any(claim["verdict"] == UNKNOWN for claim in claims)
    row: dict[str, Any] = {"name": name, "bug": bug, "expected": REFUTED}
    row["verdict"] = REFUTED if refuted else UNKNOWN if unknown else PROVED
    if refuted:
        shown = next((claim for claim in refuted if claim.get("counterexample")), refuted[0])
        row |= {"claim": shown["name"], "counterexample": shown.get("counterexample")}
    return row
