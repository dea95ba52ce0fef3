"""From a NIR file to a design file, its parameters, and a report of what rounding costs."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sc_hw.fabric.families import load_family
from sc_hw.files import output_error, write_json
from sc_hw.tools import ToolError
from sc_model.quantisation import LossError, save_design
from sc_model.quantisation.design import ANSWERS
from sc_model.spec import ConvSpec, TrainedLayerSpec

__all__ = ["LossError", "import_nir"]

REPORT_SCHEMA = 2  # version of the keys in `<name>.import.json`


def import_nir(
    path: Path, folder: Path | None = None, *, lanes: int = 1, **options: Any
) -> dict[str, Any]:
    """Write `<name>.toml`, `<name>.npz` and `<name>.import.json` for a NIR file.

    Parameters
    ----------
    path : the NIR file.
    folder : where to write; None is a folder of the design's name in the working folder.
    lanes : lanes of each layer; a layer with fewer neurons gets one for each neuron, a convolution
        the most of them that divide the channels of a group.
    options : those of `sc_model.interchange.import_design`.

    Returns what the JSON holds, and the report as `text`.

    Raises ConfigError for a graph that hardware can't express, or for one that lacks a figure which
    no option gives; LossError where a strict import would lose something; OutputError where the
    folder can't be written; ToolError without the package nir.
    """
    # The package nir is optional, so it is missed here and not when this module is imported.
    try:
        from sc_model.interchange import import_design
    except ImportError as error:
        raise ToolError(f"{error}") from None

    load_family(options.get("fabric", "generic"))
    design, parameters, report = import_design(path, **options)
    if design.network is not None and lanes > 1:  # an imported layer has one lane
        layers = tuple(_with_lanes(layer, lanes) for layer in design.network.layers)
        design = design.model_copy(
            update={"network": design.network.model_copy(update={"layers": layers})}
        )
    where = folder if folder is not None else Path(design.name)
    try:
        toml, npz = save_design(where, design, parameters)
    except OSError as error:
        raise output_error(where, error) from None
    layer_rows = [
        {
            "name": layer.name,
            "kind": layer.kind,
            "columns": layer.columns,
            "neurons": layer.neurons,
            "max_delay": layer.max_delay,
        }
        for layer in (design.network.layers if design.network is not None else ())
    ]
    result = {
        "schema_version": REPORT_SCHEMA,
        "source": path.name,
        "design": str(toml),
        "parameters": str(npz),
        "layers": layer_rows,
        "errors": [
            {"layer": row.layer, "array": row.array, **asdict(row.loss)} for row in report.rows
        ],
        "notes": list(report.notes),
        "findings": [{**asdict(each), "neurons": [*each.neurons]} for each in report.findings],
        "agreement": report.agreement.as_json() if report.agreement is not None else None,
        "float": _origin(path, where, options),
    }
    write_json(where / f"{design.name}.import.json", result)
    return {**result, "text": str(report)}


def _origin(path: Path, where: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    """How the network in floating point is found again: its file, and what the import was told."""
    try:
        file = os.path.relpath(path, where)
    except ValueError:  # another drive
        file = str(path.resolve())
    answers = {
        name: dict(value) if isinstance(value, Mapping) else value
        for name, value in options.items()
        if name in ANSWERS and value is not None
    }
    return {
        "file": file,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "answers": answers,
    }


def _with_lanes(layer: TrainedLayerSpec, lanes: int) -> TrainedLayerSpec:
    """The layer with `lanes` lanes, or with as many of them as its neurons or channels allow."""
    most = min(lanes, layer.neurons)
    if isinstance(layer, ConvSpec):  # lanes share out the channels
        most = max(each for each in layer.possible_lanes if each <= most)
    return layer.model_copy(update={"lanes": most})
