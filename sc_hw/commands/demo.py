"""The whole chain on a shipped example: handwritten digits, learned in a hidden layer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sc_hw
from sc_hw.build.elaborate import elaborate
from sc_hw.fabric.targets import load_target
from sc_hw.files import DEFAULT_ROOT, PathLike
from sc_hw.price.estimate import estimate
from sc_hw.price.model import modelled_targets
from sc_hw.price.price import price
from sc_hw.progress import Progress, silent
from sc_hw.proof.prove import prove
from sc_hw.proof.verdicts import MutantCounts
from sc_hw.reporting.report import report
from sc_hw.simulation.cosim import cosim, lint
from sc_hw.simulation.learning_run import learn_in_rtl
from sc_model.images import Images, load_images
from sc_model.spec import ConfigError, Design, load_design

TARGETS = ("ice40-up5k", "ecp5-25f-6")
PRICE_KEYS = ("target", "lut", "ff", "bram", "dsp", "fmax", "updates_per_s", "quoted_mhz")
SAMPLES = {"digits": 12_000, "images": 24_000}


def example_folder(name: str = "digits", file: str | None = None) -> Path:
    """Where a shipped example lies: inside the installed package, or in the repository.

    Parameters
    ----------
    name : of the example's folder.
    file : of its design; by default `name`.toml.
    """
    package, design = Path(sc_hw.__file__).parent, file or f"{name}.toml"
    for folder in (package / "examples" / name, package.parent / "examples" / name):
        if (folder / design).is_file():
            return folder
    raise ConfigError(f"example '{name}' is not installed with this package.")


def demo(
    *,
    root: PathLike = DEFAULT_ROOT,
    data: PathLike | None = None,
    targets: Sequence[str] = TARGETS,
    seeds: int = 1,
    samples: int | None = None,
    mutants: bool = True,
    jobs: int = 2,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Elaborate, lint, prove, learn in Verilog and model, place and route, report.

    Parameters
    ----------
    root : folder of builds.
    data : images with their classes, such as MNIST's (an idx file, or .npz); None: digits of 8 x 8
        pixels.
    targets : where to place and route.
    seeds : place-and-route runs a target.
    samples : how many samples are shown; None: 12,000, or 24,000 of `data`, of which the Verilog
        learns as many as take about half a minute.
    mutants : also refute mutants, which takes most of the proof's time.
    jobs : processes at a time.

    Returns a summary with `passed` and the paths of the report.
    """
    design, images = task_of(data)
    count = SAMPLES["digits" if data is None else "images"] if samples is None else samples
    for target in targets:  # an unknown one is said before minutes of proofs
        load_target(target)
    progress("elaborating the design")
    build = elaborate(design, root)
    lint(build)
    certificate = prove(design, root=root, mutants=mutants, jobs=jobs, progress=progress)
    results = cosim(build, progress=progress)
    learning = learn_in_rtl(build, images, samples=count, progress=progress)
    metrics = estimate(design, targets, root=root, seeds=seeds, jobs=jobs, progress=progress)
    modelled = [target for target in targets if target in modelled_targets()]
    if modelled:
        price(design, modelled, root=root, progress=progress)  # the report has it by part
    progress("writing the report")
    report(build.folder)
    counts = MutantCounts.of(certificate["mutants"])
    other = ("other_answers", "other_values_of_the_state")
    return {
        "passed": certificate["passed"] and results["passed"] and learning["passed"],
        "build": str(build.folder),
        "report": str(build.folder / "report.html"),
        "proved": certificate["passed"],
        "claims": len(certificate["claims"]),
        "mutants_refuted": counts.refuted,
        "mutants_equivalent": counts.equivalent,
        "synapse_steps": results["synapse_steps"],
        "differences": results["differences"] + sum(learning[key] for key in other),
        "learned": learning,
        "estimates": [{key: row[key] for key in PRICE_KEYS} for row in metrics],
    }


def task_of(data: PathLike | None) -> tuple[Design, Images]:
    """The design and the images that it learns: the shipped digits, or those of a file."""
    folder = example_folder("on_chip", "digits.toml")
    if data is None:
        return load_design(folder / "digits.toml"), load_images(folder / "digits.npz")
    images = load_images(data)
    values = load_design(folder / "mnist.toml").model_dump(mode="json", exclude={"synapses"})
    values["name"] = "images_on_chip"
    values["learning"]["inputs"] = images.pixels[0].size
    values["learning"]["output"]["neurons"] = max(2, images.classes)
    try:
        return Design(**values), images
    except ConfigError as error:
        raise ConfigError(f"images {images.origin}: {error}") from None
