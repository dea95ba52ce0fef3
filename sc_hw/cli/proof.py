"""`sc-hw prove`: claims about the Verilog, and mutants that they must refute."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from sc_hw.cli.terminal import (
    DEFAULT_ROOT,
    AsJson,
    DesignFile,
    Jobs,
    Root,
    out,
    print_json,
    progress_lines,
    verdict,
)
from sc_hw.errors import EXIT_FAILED
from sc_model.spec import load_design

UNKNOWN = (
    "unknown: the solver needs longer than --limit. Where a rule multiplies values, give factors"
    " and product names (ops.let), or fewer bits: docs/writing_a_rule.md."
)


def prove(
    design: DesignFile,
    build: Root = DEFAULT_ROOT,
    mutants: Annotated[
        bool,
        typer.Option(
            "--mutants/--no-mutants",
            "--controls/--no-controls",  # the name in older scripts
            help="Also refute mutants, designs with one fault each: a proof that can't fail proves"
            " nothing.",
        ),
    ] = True,
    check: Annotated[
        bool,
        typer.Option("--check", help="Only check that the certificate belongs to the Verilog."),
    ] = False,
    limit: Annotated[float, typer.Option(min=0.1, max=86400, help="Seconds for one claim.")] = 60.0,
    jobs: Jobs = 2,
    as_json: AsJson = False,
) -> None:
    """Prove that the Verilog equals the rule for all states and inputs; writes proof.json."""
    from sc_hw.proof import prove as prover
    from sc_hw.proof.verdicts import MutantCounts

    subject = load_design(design)
    if check:
        certificate = prover.check(subject, root=build)
    else:
        with progress_lines(as_json) as progress:
            certificate = prover.prove(
                subject, root=build, mutants=mutants, limit_s=limit, jobs=jobs, progress=progress
            )
    if as_json:
        print_json(certificate)
    else:
        for claim in certificate["claims"]:
            if claim["verdict"] != "proved":
                out.print(f"[red]{claim['verdict']}[/red] {claim['name']}: {claim['statement']}")
                for signal, value in (claim.get("counterexample") or {}).items():
                    out.print(f"    {signal:32} {value}", markup=False)
        if any(claim["verdict"] == "unknown" for claim in certificate["claims"]):
            out.print(UNKNOWN, markup=False)
        for mutant in certificate["mutants"]:
            if mutant["verdict"] != mutant["expected"]:
                why = escape(mutant.get("reason", mutant["bug"]))
                out.print(f"[red]mutant not refuted[/red]: {mutant['name']} ({why})")
        count = sum(claim["verdict"] == "proved" for claim in certificate["claims"])
        out.print(
            f"{subject.name}: {verdict(certificate['passed'])}: {count} of"
            f" {len(certificate['claims'])} claims proved,"
            f" {MutantCounts.of(certificate['mutants'])}, {certificate['seconds']} s"
        )
    if not certificate["passed"]:
        raise typer.Exit(EXIT_FAILED)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(epilog="Example: sc-hw prove my_lane.toml")(prove)
