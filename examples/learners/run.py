"""Run the tasks of this folder and write `learners.json` and `learners.md`.

    python examples/learners/run.py --out reports [--seeds 5] [--only TASK ...]

README.md describes what a task is. With `--only`, results of the other tasks stay as they are in
`learners.json`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from sc_hw.files import write_json, write_text
from sc_hw.seeds import spread

SCHEMA = "sc-hw.learners.v1"
FOLDER = Path(__file__).parent
LEAST_SEEDS = 5
TEXTS = ("NAME", "TASK", "BASELINE", "SCORE")
_KEYS = {"NAME": "name", "TASK": "task", "BASELINE": "baseline_text", "SCORE": "score"}


def tasks() -> list[str]:
    """Return the names of all tasks."""
    return sorted(
        file.stem
        for file in FOLDER.glob("*.py")
        if file.stem != "run" and not file.stem.startswith("_")
    )


def load(name: str) -> ModuleType:
    """Import the module of a task; ValueError if a name is missing in it."""
    if str(FOLDER) not in sys.path:
        sys.path.insert(0, str(FOLDER))
    module = importlib.import_module(name)
    missing = [each for each in (*TEXTS, "SOLVED", "run") if not hasattr(module, each)]
    if missing:
        raise ValueError(f"task {name} must have {', '.join(missing)}; see README.md")
    return module


def measured(name: str, seeds: int) -> dict[str, Any]:
    """Run a task with all seeds."""
    module = load(name)
    runs, start = [], time.perf_counter()
    for seed in range(seeds):
        runs.append(
            {"seed": seed, **{key: float(value) for key, value in module.run(seed).items()}}
        )
        print(
            f"{name}, seed {seed}: learner {runs[-1]['learner']:.3f}, baseline"
            f" {runs[-1]['baseline']:.3f}",
            flush=True,
        )
    return {
        **{_KEYS[text]: getattr(module, text) for text in TEXTS},
        "solved": module.SOLVED,
        "learner": scores([run["learner"] for run in runs], module.SOLVED),
        "baseline": scores([run["baseline"] for run in runs], module.SOLVED),
        "seconds_a_seed": (time.perf_counter() - start) / seeds,
        "runs": runs,
    }


def scores(values: list[float], solved: float) -> dict[str, float]:
    """The spread of the seeds' scores, and the number of seeds that solve the task."""
    return {**spread(values), "solved": sum(value >= solved for value in values)}


def markdown(report: dict[str, Any]) -> str:
    """Return the report in Markdown: the table, then a description of each task."""
    lines = [
        "# What the learners learn",
        "",
        (
            f"Made by `{report['command']}`. Tasks:"
            " [examples/learners](../examples/learners/README.md)."
        ),
        (
            "A seed sets data, first weights and everything random. Mean +- standard deviation over"
            " seeds, the least and greatest in"
        ),
        "brackets, and how many seeds reach the score from which on the task counts as solved.",
        "",
        "| task | learner | score | solved | baseline's score | solved | from | s a seed |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, result in report["tasks"].items():
        cells = []
        for who in ("learner", "baseline"):
            value = result[who]
            cells += [
                (
                    f"{value['mean']:.3f} +- {value['sd']:.3f} ({value['min']:.3f} to"
                    f" {value['max']:.3f})"
                ),
                f"{value['solved']}/{len(result['runs'])}",
            ]
        lines.append(
            f"| [{name}](#{name}) | {result['name']} | {' | '.join(cells)} | {result['solved']:g} |"
            f" {result['seconds_a_seed']:.1f} |"
        )
    for name, result in report["tasks"].items():
        lines += [
            "",
            f"## {name}",
            "",
            f"{result['task']} *Score:* {result['score']} *Baseline:* {result['baseline_text']}",
        ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the tasks and write the reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("reports"))
    parser.add_argument("--seeds", type=int, default=LEAST_SEEDS)
    parser.add_argument("--only", nargs="*", choices=tasks())
    options = parser.parse_args()
    if options.seeds < LEAST_SEEDS:
        parser.error(f"--seeds must be >= {LEAST_SEEDS}, not {options.seeds}")
    file, results = options.out / "learners.json", {}
    if options.only and file.exists():
        results = json.loads(file.read_text(encoding="utf-8"))["tasks"]
    for name in options.only or tasks():
        results[name] = measured(name, options.seeds)
    report = {
        "schema": SCHEMA,
        "command": f"python examples/learners/run.py --out reports --seeds {options.seeds}",
        "made_with": {"numpy": np.__version__, "python": platform.python_version()},
        "tasks": {name: results[name] for name in tasks() if name in results},
    }
    write_json(file, report)
    write_text(options.out / "learners.md", markdown(report))


if __name__ == "__main__":
    main()
