"""The committed proof sweep: `python -m campaigns.proof_sweep --out reports`.

Lanes: all 32 corners of the parameter ranges and 40 random configurations. Banks: the pipeline of
every family. With `--layers N` layers in place of both: N random ones for each family that builds
lanes in a way of its own, and one more that is proved with its mutants and the schedules of all
sizes.
"""

from __future__ import annotations

import argparse
import itertools
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from campaigns.freshness.stamps import write_report
from campaigns.layer_designs import layer_designs
from sc_hw.fabric.families import family_names
from sc_hw.files import write_json
from sc_hw.proof.prove import prove, prove_many
from sc_hw.proof.verdicts import MutantCounts
from sc_model.spec import Design, NeuronSpec, PlasticLayerSpec, RuleChoice

# Least and most of each parameter of the lanes' rule.
RANGES = {
    "weight_bits": (1, 32),
    "trace_bits": (2, 16),
    "reward_bits": (1, 16),
    "learning_shift": (0, 12),
    "trace_decay_shift": (0, 9),
}
# These build a layer's lanes in different ways: inferred, on ECP5, on UltraPlus, and of adders.
LAYER_FABRICS = ("generic", "ecp5", "ice40_up", "ice40_hx")
# The one layer that is proved with its mutants and the schedules of all sizes.
MUTATED = Design(
    name="layer_mutants",
    block="layer",
    layer=PlasticLayerSpec(inputs=40, neurons=6, lanes=2, chains=1, critic_shift=3, counters=True),
    neuron=NeuronSpec(winner_take_all=True, noise_bits=4, refractory=2),
)


def lane_designs(count: int = 40, seed: int = 2) -> list[Design]:
    """A lane for every corner of the ranges, and `count` random ones."""
    rng = random.Random(seed)
    corners = [
        dict(zip(RANGES, values, strict=True)) for values in itertools.product(*RANGES.values())
    ]
    random_values = [
        {name: rng.randint(*bounds) for name, bounds in RANGES.items()} for _ in range(count)
    ]
    names = [f"corner_{i}" for i in range(len(corners))] + [f"random_{i}" for i in range(count)]
    return [
        Design(name=name, block="lane", rule=RuleChoice(parameters=parameters))
        for name, parameters in zip(names, corners + random_values, strict=True)
    ]


def layers(root: Path, count: int, jobs: int = 2) -> dict[str, Any]:
    """Prove random layers, and one with mutants; return what `layer_proofs.json` holds.

    Parameters
    ----------
    root : folder of builds.
    count : random layers for each of `LAYER_FABRICS`.
    jobs : processes at a time.
    """
    start = perf_counter()
    designs = [design for fabric in LAYER_FABRICS for design in layer_designs(fabric, count)]
    certificates = prove_many(designs, root=root, jobs=jobs, progress=print)
    rows = [proof_row(design.name, row) for design, row in zip(designs, certificates, strict=True)]
    mutated = proof_row(MUTATED.name, prove(MUTATED, root=root, jobs=jobs, progress=print))
    return {
        "schema_version": "sc-hw.layer-proof-sweep.v1",
        "command": f"python -m campaigns.proof_sweep --layers {count}",
        "solver": certificates[0]["solver"],
        "yosys": certificates[0]["yosys"],
        "seconds": round(perf_counter() - start, 1),
        "layers": [
            {
                **row,
                "fabric": d.fabric,
                "rule": d.rule.family,
                "design_file": d.model_dump(mode="json"),
            }
            for row, d in zip([*rows, mutated], [*designs, MUTATED], strict=True)
        ],
    }


def _layer_markdown(summary: Mapping[str, Any]) -> str:
    """The summary of layers as Markdown."""
    rows = summary["layers"]
    lines = [
        "# Proof sweep of layers",
        "",
        (
            f"Made by `{summary['command']}`; solver {summary['solver']}, yosys {summary['yosys']}."
            " The JSON has every design."
        ),
        "",
        (
            f"* {sum(r['passed'] for r in rows)} of {len(rows)} layers proved,"
            f" {sum(r['unknown'] for r in rows)} claims unknown, {summary['seconds']} s for all on"
            " 2 cores."
        ),
        "",
        (
            "| design | rule | fabric | memory | neurons | claims | proved | mutants refuted |"
            " seconds |"
        ),
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        layer, neuron = row["design_file"]["layer"], row["design_file"]["neuron"]
        kind = "winner-take-all" if neuron["winner_take_all"] else "all that are ready"
        lines.append(
            f"| {row['design']} | {row['rule']} | {row['fabric']} | {layer['memory']} | {kind} |"
            f" {row['claims']} | {row['proved']} | {mutants_cell(row)} | {row['seconds']} |"
        )
    return "\n".join(lines) + "\n"


def proof_row(name: str, certificate: Mapping[str, Any]) -> dict[str, Any]:
    """What the summary holds of a certificate: numbers of claims and mutants by verdict."""
    claims, mutants = certificate["claims"], MutantCounts.of(certificate["mutants"])
    return {
        "design": name,
        "parameters": certificate["parameters"],
        "passed": certificate["passed"],
        "claims": len(claims),
        "proved": sum(claim["verdict"] == "proved" for claim in claims),
        "unknown": sum(claim["verdict"] == "unknown" for claim in claims),
        "mutants_refuted": mutants.refuted,
        "mutants_equivalent": mutants.equivalent,
        "mutants": mutants.total,
        "seconds": certificate["seconds"],
    }


def mutants_cell(row: Mapping[str, Any]) -> str:
    """Text of a table's cell: how many mutants were refuted and how many are equivalent."""
    if not row["mutants"]:
        return "not run"
    text = f"{row['mutants_refuted']} of {row['mutants']}"
    equivalent = row["mutants_equivalent"]
    return f"{text}, {equivalent} equivalent" if equivalent else text


def _markdown(summary: Mapping[str, Any]) -> str:
    """The summary of lanes and banks as Markdown."""
    lanes, banks = summary["lanes"], summary["banks"]
    lines = [
        "# Proof sweep",
        "",
        f"Made by `{summary['command']}`; solver {summary['solver']}, yosys {summary['yosys']}.",
        "",
        (
            f"* Lanes: {sum(r['passed'] for r in lanes)} of {len(lanes)} configurations proved,"
            f" {sum(r['unknown'] for r in lanes)} claims unknown, {summary['lane_seconds']} s for"
            " all on 2 cores."
        ),
        f"* Banks: {sum(r['passed'] for r in banks)} of {len(banks)} pipelines proved.",
        "",
        "| design | W | T | R | L | D | claims | proved | mutants refuted | seconds |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in [*banks, *lanes]:
        parameters = " | ".join(str(row["parameters"][name]) for name in RANGES)
        mutants = mutants_cell(row)
        lines.append(
            f"| {row['design']} | {parameters} | {row['claims']} | {row['proved']} | {mutants} |"
            f" {row['seconds']} |"
        )
    return "\n".join(lines) + "\n"


def sweep(root: Path, jobs: int = 2, families: Sequence[str] | None = None) -> dict[str, Any]:
    """Prove lanes and banks; return what `proofs.json` holds.

    Parameters
    ----------
    root : folder of builds.
    jobs : processes at a time.
    families : families whose banks are proved; None for all.
    """
    designs = lane_designs()
    start = perf_counter()
    certificates = prove_many(designs, root=root, jobs=jobs, progress=print)
    lane_seconds = round(perf_counter() - start, 1)
    banks = []
    for family in families if families is not None else family_names():
        design = Design(name=f"bank_{family}", block="bank", synapses=1024, fabric=family)
        banks.append(proof_row(design.name, prove(design, root=root, jobs=jobs, progress=print)))
    return {
        "schema_version": "sc-hw.proof-sweep.v1",
        "command": "make reports",
        "solver": certificates[0]["solver"],
        "yosys": certificates[0]["yosys"],
        "lane_seconds": lane_seconds,
        "lanes": [
            proof_row(design.name, row) for design, row in zip(designs, certificates, strict=True)
        ],
        "banks": banks,
    }


def main() -> None:
    """Sweep, then write `proofs.json` and `proofs.md` (of layers: `layer_proofs`)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    parser.add_argument(
        "--layers", type=int, default=0, help="random layers a family, instead of lanes and banks"
    )
    options = parser.parse_args()
    if options.layers:
        summary = layers(options.build, options.layers)
        write_json(options.out / "layer_proofs.json", summary)
        write_report(options.out, "layer_proofs", _layer_markdown(summary))
        return
    summary = sweep(options.build)
    write_json(options.out / "proofs.json", summary)
    write_report(options.out, "proofs", _markdown(summary))


if __name__ == "__main__":
    main()
