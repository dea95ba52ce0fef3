"""Reports: what the stages found about a design, as JSON, Markdown and one printable HTML page.

A report reads only files: `manifest.json`, `proof.json`, `results.json`,
`estimate/<target>/metrics.json`, the final state, and the recording that was replayed. The one
figure that it computes itself is the score of the decisions that the hardware took. It holds no
date: the same files give the same bytes. A figure that was not measured is an en dash with its
reason, never 0.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_hw.errors import ReportError
from sc_hw.files import PathLike
from sc_hw.reporting import plots
from sc_hw.reporting.content import (
    REPORT_SCHEMA,
    figure_differences,
    price_content,
    rule_content,
    tidy_cosim,
)
from sc_hw.reporting.files import read_json, read_stage
from sc_hw.reporting.network_content import network_content
from sc_hw.reporting.pages import write_pages
from sc_hw.reporting.tables import price_tables
from sc_hw.reporting.task import task_score
from sc_model.archives import MAX_FILE_BYTES
from sc_model.files import check_readable


def report(
    build_folder: PathLike,
    out: PathLike | None = None,
    previous: PathLike | None = None,
    embed: bool = True,
    recording: PathLike | None = None,
) -> dict[str, Any]:
    """Write `report.json`, `report.md` and `report.html` about a build.

    Parameters
    ----------
    build_folder : `build/<id>`, with at least `manifest.json`; a stage that has left no file is
        reported as not run.
    out : folder to write to; the build folder by default.
    previous : an earlier `report.json`, whose figures this report's are compared with; it may be
        the file to be replaced.
    embed : plots as part of the page (one self-contained file), or as SVG files beside it.
    recording : the recording that the co-simulation replayed, whose labels score what the RTL
        decided; by default it is looked for by its name beside the results and in the build folder.

    Returns
    -------
    What is in `report.json`.

    Raises
    ------
    ReportError
        A file is missing, damaged or of another schema.
    OutputError
        `out` can't be written.
    """
    build_folder = Path(build_folder)
    recording = None if recording is None else Path(recording)
    if recording is not None:
        _check_recording(recording)
    manifest = read_json(build_folder / "manifest.json", "sc-hw.manifest.v1")
    if manifest is None:
        raise ReportError(
            f"build folder {build_folder} has no manifest.json; `sc-hw elaborate DESIGN` writes it."
        )
    earlier = None if previous is None else read_json(Path(previous), REPORT_SCHEMA)
    if previous is not None and earlier is None:
        raise ReportError(
            f"previous report {previous} does not exist; leave it out, or give a report.json."
        )
    stages = _read_stages(build_folder, manifest)
    pictures = _price_plots(stages.prices)
    if "rule" in manifest["design"]:
        learned, images = task_score(stages.simulated, manifest, stages.cosim, recording)
        content = rule_content(manifest, stages.proof, stages.cosim, stages.prices, learned)
        pictures |= _task_plots(learned, images)
        template = "report"
    else:
        content = network_content(manifest, stages.proof, stages.cosim, stages.audit, stages.prices)
        template = "network"
    content["differences"] = (
        None if earlier is None else figure_differences(earlier["figures"], content["figures"])
    )
    out = build_folder if out is None else Path(out)
    write_pages(out, "report", content, price_tables(stages.prices), pictures, embed, template)
    return content


def _check_recording(file: Path) -> None:
    try:
        check_readable(file, MAX_FILE_BYTES)
    except FileNotFoundError:
        raise ReportError(f"recording {file} does not exist.") from None
    except OSError as error:
        raise ReportError(f"recording {file} can't be read: {error.strerror}.") from None
    if not zipfile.is_zipfile(file):
        raise ReportError(f"recording {file} is no NumPy archive (.npz).")


@dataclass(frozen=True)
class _Stages:
    """What the stages left about a build; `simulated` is the folder of the co-simulation."""

    proof: dict[str, Any]
    cosim: dict[str, Any]
    audit: dict[str, Any]
    prices: list[dict[str, Any]]
    simulated: Path


def _read_stages(folder: Path, manifest: Mapping[str, Any]) -> _Stages:
    """Results of every stage; one that has left no file is `not run`."""
    file = f"{manifest['design']['name']}.toml"
    simulated = folder / "sim" if (folder / "sim" / "results.json").is_file() else folder
    metrics = [
        read_json(path, "sc-hw.metrics.v1")
        for path in sorted(folder.glob("estimate/*/metrics.json"))
    ]
    cosim = read_stage(simulated, "results.json", "sc-hw.cosim.v1", manifest, f"sc-hw cosim {file}")
    return _Stages(
        proof=read_stage(folder, "proof.json", "sc-hw.proof.v2", manifest, f"sc-hw prove {file}"),
        cosim=tidy_cosim(cosim),
        audit=read_stage(folder, "audit.json", "sc-hw.audit.v1", manifest, f"sc-hw audit {file}"),
        prices=[price_content(metric) for metric in metrics if metric is not None],
        simulated=simulated,
    )


def _price_plots(prices: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Area and Fmax of all targets as SVG; nothing where nothing was estimated."""
    return {"area": plots.area(prices), "fmax": plots.fmax(prices)} if prices else {}


def _task_plots(learned: Mapping[str, Any], images: NDArray[np.int64] | None) -> dict[str, str]:
    """Weights of each neuron as an image, and the learning curve, as SVG."""
    pictures = {}
    if images is not None:
        names = [str(name) for name in learned["classes"]]
        pictures["weights"] = plots.weight_maps(images, names, "weight")
    if learned["status"] == "measured":
        pictures["curve"] = plots.learning_curve(
            learned["curve"], learned["block"], learned["chance"], learned["longer"]
        )
    return pictures
