"""Provers and comparisons, each in a process of its own.

Yosys and the solver can end a process without warning, and their clean-up can crash after all
answers are out. So a child process does the work and prints its answer as a line of JSON behind
:data:`~sc_hw.proof.verdicts.VERDICT`; its exit code is not looked at.
"""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sc_hw.files import raise_if_disk_is_full, write_json
from sc_hw.proof.verdicts import VERDICT
from sc_hw.tools import ToolError
from sc_model.forks import run_module
from sc_model.graph import Graph

WORKER, EQUIVALENCE = "sc_hw.proof.worker", "sc_hw.proof.equivalence"
NETLISTS, GRAPHS = "netlists.json", "graphs.pickle"
# Seconds. An undecided comparison does no harm: the proof must then refute the mutant.
COMPARISON_LIMIT_S = 30.0


@dataclass(frozen=True)
class Source:
    """A design for Yosys to read.

    Members
    -------
    files : paths of Verilog (``.v``) and RTLIL (``.il``) files, in the order of reading.
    top : name of the top module.
    clocks : whether the design has several clocks. Each clock is then an input like any other, and
        a register takes its next value only where its clock is 1. Memories become registers.
    """

    files: tuple[str, ...]
    top: str
    clocks: bool = False


def decide(folder: Path, limit_s: float = 60.0) -> list[dict[str, Any]]:
    """The claims about the design in a folder, each with its verdict.

    Parameters
    ----------
    folder : holds the manifest and the Verilog (or the parts that `proof/parts.json` lists).
    limit_s : seconds for one claim before its verdict is ``unknown``.

    Raises ToolError where the folder lacks what is to be proved, or the prover ends without an
    answer.
    """
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        raise ToolError(f"{folder} must hold manifest.json; elaborate a design to write it")
    block = json.loads(manifest.read_text(encoding="utf-8"))["design"]["block"]
    # A lane or a bank is one part, which the prover reads in `top.v`.
    if block in ("layer", "network") and not (folder / "proof" / "parts.json").is_file():
        raise ToolError(f"{folder} must hold proof/parts.json; prove its design to write it")
    claims: list[dict[str, Any]] = _answer(WORKER, (str(folder), str(limit_s)))
    return claims


def compare_netlists(original: Source, mutated: Source, folder: Path, limit_s: float) -> str:
    """Whether two netlists are the same functions of the same registers and inputs.

    Returns ``equivalent``, ``different`` or ``unknown``. Files of the comparison stay in `folder`.
    Raises ToolError where the process ends without an answer.
    """
    write_json(folder / NETLISTS, {"original": asdict(original), "mutated": asdict(mutated)})
    return _compare(folder / NETLISTS, limit_s)


def compare_graphs(original: Graph, mutated: Graph, folder: Path, limit_s: float) -> str:
    """Whether two graphs have the same outputs for all values of their variables.

    Returns ``equivalent``, ``different`` or ``unknown``. Raises ToolError where the process ends
    without an answer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # A pickle can run code when it is read: only our own child process reads this one, at once.
    (folder / GRAPHS).write_bytes(pickle.dumps((original, mutated)))
    return _compare(folder / GRAPHS, limit_s)


def _compare(request: Path, limit_s: float) -> str:
    arguments = (str(request), str(min(limit_s, COMPARISON_LIMIT_S)))
    return str(_answer(EQUIVALENCE, arguments))


def _answer(module: str, arguments: Sequence[str]) -> Any:
    """The JSON that a module of ours prints when it is run as a process."""
    process = run_module(module, arguments, (WORKER, EQUIVALENCE))
    # Yosys prints to the same stream, so only the marked line counts.
    for line in process.stdout.splitlines():
        if line.startswith(VERDICT):
            return json.loads(line.removeprefix(VERDICT))
    raise_if_disk_is_full(Path(arguments[0]), process.stderr)
    lines = (process.stdout + process.stderr).strip().splitlines()
    tool = re.match(r"sc_hw\.errors\.ToolError: (.+)", lines[-1] if lines else "")
    if tool:  # a program of the child's has failed, and the text says which
        raise ToolError(tool[1])
    output = " | ".join(lines[-3:]) or "it printed nothing"
    raise ToolError(f"prover gave no verdict (exit {process.returncode}): {output}")
