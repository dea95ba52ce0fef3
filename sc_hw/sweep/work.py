"""What is done for a point: its prices, and its accuracy on each task with each seed.

A point is JSON from end to end, so that it can be sent to a worker that has this package and
nothing else. The same point gives the same outcome everywhere.
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

# Of a price, what is kept for each target
PRICES = ("lut", "ff", "fmax_mhz")
COMPILED_FROM = 5000  # trials from which compiling the layer costs less than it saves
NUMBERS = ("bram", "dsp", "spram", "step_clocks", "steps_per_s", "updates_per_s", "fits")


def item_of(tables: Mapping[str, Any], spec: SweepSpec, folder: Path) -> dict[str, Any]:
    """A point as a worker gets it.

    Parameters
    ----------
    tables : of the design file, with the point's values.
    spec : the sweep.
    folder : in which its paths begin.
    """
    return {
        "tables": dict(tables),
        "targets": list(spec.targets),
        "seeds": list(spec.seeds),
        "tasks": [_with_paths(task, spec, folder) for task in spec.task],
    }


def _with_paths(task: TaskSpec, spec: SweepSpec, folder: Path) -> dict[str, Any]:
    """A task with absolute paths; without `parameters` those beside the design."""
    values = task.model_dump()
    if task.kind == "samples":
        design = folder / spec.design
        values["file"] = str(folder / task.file)
        values["parameters"] = str(
            folder / task.parameters if task.parameters else design.with_suffix(".npz")
        )
    return values


def key_of(item: Mapping[str, Any]) -> str:
    """A name for all that a point's outcome depends on."""
    content = {
        "item": _portable(item),
        "version": sc_model.__version__,
        "model": digest_of_model(),
        "yosys": find("yosys").version,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _portable(item: Mapping[str, Any]) -> dict[str, Any]:
    """The point with hashes of files in place of their paths."""
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
    """Hash of a file's bytes; of one that can't be read its name, for the worker will say so."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return path


def outcome_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """Prices by target and accuracies by task and seed, or `failed` with one line that says why."""
    try:
        design = parse_design(dict(item["tables"]))
        prices = {row["target"]: _kept(row) for row in price(design, item["targets"])}
        accuracies = {
            TaskSpec(**task).title: {
                str(seed): _accuracy(design, TaskSpec(**task), seed) for seed in item["seeds"]
            }
            for task in item["tasks"]
        }
    except (AuditError, ConfigError, ConfigTypeError, MissingPackageError, ToolError) as error:
        return {"failed": str(error)}
    return {"prices": prices, "accuracies": accuracies}


def _kept(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a sweep keeps of a price."""
    shares = [unit["percent"] for unit in row["device"]["resources"].values() if unit["percent"]]
    kept = {name: row[name] for name in NUMBERS}
    for name in PRICES:
        kept |= {
            f"{name}_{key}" if key != "value" else name: each for key, each in row[name].items()
        }
    return {**kept, "device_share": max(shares, default=0.0)}


def _accuracy(design: Design, task: TaskSpec, seed: int) -> float:
    """Share of right answers of a design on a task."""
    if task.kind == "digits":
        native = task.trials >= COMPILED_FROM
        return round(digits_accuracy(design, trials=task.trials, seed=seed, native=native), 6)
    samples = task.samples or None
    return round(integer_accuracy(design, task.file, task.parameters, samples=samples), 6)
