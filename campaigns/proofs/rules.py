"""Lanes and banks of every rule, proved on every fabric that builds products in its own way.

`python -m campaigns.proofs.rules --out reports` writes rule_proofs.json and rule_proofs.md, a row
for each rule, block and fabric, with the rule's default parameters. With `--family`, `--block` or
`--fabric` some rows are proved anew, and the others are kept; the report is written after each.
The sequencers of other depths are left out: `campaigns.proof_sweep` has them.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from campaigns.fpga.measured import kept_rows
from campaigns.freshness.stamps import write_report
from campaigns.proof_sweep import LAYER_FABRICS, mutants_cell, proof_row
from sc_hw.files import write_json
from sc_hw.proof.prove import prove
from sc_model.rules import rule_families
from sc_model.spec import Design

SCHEMA = "sc-hw.rule-proofs.v1"
REPORT = "rule_proofs"
COMMAND = "python -m campaigns.proofs.rules"
BLOCKS = ("lane", "bank")
SYNAPSES = 40  # more than any pipeline has stages


@dataclass(frozen=True)
class Case:
    """What tells a row from the others.

    Members
    -------
    family : rule.
    block : lane or bank.
    fabric : how multipliers and carry chains are built.
    """

    family: str
    block: str
    fabric: str

    def design(self) -> Design:
        """The case's design."""
        return Design.model_validate(
            {
                "name": f"{self.block}_{self.family}_{self.fabric}",
                "block": self.block,
                "fabric": self.fabric,
                "rule": {"family": self.family},
                **({"synapses": SYNAPSES} if self.block == "bank" else {}),
            }
        )


def cases(
    families: Iterable[str] = (), blocks: Iterable[str] = (), fabrics: Iterable[str] = ()
) -> list[Case]:
    """The cases of some rules, blocks and fabrics; all of them where none is named."""
    axes = (tuple(families) or rule_families(), tuple(blocks) or BLOCKS)
    return list(itertools.starmap(Case, itertools.product(*axes, tuple(fabrics) or LAYER_FABRICS)))


def row_of(case: Case, root: Path, mutants: bool, jobs: int) -> dict[str, Any]:
    """Prove a case. `slowest`: the claim that took the longest, and its seconds."""
    certificate = prove(
        case.design(), root=root, mutants=mutants, schedules=False, jobs=jobs, progress=print
    )
    slowest = max(certificate["claims"], key=lambda claim: float(claim["seconds"]))
    row = proof_row(case.design().name, certificate)
    return {
        **asdict(case),
        **{key: value for key, value in row.items() if key not in ("design", "parameters")},
        "slowest": f"{slowest['name']}, {slowest['seconds']:.1f} s",
        "solver": certificate["solver"],
        "yosys": certificate["yosys"],
    }


def page(rows: Sequence[Mapping[str, Any]]) -> str:
    """The report as Markdown."""
    lines = [
        "# Proofs of the rules' lanes and banks",
        "",
        f"`{COMMAND}`; {'; '.join(sorted({row['solver'] for row in rows}))}, one process on a"
        " machine with other work.",
        "",
        f"{sum(row['passed'] for row in rows)} of {len(rows)} passed, default parameters, banks of"
        f" {SYNAPSES} synapses. On ice40_hx products are built of adders.",
        "",
        "| rule | block | fabric | claims | proved | unknown | mutants refuted | seconds | slowest"
        " claim |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = [row[key] for key in ("family", "block", "fabric", "claims", "proved", "unknown")]
        cells += [mutants_cell(row), row["seconds"], row["slowest"]]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Prove, and write the report after each row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", action="append", default=[], choices=rule_families())
    parser.add_argument("--block", action="append", default=[], choices=BLOCKS)
    parser.add_argument("--fabric", action="append", default=[], choices=LAYER_FABRICS)
    parser.add_argument("--mutants", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    options = parser.parse_args()
    every = [asdict(case) for case in cases()]
    for case in cases(options.family, options.block, options.fabric):
        row = row_of(case, options.build, options.mutants, options.jobs)
        print(row, flush=True)
        rows = kept_rows(options.out / f"{REPORT}.json", [row], every)
        write_json(
            options.out / f"{REPORT}.json", {"schema": SCHEMA, "command": COMMAND, "rows": rows}
        )
        write_report(options.out, REPORT, page(rows))


if __name__ == "__main__":
    main()
