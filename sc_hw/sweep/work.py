"""The work for one point of a sweep: its prices, and its accuracy on each task with each seed.

A *point* is one design of the sweep. It goes to a worker as an *item* and comes back as an
*outcome*; both are JSON values, so that a worker needs this package and nothing else. The same item
gives the same outcome on every machine.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sc_model
from sc_hw.errors import AuditError, ToolError
from sc_hw.price.model import digest_of_model
from sc_hw.price.price import price
from sc_hw.simulation.evaluation import integer_accuracy
from sc_hw.sweep.spec import SweepSpec, TaskSpec
from sc_hw.tools import find
from sc_model.evaluation.digits import digits_accuracy
from sc_model.packages import MissingPackageError
from sc_model.spec import ConfigError, ConfigTypeError, Design, parse_design
from sc_model.spec.choice import is_rule_file

# Keys of a price (`sc_hw.price.price`) that a sweep keeps for each target. Those of `PRICES` have a
# value and bars, each of which gets a column; those of `NUMBERS` are plain numbers.
PRICES = ("lut", "ff", "fmax_mhz")
NUMBERS = ("bram", "dsp", "spram", "step_clocks", "steps_per_s", "updates_per_s", "fits")
COMPILED_FROM = 5000  # trials from which compiling the layer takes less time than it saves


def item_of(tables: Mapping[str, Any], spec: SweepSpec, folder: Path) -> dict[str, Any]:
    """A point as a worker gets it.

    Parameters
    ----------
    tables : tables of the design file, with the values of the point in place of the file's.
    spec : the sweep.
    folder : folder from which relative paths of the sweep count.
    """
    return {
        "tables": dict(tables),
        "targets": list(spec.targets),
        "seeds": list(spec.seeds),
        "tasks": [_with_paths(task, spec, folder) for task in spec.task],
    }


def _with_paths(task: TaskSpec, spec: SweepSpec, folder: Path) -> dict[str, Any]:
    """A task with absolute paths; a task without `parameters` gets the file beside the design."""
    values = task.model_dump()
    if task.kind == "samples":
        design = folder / spec.design
        values["file"] = str(folder / task.file)
        values["parameters"] = str(
            folder / task.parameters if task.parameters else design.with_suffix(".npz")
        )
    return values


def key_of(item: Mapping[str, Any]) -> str:
    """Sixteen hex digits that stand for all that the outcome of an item depends on."""
    content = {
        "item": _portable(item),
        "version": sc_model.__version__,
        "model": digest_of_model(),
        "yosys": find("yosys").version,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _portable(item: Mapping[str, Any]) -> dict[str, Any]:
    """The item with hashes of files in place of their paths: the same on every machine."""
    tasks = [
        task | {name: _file_hash(task[name]) for name in ("file", "parameters") if task[name]}
        for task in item["tasks"]
    ]
    tables = dict(item["tables"])
    rule = tables.get("rule")
    if isinstance(rule, dict) and is_rule_file(str(rule.get("family", ""))):
        tables["rule"] = {**rule, "family": _file_hash(rule["family"])}
    return {**item, "tables": tables, "tasks": tasks}


def _file_hash(path: str) -> str:
    """Hash of a file's bytes; its path where it can't be read, an error that the worker reports."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return path


def outcome_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """The outcome of an item.

    Returns
    -------
    `prices` by target and `accuracies` (shares, 0 to 1) by task and seed; or `failed`, a line that
    says why there are none.
    """
    try:
        design = parse_design(dict(item["tables"]))
        prices = {row["target"]: _price_cells(row) for row in price(design, item["targets"])}
        accuracies = {
            TaskSpec(**task).title: {
                str(seed): _accuracy(design, TaskSpec(**task), seed) for seed in item["seeds"]
            }
            for task in item["tasks"]
        }
    except (AuditError, ConfigError, ConfigTypeError, MissingPackageError, ToolError) as error:
        return {"failed": str(error)}
    return {"prices": prices, "accuracies": accuracies}


def _price_cells(row: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a price that a sweep keeps; `device_share` is of the fullest unit, in %."""
    shares = [unit["percent"] for unit in row["device"]["resources"].values() if unit["percent"]]
    cells = {name: row[name] for name in NUMBERS}
    for name in PRICES:
        cells |= {
            f"{name}_{key}" if key != "value" else name: each for key, each in row[name].items()
        }
    return {**cells, "device_share": max(shares, default=0.0)}


def _accuracy(design: Design, task: TaskSpec, seed: int) -> float:
    """Share of right answers of a design on a task, 0 to 1."""
    if task.kind == "digits":
        native = task.trials >= COMPILED_FROM
        return round(digits_accuracy(design, trials=task.trials, seed=seed, native=native), 6)
    samples = task.samples or None
    return round(integer_accuracy(design, task.file, task.parameters, samples=samples), 6)
