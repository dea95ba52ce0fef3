"""The whole chain on a shipped example: handwritten digits learned by a layer of 2,560 synapses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sc_hw
from sc_hw.build.elaborate import elaborate
from sc_hw.fabric.targets import load_target
from sc_hw.files import DEFAULT_ROOT, PathLike
from sc_hw.price.estimate import estimate
from sc_hw.progress import Progress, silent
from sc_hw.proof.prove import prove
from sc_hw.proof.verdicts import MutantCounts
from sc_hw.reporting.report import report
from sc_hw.simulation.cosim import cosim, lint
from sc_model.spec import ConfigError, Design, load_design

TARGETS = ("ice40-up5k", "ecp5-25f-6")
PRICE_KEYS = ("target", "lut", "ff", "bram", "dsp", "fmax", "updates_per_s", "quoted_mhz")


def example_folder(name: str = "digits") -> Path:
    """Where a shipped example lies: inside the installed package, or in the repository."""
    package = Path(sc_hw.__file__).parent
    for folder in (package / "examples" / name, package.parent / "examples" / name):
        if (folder / f"{name}.toml").is_file():
            return folder
    raise ConfigError(f"example '{name}' is not installed with this package.")


def demo(
    *,
    root: PathLike = DEFAULT_ROOT,
    targets: Sequence[str] = TARGETS,
    seeds: int = 2,
    steps: int | None = None,
    mutants: bool = True,
    jobs: int = 2,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Elaborate, lint, prove, replay, place and route, report.

    The Verilog proved and replayed is that of the design's own fabric; the pipelines that the
    targets get are proved too. The recording was made in closed loop with the golden layer, so its
    rewards are right for the RTL only if every decision of the RTL is the recorded one: that is
    checked.

    Parameters
    ----------
    root : folder of builds.
    targets : where to place and route.
    seeds : place-and-route runs a target.
    steps : steps of the recording to replay, None for all.
    mutants : also refute mutants, which takes most of the proof's time.
    jobs : processes at a time.

    Returns a summary with `passed` and the paths of the report.
    """
    folder = example_folder()
    design, recording = load_design(folder / "digits.toml"), folder / "digits.npz"
    for target in targets:  # an unknown one is said before minutes of proofs
        load_target(target)
    progress("elaborating the design")
    build = elaborate(design, root)
    lint(build)
    certificate = prove(design, root=root, mutants=mutants, jobs=jobs, progress=progress)
    pipelines = _prove_pipelines(design, targets, root, jobs, progress)
    results = cosim(build, events=recording, steps=steps, stall=0.0, progress=progress)
    metrics = estimate(design, targets, root=root, seeds=seeds, jobs=jobs, progress=progress)
    progress("writing the report")
    learned = report(build.folder, recording=recording)["learned"]
    counts = MutantCounts.of(certificate["mutants"])
    return {
        "passed": all(
            (
                certificate["passed"],
                *pipelines.values(),
                results["passed"],
                learned.get("same_decisions"),
            )
        ),
        "build": str(build.folder),
        "report": str(build.folder / "report.html"),
        "proved": certificate["passed"],
        "claims": len(certificate["claims"]),
        "mutants_refuted": counts.refuted,
        "mutants_equivalent": counts.equivalent,
        "pipelines_proved": pipelines,
        "synapse_steps": results["synapse_steps"],
        "differences": results["differences"],
        "learned": learned,
        "estimates": [{key: row[key] for key in PRICE_KEYS} for row in metrics],
    }


def _prove_pipelines(
    design: Design, targets: Sequence[str], root: PathLike, jobs: int, progress: Progress
) -> dict[str, bool]:
    """Whether the pipeline of each target's family is proved, by family.

    Mutants and schedules were proved with the design's own fabric already.
    """
    proved = {}
    for family in sorted({load_target(name).family for name in targets}):
        progress(f"proving the pipeline for {family}")
        variant = design.model_copy(update={"fabric": family})
        certificate = prove(variant, root=root, mutants=False, schedules=False, jobs=jobs)
        proved[family] = certificate["passed"]
    return proved
