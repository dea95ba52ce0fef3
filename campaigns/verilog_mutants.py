"""Random mutants of emitted Verilog: `python -m campaigns.verilog_mutants --out reports`.

Each mutant is the `top.v` of a small layer or network with one random edit anywhere in the file: an
operator, a bit of a constant, a wire in place of another, a condition, a register's update, a reset
value or a power-on value. Three judges see it:

* ``bytes``: the claim that `top.v` is what the generator emits (:mod:`sc_hw.proof.identity`). It
  says whether the mutant differs at all, as a function of the same registers and inputs;
* ``claims``: all other claims, as if the generator itself had emitted the mutant;
* ``cosim``: the co-simulation, with random stimulus.

The proof of a design has the first two; a mutant that differs must be refuted by one of them.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from campaigns.freshness.stamps import write_report
from sc_hw.build.elaborate import Build, sha256
from sc_hw.files import write_json, write_text
from sc_hw.proof.identity import IDENTITY, identity_claim, modules_in
from sc_hw.proof.processes import decide
from sc_hw.proof.prove import prove
from sc_hw.proof.verdicts import EQUIVALENT, PROVED, REFUTED, UNKNOWN
from sc_hw.simulation.cosim import cosim
from sc_hw.tools import ToolError
from sc_model.spec import Design, HetSynSpec, NetworkSpec, NeuronSpec, PlasticLayerSpec, RuleChoice

SCHEMA = "sc-hw.verilog-mutants.v1"
LIMIT_S = 60.0  # for one claim
STEPS = 300  # of the co-simulation of a mutant; of a network: in each of its runs
PASSED, NOT_READ, SKIPPED = "passed", "not read by Yosys", "not tried"

DESIGNS = (
    Design(
        name="layer",
        block="layer",
        rule=RuleChoice(parameters={"weight_bits": 8, "trace_bits": 6, "reward_bits": 4}),
        layer=PlasticLayerSpec(inputs=6, neurons=4, lanes=4, chains=2, critic_shift=2),
        neuron=NeuronSpec(inhibition=3, noise_bits=4),
    ),
    Design(
        name="network",
        block="network",
        network=NetworkSpec(
            layers=(
                HetSynSpec(name="first", inputs=3, neurons=3, clock="sense"),
                HetSynSpec(name="second", inputs=3, neurons=2, clock="think", tick_interval=2),
            ),
            crossing_depth=2,
        ),
    ),
)

# An operator in place of another of the same widths.
_OPERATORS = {
    "+": "-",
    "-": "+",
    "&": "|",
    "|": "&",
    "^": "|",
    "==": "!=",
    "!=": "==",
    "<": "<=",
    ">": ">=",
    ">=": ">",
    "*": "+",
}
_OPERATOR = re.compile(r"(?<=[\w\]} ] )(\+|-|&|\||\^|==|!=|<|>=?|\*)(?= [\\\w({~$])")
_CONSTANT = re.compile(r"(\d+)'(h)([0-9a-f]+)")
_NAME = re.compile(r"\\\S+ |\b[A-Za-z_]\w*\b")
_DECLARATION = re.compile(
    r"^  (?:input|output|wire|reg) (\[\d+:0\] )?(\\\S+ |\w+)(?: = \d+'h[0-9a-f]+)?;", re.M
)
_CONDITION = re.compile(r"\bif \((?!\\\$wake)(.+?)\)(?= )")
_UPDATE = re.compile(r"^    (?:if \([^)]*\) )?(\S+ ?) ?<= (.+);$", re.M)
_RESET = re.compile(
    r"^    if \((?:\w*rst|restart_\d+)\) begin\n      \S+ +<?= (\d+'h[0-9a-f]+);$", re.M
)
_POWER_ON = re.compile(r"^  reg (?:\[\d+:0\] )?(?:\\\S+ |\w+) = (\d+'h[0-9a-f]+);$", re.M)
_RIGHT_SIDE = re.compile(r"(?:=|<=) ([^=;]+);$", re.M)


@dataclass(frozen=True)
class Edit:
    """One random edit of a text.

    Members
    -------
    kind : what was changed, as ``operator``.
    module : the module that it is in.
    line : number of its line, from 1.
    old, new : the line before and after.
    """

    kind: str
    module: str
    line: int
    old: str
    new: str


def _another_constant(text: str, rng: random.Random) -> str:
    """A constant with one of its bits flipped."""
    match = _CONSTANT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} must be a Verilog constant")
    width = int(match[1])
    return f"{width}'h{int(match[3], 16) ^ 1 << rng.randrange(width):x}"


def _another_wire(text: str, start: int, end: int, rng: random.Random) -> str | None:
    """Another wire of the same module and width in place of the one at a position."""
    head = text.rfind("\nmodule ", 0, start)
    module = text[head : text.index("\nendmodule", start)]
    widths = {match[2].strip(): match[1] or "" for match in _DECLARATION.finditer(module)}
    name = text[start:end].strip()
    if name not in widths or "$wake" in name:
        return None
    others = sorted(
        other
        for other, width in widths.items()
        if width == widths[name] and other != name and "$wake" not in other
    )
    if not others:
        return None
    other = rng.choice(others)
    # An escaped name ends at a blank.
    return f"{other} " if other.startswith("\\") else other


def _places(kind: str, text: str) -> list[tuple[int, int]]:
    """Where in a text a kind of edit is possible."""
    if kind == "operator":
        return [match.span(1) for match in _OPERATOR.finditer(text)]
    if kind == "constant":
        inits = {match.span(1) for match in _POWER_ON.finditer(text)}
        return [m.span() for m in _CONSTANT.finditer(text) if m.span() not in inits]
    if kind == "wire":
        return [
            (side.start(1) + name.start(), side.start(1) + name.end())
            for side in _RIGHT_SIDE.finditer(text)
            for name in _NAME.finditer(side[1])
        ]
    pattern, group = {
        "condition": (_CONDITION, 1),
        "update": (_UPDATE, 2),
        "reset": (_RESET, 1),
        "power-on": (_POWER_ON, 1),
    }[kind]
    return [match.span(group) for match in pattern.finditer(text)]


KINDS = ("operator", "constant", "wire", "condition", "update", "reset", "power-on")


def random_edit(text: str, rng: random.Random) -> tuple[str, Edit]:
    """A text with one random edit, and the edit.

    The kind is drawn first, so that rare kinds are tried as often as frequent ones.
    """
    while True:
        kind = rng.choice(KINDS)
        places = _places(kind, text)
        if not places:
            continue
        start, end = rng.choice(places)
        old = text[start:end]
        new: str | None
        if kind == "operator":
            new = _OPERATORS[old]
        elif kind in ("constant", "reset", "power-on"):
            new = _another_constant(old, rng)
        elif kind == "wire":
            new = _another_wire(text, start, end, rng)
        elif kind == "condition":
            new = f"!({old})"
        else:  # the register keeps its value
            line = text[text.rfind("\n", 0, start) + 1 : end]
            new = line.partition("<=")[0].rpartition(") ")[2].strip() + " "
        if new is None or new == old:
            continue
        mutant = text[:start] + new + text[end:]
        first = text.rfind("\n", 0, start) + 1
        head = text.rfind("\nmodule ", 0, start) + 1
        name = text[head:].split(maxsplit=2)[1].partition("(")[0]
        number = text.count("\n", 0, start) + 1
        lines = [body[first:].partition("\n")[0].strip() for body in (text, mutant)]
        return mutant, Edit(kind, name.removeprefix("\\"), number, lines[0], lines[1])


def judge(build: Build, text: str, folder: Path, judges: Sequence[str]) -> dict[str, Any]:
    """What the judges say of a mutant.

    Parameters
    ----------
    build : of the correct design, proved, so that its parts and its text are in `proof/`.
    text : the mutant.
    folder : an empty one.
    judges : those beside ``bytes``.

    Each verdict is ``equivalent``, ``refuted``, ``unknown``, ``passed``, ``not read by Yosys`` or
    ``not tried``; what refuted it stands beside it.
    """
    shutil.copytree(
        build.folder / "proof", folder / "proof", ignore=shutil.ignore_patterns("mutants", "*.btor")
    )
    write_text(folder / "top.v", text)
    write_json(folder / "manifest.json", build.manifest)
    claim = identity_claim(folder, build.manifest, LIMIT_S)
    row: dict[str, Any] = {
        "bytes": EQUIVALENT if claim.verdict == PROVED else claim.verdict,
        "claims": SKIPPED,
        "cosim": SKIPPED,
    }
    if row["bytes"] == EQUIVALENT:
        return row
    if "claims" in judges:
        row |= _claims_on(build, text, folder)
    if "cosim" in judges:
        row |= _cosim_of(build, folder)
    return row


def _claims_on(build: Build, text: str, folder: Path) -> dict[str, Any]:
    """The other claims, with the mutant as the text that the generator is said to have emitted."""
    write_json(folder / "manifest.json", {**build.manifest, "verilog_sha256": sha256(text)})
    try:
        claims = decide(folder, LIMIT_S)
    except ToolError as error:
        return {"claims": NOT_READ, "refuted by": str(error)[:200]}
    finally:
        write_json(folder / "manifest.json", build.manifest)
    names = [c["name"] for c in claims if c["verdict"] != PROVED and c["name"] != IDENTITY]
    if not names:
        return {"claims": PASSED}
    certain = [c["name"] for c in claims if c["verdict"] == REFUTED]
    return {"claims": REFUTED if certain else UNKNOWN, "refuted by": (certain or names)[0]}


def _cosim_of(build: Build, folder: Path) -> dict[str, Any]:
    """Whether the co-simulation sees a difference."""
    mutant = Build(build.design, build.id, folder, build.manifest)
    try:
        results = cosim(mutant, steps=STEPS, out=folder / "results.json")
    except ToolError as error:
        return {"cosim": REFUTED, "seen": str(error)[:200]}
    return {"cosim": PASSED if results["passed"] else REFUTED}


def campaign(
    design: Design, root: Path, mutants: int, seed: int, quotas: dict[str, int], jobs: int
) -> dict[str, Any]:
    """Rows of a design's mutants.

    Parameters
    ----------
    design, root : what is mutated, and the folder of builds.
    mutants, seed : how many, and the seed of their edits.
    quotas : for each judge beside ``bytes``, how many mutants it sees, the first ones.
    jobs : mutants at a time.
    """
    certificate = prove(design, root=root, mutants=False)
    folder = root / certificate["build_id"]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    build = Build(design, str(certificate["build_id"]), folder, manifest)
    text, rng = build.verilog.read_text(encoding="utf-8"), random.Random(seed)
    edits: dict[str, Edit] = {}
    while len(edits) < mutants:
        mutant, edit = random_edit(text, rng)
        edits[mutant] = edit

    # A run that was broken off goes on: rows are kept as they come.
    journal = root / "verilog_mutants" / f"{design.name}_{build.id}_{seed}.jsonl"
    journal.parent.mkdir(parents=True, exist_ok=True)
    journal.touch()
    judged = dict(json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines())

    def one(numbered: tuple[int, tuple[str, Edit]]) -> dict[str, Any]:
        number, (mutant, edit) = numbered
        if number in judged:
            return dict(judged[number])
        place = root / "verilog_mutants" / f"{design.name}_{number:03}"
        shutil.rmtree(place, ignore_errors=True)
        judges = [judge for judge, count in quotas.items() if number < count]
        row = {**asdict(edit), **judge(build, mutant, place, judges)}
        shutil.rmtree(place)
        with journal.open("a", encoding="utf-8") as file:
            file.write(json.dumps([number, row]) + "\n")
        print(design.name, number, json.dumps(row), flush=True)
        return row

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        rows = list(pool.map(one, enumerate(edits.items())))
    return {
        "design": design.name,
        "build_id": build.id,
        "modules": len(modules_in(text)),
        "lines": text.count("\n"),
        "proved": certificate["passed"],
        "rows": rows,
    }


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Counts over the mutants of a design."""

    def share(judge: str, verdicts: tuple[str, ...]) -> int:
        return sum(row[judge] in verdicts for row in rows)

    return {
        "mutants": len(rows),
        "equivalent": share("bytes", (EQUIVALENT,)),
        "refuted": share("bytes", (REFUTED,)),
        "undecided": share("bytes", (UNKNOWN,)),
        "seen by the other claims": share("claims", (REFUTED, NOT_READ, UNKNOWN, PASSED)),
        "refuted by the other claims": share("claims", (REFUTED, NOT_READ)),
        "seen by the co-simulation": share("cosim", (REFUTED, PASSED)),
        "found by the co-simulation": share("cosim", (REFUTED,)),
    }


def as_markdown(result: dict[str, Any]) -> str:
    """The report for reading."""
    lines = [
        "# Random mutants of emitted Verilog",
        "",
        f"Made by `{result['command']}`; one random edit anywhere in `top.v` each.",
        "A mutant is equivalent where the solver has shown that every module computes the same from"
        " the same registers",
        "and inputs, with the same power-on values. All others must be refuted by the proof.",
        "",
    ]
    heads = list(summary(result["designs"][0]["rows"]))
    lines += [f"| design | {' | '.join(heads)} |", "|---|" + "--:|" * len(heads)]
    for design in result["designs"]:
        counts = summary(design["rows"])
        lines.append(f"| {design['design']} | {' | '.join(map(str, counts.values()))} |")
    survivors = [
        (design["design"], row)
        for design in result["designs"]
        for row in design["rows"]
        if row["claims"] == PASSED
    ]
    lines += ["", f"What the other claims let pass ({len(survivors)}):", ""]
    lines += [
        f"- {name}, {row['module']}, {row['kind']}: `{row['old']}` became `{row['new']}`"
        f" (co-simulation: {row['cosim']})"
        for name, row in survivors
    ] or ["Nothing."]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the campaign and write `verilog_mutants.json` and `.md`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--mutants", type=int, default=200)
    parser.add_argument("--claims", type=int, default=200, help="mutants that all claims see")
    parser.add_argument("--cosim", type=int, default=200, help="mutants that are co-simulated")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", choices=[design.name for design in DESIGNS])
    options = parser.parse_args(arguments)
    selection = [design for design in DESIGNS if options.only in (None, design.name)]
    quotas = {"claims": options.claims, "cosim": options.cosim}
    designs = [
        campaign(design, options.build, options.mutants, options.seed, quotas, options.jobs)
        for design in selection
    ]
    result = {
        "schema_version": SCHEMA,
        "command": (
            f"python -m campaigns.verilog_mutants --mutants {options.mutants} --claims"
            f" {options.claims} --cosim {options.cosim} --seed {options.seed} --out reports"
        ),
        "designs": [{**design, "summary": summary(design["rows"])} for design in designs],
    }
    write_json(options.out / "verilog_mutants.json", result)
    write_report(options.out, "verilog_mutants", as_markdown(result))


if __name__ == "__main__":
    main()
