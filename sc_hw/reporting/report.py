"""Reports: what the stages found about a design, as JSON, Markdown and one printable HTML page.

A report reads only files: `manifest.json`, `proof.json`, `results.json`,
`estimate/<target>/metrics.json`, `price/<target>.json`, the final state, and the recording that was
replayed. The one figure that it computes itself is the score of the decisions that the hardware
took. It holds no date: the same files give the same bytes. A figure that was not measured is an en
dash with its reason, never 0.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sc_hw.errors import ReportError
from sc_hw.files import PathLike
from sc_hw.reporting import plots, task_plots
from sc_hw.reporting.content import (
    REPORT_SCHEMA,
    figure_differences,
    price_content,
    rule_content,
    tidy_cosim,
)
from sc_hw.reporting.files import read_arrays, read_json, read_stage
from sc_hw.reporting.learning_content import TASKS, learning_content, learning_pictures
from sc_hw.reporting.network_content import network_content
from sc_hw.reporting.pages import write_pages
from sc_hw.reporting.price_parts import PRICE_SCHEMA, part_tables
from sc_hw.reporting.tables import price_tables
from sc_hw.reporting.task import WEIGHTS_LABEL, TaskArrays, task_score
from sc_model.archives import MAX_FILE_BYTES
from sc_model.files import check_readable
from sc_model.spec.formats import IntFormat


def report(
    build_folder: PathLike,
    out: PathLike | None = None,
    previous: PathLike | None = None,
    embed: bool = True,
    recording: PathLike | None = None,
    against: PathLike | None = None,
) -> dict[str, Any]:
    """Write `report.json`, `report.md` and `report.html` about a build.

    Parameters
    ----------
    build_folder : `build/<id>`, with at least `manifest.json`; a stage that has left no file is
        reported as not run.
    out : folder to write to; the build folder by default.
    previous : an earlier `report.json`, whose figures this report's are compared with; it may be
        the file to be replaced.
    against : another build folder or its `report.json`, whose figures this report's are compared
        with in place of those of `previous`.
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
    other = _compared_with(previous, against)
    content, pictures, context = _content(build_folder, manifest, recording)
    content["differences"] = (
        None if other is None else figure_differences(other["figures"], content["figures"])
    )
    content["compared_with"] = None if against is None or other is None else other["build_id"]
    out = build_folder if out is None else Path(out)
    block = manifest["design"]["block"]
    template = {"network": "network", **dict.fromkeys(TASKS, "learning")}.get(block, "report")
    write_pages(out, "report", content, context, pictures, embed, template)
    return content


def _content(
    folder: Path, manifest: Mapping[str, Any], recording: Path | None
) -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
    """What a report of a build says, its pictures, and the tables of its prices."""
    stages = _read_stages(folder, manifest)
    content, pictures = _block_content(folder, manifest, stages, recording)
    content["predicted"] = stages.predicted
    tables = price_tables(stages.prices)
    tables["part_tables"] = part_tables(stages.predicted, stages.prices)
    tables["part_command"] = f"sc-hw price {manifest['design']['name']}.toml"
    return content, pictures | _price_plots(stages.prices), tables


def _block_content(
    folder: Path, manifest: Mapping[str, Any], stages: _Stages, recording: Path | None
) -> tuple[dict[str, Any], dict[str, str]]:
    """What a report says of a block of this kind, and the pictures that go with it."""
    if manifest["design"]["block"] in TASKS:
        has_run = stages.learning["status"] != "not run"
        run = read_arrays(folder / "learned.npz") if has_run else None
        content = learning_content(
            manifest, stages.proof, stages.cosim, stages.learning, run, stages.prices
        )
        return content, learning_pictures(content, run)
    if "rule" not in manifest["design"]:
        content = network_content(manifest, stages.proof, stages.cosim, stages.audit, stages.prices)
        return content, _layer_plots(stages.cosim)
    score, arrays = task_score(stages.simulated, manifest, stages.cosim, recording)
    content = rule_content(manifest, stages.proof, stages.cosim, stages.prices, score)
    return content, _task_plots(score, arrays, manifest) | _history_plots(stages, manifest)


def _compared_with(previous: PathLike | None, against: PathLike | None) -> dict[str, Any] | None:
    """The report whose figures are compared with: of another build, else an earlier one."""
    if against is not None:
        return _other_report(Path(against))
    earlier = None if previous is None else _report_in(Path(previous))
    if previous is not None and earlier is None:
        raise ReportError(
            f"previous report {previous} does not exist; leave it out, or give a report.json."
        )
    return earlier


def _report_in(path: Path) -> dict[str, Any] | None:
    """A `report.json` with what a comparison reads of it; None where there is no such file."""
    content = read_json(path, REPORT_SCHEMA)
    if content is not None and not (
        isinstance(content.get("figures"), dict) and isinstance(content.get("build_id"), str)
    ):
        raise ReportError(
            f"{path} must have figures and a build_id, as `sc-hw report` writes them; write it"
            " again."
        )
    return content


def _other_report(place: Path) -> dict[str, Any]:
    """The report of a build folder, made from its stages as they are now, or a `report.json`."""
    if place.is_dir():
        manifest = read_json(place / "manifest.json", "sc-hw.manifest.v1")
        if manifest is not None:
            return _content(place, manifest, None)[0]
    other = None if place.is_dir() else _report_in(place)
    if other is None:
        raise ReportError(
            f"{place} to compare with must be a build folder or a report.json, and is neither;"
            " `sc-hw elaborate DESIGN` writes the first."
        )
    return other


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
    learning: dict[str, Any]
    prices: list[dict[str, Any]]
    predicted: list[dict[str, Any]]
    simulated: Path


def _read_stages(folder: Path, manifest: Mapping[str, Any]) -> _Stages:
    """Results of every stage; one that has left no file is `not run`."""
    file = f"{manifest['design']['name']}.toml"
    task, _ = TASKS.get(manifest["design"]["block"], ("sc-hw demo", ""))
    simulated = folder / "sim" if (folder / "sim" / "results.json").is_file() else folder
    metrics = [
        read_json(path, "sc-hw.metrics.v1")
        for path in sorted(folder.glob("estimate/*/metrics.json"))
    ]
    predicted = [read_json(path, PRICE_SCHEMA) for path in sorted(folder.glob("price/*.json"))]
    cosim = read_stage(simulated, "results.json", "sc-hw.cosim.v1", manifest, f"sc-hw cosim {file}")
    return _Stages(
        proof=read_stage(folder, "proof.json", "sc-hw.proof.v2", manifest, f"sc-hw prove {file}"),
        cosim=tidy_cosim(cosim),
        audit=read_stage(folder, "audit.json", "sc-hw.audit.v1", manifest, f"sc-hw audit {file}"),
        learning=read_stage(folder, "learned.json", "sc-hw.learned.v1", manifest, task),
        prices=[price_content(metric) for metric in metrics if metric is not None],
        predicted=[row for row in predicted if row is not None],
        simulated=simulated,
    )


def _price_plots(prices: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Area and Fmax of all targets as SVG; nothing where nothing was estimated."""
    if not prices:
        return {}
    pictures = {"area": plots.area(prices), "fmax": plots.fmax(prices)}
    if any(price["device"] for price in prices):
        pictures["device"] = plots.device(prices)
    return pictures


def _layer_plots(cosim: Mapping[str, Any]) -> dict[str, str]:
    """How often neurons of a network's layers spiked and saturated in its co-simulation."""
    if cosim["status"] == "not run":
        return {}
    activity = task_plots.layer_activity(cosim["coverage"]["bins"])
    return {"layers": task_plots.saturation(activity)} if activity else {}


def _history_plots(stages: _Stages, manifest: Mapping[str, Any]) -> dict[str, str]:
    """Weights over the steps of a recording that a lane replayed."""
    name = stages.cosim.get("trajectory")
    arrays = read_arrays(stages.simulated / name) if name else None
    weight = _weight_field(manifest)
    if arrays is None or weight is None or weight["name"] not in arrays:
        return {}
    return {"history": task_plots.weight_history(arrays[weight["name"]].astype(np.int64))}


def _weight_field(manifest: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The field of the rule's state that is a synapse's weight: the first that a host loads."""
    return next((field for field in manifest["rule"]["state"] if field["loadable"]), None)


def _task_plots(
    score: Mapping[str, Any], arrays: TaskArrays | None, manifest: Mapping[str, Any]
) -> dict[str, str]:
    """Weights of each neuron as an image, the learning curve and more, as SVG."""
    if arrays is None:
        return {}
    names = [str(name) for name in score["classes"]]
    pictures = {
        "curve": plots.learning_curve(
            score["curve"], score["block"], score["chance"], score["longer"]
        ),
    }
    if arrays.inputs is not None:
        pictures["raster"] = task_plots.raster(arrays.inputs, arrays.outputs)
    if arrays.images is not None:
        pictures["weights"] = plots.weight_maps(arrays.images, names, WEIGHTS_LABEL)
    if score["confusion"] is not None:
        pictures["confusion"] = task_plots.confusion(score["confusion"], names)
    weight = _weight_field(manifest)
    if weight is not None:
        form = IntFormat(weight["width"], signed=weight["signed"])
        pictures["histogram"] = task_plots.weight_histogram(arrays.weights, form.lo, form.hi)
    return pictures
