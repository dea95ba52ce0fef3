"""From a NIR file to a design file, its parameters, and a report of what rounding costs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from sc_hw.files import OutputError, write_json
from sc_hw.tools import ToolError
from sc_model.quantisation import save_design
from sc_model.spec import TrainedLayerSpec

REPORT_SCHEMA = 1  # version of the keys in `<name>.import.json`


def import_nir(
    path: Path, folder: Path | None = None, *, lanes: int = 1, **options: Any
) -> dict[str, Any]:
    """Write `<name>.toml`, `<name>.npz` and `<name>.import.json` for a NIR file.

    Parameters
    ----------
    path : the NIR file.
    folder : where to write; None is a folder of the design's name in the working folder.
    lanes : lanes of each layer; a layer with fewer neurons gets one for each neuron.
    options : those of `sc_model.interchange.import_design`.

    Returns what the JSON holds, and the report as `text`.

    Raises ConfigError for a graph that hardware can't express, or for one that lacks a figure which
    no option gives; OutputError where the folder can't be written; ToolError without the package
    nir.
    """
    # The package nir is optional, so it is missed here and not when this module is imported.
    try:
        from sc_model.interchange import import_design
    except ImportError as error:
        raise ToolError(f"{error}") from None

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
        raise OutputError(
            f"folder {where} can't be written: {error.strerror}; choose another with --out."
        ) from None
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
    }
    write_json(where / f"{design.name}.import.json", result)
    return {**result, "text": str(report)}


def _with_lanes(layer: TrainedLayerSpec, lanes: int) -> TrainedLayerSpec:
    """The layer with `lanes` lanes, or with one for each neuron if it has fewer neurons."""
    return layer.model_copy(update={"lanes": min(lanes, layer.neurons)})
