# amaranth: UnusedElaboratable=no
"""Proofs about transfers between two clocks, for any two clocks and with resets at any time.

`python -m sc_hw.proof.blocks.network.crossing --out reports` writes `crossing_proofs.json` and
`.md`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from sc_hw.build.elaborate import sha256
from sc_hw.build.emit import to_verilog
from sc_hw.files import write_json, write_text
from sc_hw.network.cdc import WordCrossing
from sc_hw.progress import Progress, silent
from sc_hw.proof.blocks.network.crossing_harness import (
    DUT,
    WITNESS,
    Delivers,
    First,
    Gray,
    Harness,
    Notified,
    Once,
    Order,
    Quiet,
    Reached,
    Settles,
)
from sc_hw.proof.mutants.crossing import LIMIT_S, MUTANTS, Counter
from sc_hw.proof.mutants.mutant import finish_mutants, start_mutants
from sc_hw.proof.pdr import Model, counterexample_of, decide
from sc_hw.proof.verdicts import PROVED, REFUTED, Claim, MutantCounts
from sc_hw.tools import find
from sc_model.processes import TaskPool

PROOF_SCHEMA = "sc-hw.crossing_proofs.v2"
# Pointers of one, two and three bits. Deeper crossings take minutes for a claim, and are proved
# where a network has one.
DEPTHS = (1, 2, 4)
STATEMENTS: dict[type[Harness], str] = {
    Order: (
        "after any one word comes the one that was accepted after it: nothing is lost, doubled,"
        " torn or reordered"
    ),
    First: (
        "the first word out after a restart of the reader is the first that went in after one of"
        " the source"
    ),
    Once: (
        "a word comes out at most once, after it was accepted, and never after a restart that it"
        " did not come after"
    ),
    Gray: "while the other side is open, a pointer that it looks at changes in one bit at a time",
    Quiet: "a side that is reset, or told to clear, neither takes nor gives a word",
    Notified: (
        "before a side opens again after its reset the other has been told to clear, and nobody is"
        " told without a reset"
    ),
    Settles: (
        f"{Settles.rounds} rounds (an edge or more of both clocks) after the last reset both sides"
        " are open and stay so"
    ),
    Delivers: f"within {Delivers.rounds} rounds after the last reset a waiting word comes out",
}


@dataclass(frozen=True)
class _Task:
    """One claim about a crossing.

    Members
    -------
    name, statement : of the claim.
    model : makes the harness and the design.
    cover : the claim is that a state can be reached.
    """

    name: str
    statement: str
    model: Callable[[], Model]
    cover: bool = False

    def decide(self, folder: Path, file: str, limit_s: float, progress: Progress) -> dict[str, Any]:
        """The claim as a certificate holds it; a cover that can be reached counts as proved."""
        answer = decide(self.model(), folder, file, limit_s=limit_s, cover=self.cover)
        # PDR decides the assertion that the state can't be reached, so the verdicts change places.
        # The trace that refutes that assertion is no counterexample of the claim.
        verdict, example = answer.verdict, counterexample_of(answer, WITNESS)
        if self.cover:
            verdict = {REFUTED: PROVED, PROVED: REFUTED}.get(verdict, verdict)
            example = None
        progress(f"{self.name}: {verdict}")
        return Claim(self.name, self.statement, verdict, answer.seconds, example).as_json()


def _around(harness: Callable[[int], Harness], depth: int) -> Callable[[], Model]:
    """Makes the harness around a crossing of that depth."""

    def make() -> Model:
        around = harness(depth)
        return around.model(WordCrossing(around.width, depth))

    return make


def _claims_about(depth: int) -> list[_Task]:
    claims = [
        _Task(f"depth {depth}: {kind.__name__.lower()}", statement, _around(kind, depth))
        for kind, statement in STATEMENTS.items()
    ]
    # Most claims have the form "if a word comes out, then ...": they would hold of a crossing that
    # never moves. So states that must be possible are claims as well.
    covers = [
        _Task(
            f"depth {depth}: {goal} is possible",
            f"it can be reached: {statement}",
            _around(partial(Reached, goal=goal), depth),
            cover=True,
        )
        for goal, statement in Reached.GOALS.items()
    ]
    return [*claims, *covers]


def crossing_tasks(
    depths: Sequence[int], folder: Path, limit_s: float = LIMIT_S, progress: Progress = silent
) -> list[Callable[[], dict[str, Any]]]:
    """Claims about crossings of some depths; each task decides one.

    Parameters
    ----------
    depths : words that the crossings hold. A word's width is no parameter, since a crossing never
        looks at one.
    folder : where the solver's files go.
    limit_s : seconds for one claim before its verdict is ``unknown``.
    progress : gets a line for each verdict.

    A task returns its claim as a certificate holds it. It raises ToolError where a tool is missing
    or dies.
    """
    tasks = [
        _Task(
            "counter in gray code",
            "two readers (of 4 bits) see the same, and it is the counter or a step behind",
            Counter("gray", 4).model,
        )
    ]
    # The counter once: its claim does not depend on the depth of a crossing.
    for depth in depths:
        tasks += _claims_about(depth)
    return [
        partial(task.decide, folder, f"crossing_{index:03}", limit_s, progress)
        for index, task in enumerate(tasks)
    ]


def prove_crossings(
    depths: Sequence[int] = DEPTHS,
    *,
    limit_s: float = LIMIT_S,
    jobs: int = 1,
    mutants: bool = True,
    progress: Progress = silent,
    folder: Path | None = None,
) -> dict[str, Any]:
    """Decide all claims about crossings of some depths, and refute the mutants of a crossing.

    Parameters
    ----------
    depths, limit_s, progress : see :func:`crossing_tasks`.
    jobs : solvers at a time.
    mutants : also refute mutants.
    folder : where the solver's files stay; a temporary folder by default.

    Returns `claims` and `mutants` as certificates hold them, and `passed`. Raises ToolError where a
    tool is missing or dies.
    """
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="sc-hw-crossings-") as name:
            return prove_crossings(
                depths,
                limit_s=limit_s,
                jobs=jobs,
                mutants=mutants,
                progress=progress,
                folder=Path(name),
            )
    with TaskPool(max_workers=jobs) as pool:
        tasks = crossing_tasks(depths, folder, limit_s, progress)
        claims = [pool.submit(task) for task in tasks]
        faults = MUTANTS if mutants else ()
        # Behind the claims in the pool. They need no build: each mutant brings a harness of its
        # own.
        trials = start_mutants(faults, None, folder, limit_s, pool)
        rows = finish_mutants(trials, progress)
        answers = [claim.result() for claim in claims]
    return {
        "passed": (
            all(claim["verdict"] == PROVED for claim in answers)
            and all(row["verdict"] == row["expected"] for row in rows)
        ),
        "claims": answers,
        "mutants": rows,
    }


def certificate(depths: Sequence[int], result: dict[str, Any], seconds: float) -> dict[str, Any]:
    """The content of `crossing_proofs.json`: a result with its tools and the Verilog's hashes."""
    yosys = find("yosys")
    return {
        "schema_version": PROOF_SCHEMA,
        "passed": result["passed"],
        # Of the narrowest word, since the claims do not depend on a width.
        "verilog_sha256": {
            str(depth): sha256(to_verilog(WordCrossing(1, depth), DUT, None)) for depth in depths
        },
        "solver": f"ABC pdr of yosys {yosys.version} ({yosys.source})",
        "seconds": round(seconds, 1),
        "claims": result["claims"],
        "mutants": result["mutants"],
    }


def report(data: dict[str, Any]) -> str:
    """The certificate as a page."""
    verdict = "All proved" if data["passed"] else "NOT PASSED"
    lines = [
        "# Crossings: proofs",
        "",
        (
            f"{data['solver']}, {data['seconds']} s. Unbounded: every reachable state, any two"
            " clocks, resets and restarts of either"
        ),
        (
            "side at any time; every bit that changes just before an edge is sampled old or new."
            " The solver marks words of its"
        ),
        "choice; a crossing never looks at a word, so its width does not matter.",
        "",
        f"**{verdict}: {MutantCounts.of(data['mutants'])}.**",
        "",
        "| claim | statement | verdict | s |",
        "|---|---|---|---|",
        *(
            f"| {c['name']} | {c['statement']} | {c['verdict']} | {c['seconds']:.1f} |"
            for c in data["claims"]
        ),
        "",
        "| mutant | what is wrong | verdict |",
        "|---|---|---|",
        *(f"| {c['name']} | {c['bug']} | {c['verdict']} |" for c in data["mutants"]),
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    """Prove and write the report; 1 if a claim was not proved or a mutant not refuted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("reports"), help="folder of the report")
    parser.add_argument(
        "--depths", type=int, nargs="+", default=list(DEPTHS), help="words that the crossings hold"
    )
    parser.add_argument("--limit", type=float, default=LIMIT_S, help="seconds for one claim")
    parser.add_argument("--jobs", type=int, default=1, help="solvers at a time")
    arguments = parser.parse_args()
    began = perf_counter()

    def progress(text: str) -> None:
        print(f"{perf_counter() - began:7.1f} s  {text}", flush=True)

    result = prove_crossings(
        arguments.depths, limit_s=arguments.limit, jobs=arguments.jobs, progress=progress
    )
    data = certificate(arguments.depths, result, perf_counter() - began)
    write_json(arguments.out / "crossing_proofs.json", data)
    write_text(arguments.out / "crossing_proofs.md", report(data))
    return 0 if data["passed"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
