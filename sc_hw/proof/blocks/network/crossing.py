"""Proofs about crossings, for every relation of the two clocks and resets at any time.

`python -m sc_hw.proof.blocks.network.crossing --out reports` writes `crossing_proofs.json` and
`.md`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
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
    Delivers,
    First,
    Gray,
    Harness,
    Once,
    Order,
    Quiet,
    Reached,
    Settles,
    Told,
)
from sc_hw.proof.mutants.crossing import CONTROLS, COUNTERS, Counter
from sc_hw.proof.pdr import Answer, Model, decide, shown
from sc_hw.proof.verdicts import PROVED, REFUTED, Claim
from sc_hw.tools.tools import find

PROOF_SCHEMA = "sc-hw.crossing_proofs.v1"
DEPTHS = (1, 2, 4)
LIMIT_S = 240.0
STATED: dict[type[Harness], str] = {
    Order: (
        "after any one word comes the one that was accepted after it: nothing lost, doubled, torn"
        " or reordered"
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
    Told: (
        "before a side opens again after its reset the other has been told to clear, and nobody is"
        " told without a reset"
    ),
    Settles: (
        f"{Settles.rounds} rounds (an edge or more of both clocks) after the last reset both sides"
        " are open and stay so"
    ),
    Delivers: f"within {Delivers.rounds} rounds after the last reset a waiting word comes out",
}
_SHOWN = ("i_gray", "o_gray", "i_open", "o_open", "i_asks", "o_asks", "i_want", "o_want")


@dataclass(frozen=True)
class _Task:
    """One run of the solver. `expected`: the verdict that makes it a success."""

    name: str
    statement: str
    model: Callable[[], Model]
    cover: bool = False
    control: bool = False


def _around(harness: Callable[[int], Harness], depth: int) -> Callable[[], Model]:
    def make() -> Model:
        around = harness(depth)
        return around.model(WordCrossing(around.width, depth))

    return make


def _tasks(depths: Sequence[int], controls: bool) -> list[_Task]:
    tasks = [
        _Task(
            "counter in gray code",
            "two readers (of 4 bits) see the same, and it is the counter or a step behind",
            Counter("gray", 4).model,
        )
    ]
    for depth in depths:
        tasks += [
            _Task(f"depth {depth}: {kind.__name__.lower()}", STATED[kind], _around(kind, depth))
            for kind in STATED
        ]
        for goal in Reached.GOALS:
            reach = _around(partial(Reached, goal=goal), depth)
            tasks.append(
                _Task(
                    f"depth {depth}: {goal} is possible",
                    f"it can be reached: {Reached.GOALS[goal]}",
                    reach,
                    cover=True,
                )
            )
    if controls:
        tasks += [
            _Task(name, bug, Counter(kind).model, control=True) for name, bug, kind in COUNTERS
        ]
        tasks += [
            _Task(control.name, control.bug, control.model, control=True) for control in CONTROLS
        ]
    return tasks


def _as_claim(task: _Task, answer: Answer) -> dict[str, Any]:
    """A cover that was reached is a claim that was proved, with the way there left out."""
    verdict = answer.verdict
    if task.cover:
        verdict = {REFUTED: PROVED, PROVED: REFUTED}.get(verdict, verdict)
    example = None if task.cover or answer.trace is None else _example(answer)
    return Claim(task.name, task.statement, verdict, answer.seconds, example).as_json()


def _example(answer: Answer) -> dict[str, Any]:
    trace = answer.trace or {}
    names = [name for name in trace if "." not in name and not name.startswith("watch_")]
    return shown(trace, [*names, *(f"dut.{name}" for name in _SHOWN)])


def prove_crossings(
    depths: Sequence[int] = DEPTHS,
    *,
    limit_s: float = LIMIT_S,
    jobs: int = 1,
    controls: bool = True,
    progress: Progress = silent,
    folder: Path | None = None,
) -> dict[str, Any]:
    """Decide all claims about crossings of given depths, and that seeded faults are refuted.

    Parameters
    ----------
    depths : words that the crossings hold. A word's width is not among the parameters: a crossing
        never looks at one.
    limit_s : seconds for one claim before its verdict is ``unknown``.
    jobs : solvers at a time.
    controls : also refute seeded faults.
    folder : where the solver's files stay, else they go.

    Returns `claims` and `controls` as certificates hold them, and `passed`. Raises ToolError where
    a tool is missing or dies.
    """
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="sc-hw-crossings-") as name:
            return prove_crossings(
                depths,
                limit_s=limit_s,
                jobs=jobs,
                controls=controls,
                progress=progress,
                folder=Path(name),
            )
    tasks = _tasks(depths, controls)

    def one(numbered: tuple[int, _Task, Model]) -> Answer:
        index, task, model = numbered
        answer = decide(model, folder, f"task_{index:03}", limit_s=limit_s, cover=task.cover)
        progress(
            f"{task.name}:"
            f" {'reached' if task.cover and answer.verdict == REFUTED else answer.verdict}"
        )
        return answer

    models = [(index, task, task.model()) for index, task in enumerate(tasks)]
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        answers = list(pool.map(one, models))
    claims, seeded = [], []
    for task, answer in zip(tasks, answers, strict=True):
        if task.control:
            row = {
                "name": task.name,
                "bug": task.statement,
                "expected": REFUTED,
                "verdict": answer.verdict,
            }
            seeded.append(row | ({"counterexample": _example(answer)} if answer.trace else {}))
        else:
            claims.append(_as_claim(task, answer))
    return {
        "passed": (
            all(c["verdict"] == PROVED for c in claims)
            and all(c["verdict"] == REFUTED for c in seeded)
        ),
        "claims": claims,
        "controls": seeded,
    }


def certificate(depths: Sequence[int], result: dict[str, Any], seconds: float) -> dict[str, Any]:
    """What `crossing_proofs.json` holds."""
    yosys = find("yosys")
    return {
        "schema_version": PROOF_SCHEMA,
        "passed": result["passed"],
        "verilog_sha256": {
            str(depth): sha256(to_verilog(WordCrossing(1, depth), DUT, None)) for depth in depths
        },
        "solver": f"ABC pdr of yosys {yosys.version} ({yosys.source})",
        "seconds": round(seconds, 1),
        "claims": result["claims"],
        "controls": result["controls"],
    }


def report(data: dict[str, Any]) -> str:
    """The certificate as a page."""
    lines = [
        "# Crossings: proofs",
        "",
        (
            f"{data['solver']}, {data['seconds']} s. Unbounded: every reachable state, every"
            " relation of the two clocks, resets and"
        ),
        (
            "restarts of either side at any time, every bit that changes just before an edge taken"
            " old or new. Words carry marks by"
        ),
        "the solver's choice; a crossing never looks at a word, so its width does not matter.",
        "",
        f"**{'All proved, all seeded faults refuted.' if data['passed'] else 'NOT PASSED.'}**",
        "",
        "| claim | statement | verdict | s |",
        "|---|---|---|---|",
        *(
            f"| {c['name']} | {c['statement']} | {c['verdict']} | {c['seconds']:.1f} |"
            for c in data["claims"]
        ),
        "",
        "| seeded fault | what is wrong | verdict |",
        "|---|---|---|",
        *(f"| {c['name']} | {c['bug']} | {c['verdict']} |" for c in data["controls"]),
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    """Prove and write the report; 1 if a claim was not proved or a seeded fault not refuted."""
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
