"""The committed proof sweep: `python -m sc_hw.flow.proof_sweep --out reports` proves corner and random configurations.

Lanes: all 32 corners of the parameter ranges and 40 random configurations. Banks: every family's pipeline.
"""

from __future__ import annotations

import argparse
import itertools
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from sc_hw.families import family_names
from sc_hw.flow.files import write_json, write_text
from sc_hw.flow.prove import prove, prove_many
from sc_model.spec import Design, RuleChoice

RANGES = {
    "weight_bits": (1, 32),
    "trace_bits": (2, 16),
    "reward_bits": (1, 16),
    "learning_shift": (0, 12),
    "trace_decay_shift": (0, 9),
}


def lane_designs(count: int = 40, seed: int = 2) -> list[Design]:
    """A lane for every corner of the ranges, and `count` random ones."""
    rng = random.Random(seed)
    corners = [dict(zip(RANGES, values, strict=True)) for values in itertools.product(*RANGES.values())]
    drawn = [{name: rng.randint(*bounds) for name, bounds in RANGES.items()} for _ in range(count)]
    names = [f"corner_{i}" for i in range(len(corners))] + [f"random_{i}" for i in range(count)]
    return [
        Design(name=name, block="lane", rule=RuleChoice(parameters=parameters))
        for name, parameters in zip(names, corners + drawn, strict=True)
    ]


def _row(name: str, certificate: Mapping[str, Any]) -> dict[str, Any]:
    claims = certificate["claims"]
    return {
        "design": name,
        "parameters": certificate["parameters"],
        "passed": certificate["passed"],
        "claims": len(claims),
        "proved": sum(claim["verdict"] == "proved" for claim in claims),
        "unknown": sum(claim["verdict"] == "unknown" for claim in claims),
        "seeded_bugs_refuted": sum(c["verdict"] == "refuted" for c in certificate["controls"]),
        "seeded_bugs": len(certificate["controls"]),
        "seconds": certificate["seconds"],
    }


def _markdown(summary: Mapping[str, Any]) -> str:
    lanes, banks = summary["lanes"], summary["banks"]
    lines = [
        "# Proof sweep",
        "",
        f"Made by `{summary['command']}`; solver {summary['solver']}, yosys {summary['yosys']}.",
        "",
        f"* Lanes: {sum(r['passed'] for r in lanes)} of {len(lanes)} configurations proved, "
        f"{sum(r['unknown'] for r in lanes)} claims unknown, {summary['lane_seconds']} s for all on 2 cores.",
        f"* Banks: {sum(r['passed'] for r in banks)} of {len(banks)} pipelines proved.",
        "",
        "| design | W | T | R | L | D | claims | proved | seeded bugs refuted | seconds |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in [*banks, *lanes]:
        parameters = " | ".join(str(row["parameters"][name]) for name in RANGES)
        bugs = f"{row['seeded_bugs_refuted']} of {row['seeded_bugs']}" if row["seeded_bugs"] else "not run"
        lines.append(f"| {row['design']} | {parameters} | {row['claims']} | {row['proved']} | {bugs} | {row['seconds']} |")
    return "\n".join(lines) + "\n"


def sweep(root: Path, jobs: int = 2, families: Sequence[str] | None = None) -> dict[str, Any]:
    """Prove everything and return the summary."""
    designs = lane_designs()
    began = perf_counter()
    certificates = prove_many(designs, root=root, jobs=jobs, progress=print)
    lane_seconds = round(perf_counter() - began, 1)
    banks = []
    for family in families if families is not None else family_names():
        design = Design(name=f"bank_{family}", block="bank", synapses=1024, fabric=family)
        banks.append(_row(design.name, prove(design, root=root, jobs=jobs, progress=print)))
    return {
        "schema_version": "sc-hw.proof-sweep.v1",
        "command": "make reports",
        "solver": certificates[0]["solver"],
        "yosys": certificates[0]["yosys"],
        "lane_seconds": lane_seconds,
        "lanes": [_row(design.name, row) for design, row in zip(designs, certificates, strict=True)],
        "banks": banks,
    }


def main() -> None:
    """Sweep, then write `proofs.json` and `proofs.md`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    given = parser.parse_args()
    summary = sweep(given.build)
    write_json(given.out / "proofs.json", summary)
    write_text(given.out / "proofs.md", _markdown(summary))


if __name__ == "__main__":
    main()
