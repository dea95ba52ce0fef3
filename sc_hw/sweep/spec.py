"""What a sweep file says: a design, what is varied, targets, tasks, and what is best."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from sc_hw.fabric.targets import load_target
from sc_hw.files import PathLike
from sc_hw.price.model import modelled_targets
from sc_model.files import read_text
from sc_model.spec import ConfigError, ConfigTypeError
from sc_model.spec.bounds import MAX_SEED
from sc_model.spec.errors import did_you_mean, explain, in_tables
from sc_model.spec.frozen import Frozen
from sc_model.texts import shown

TABLES = ("sweep", "grid", "point", "space", "task")
CLASSES = {"SweepSpec": "[sweep]", "TaskSpec": "[[task]]"}  # whose keys an error names, as tables
MAX_POINTS = 100_000
MAX_BOUND = 1 << 53  # of a range: up to there numbers with a point are exact
# What a point can be judged by, and whether more of it is better.
OBJECTIVES = {
    "accuracy": True,
    "lut": False,
    "ff": False,
    "bram": False,
    "dsp": False,
    "device_share": False,
    "fmax_mhz": True,
    "step_clocks": False,
    "steps_per_s": True,
    "updates_per_s": True,
}
SAMPLERS = ("grid", "list", "nsga2", "tpe", "random")
Scalar = bool | int | float | str


class TaskSpec(Frozen):
    """`[[task]]`: what a design's accuracy is measured on.

    Members
    -------
    name : of the column; by default that of the kind.
    kind : ``digits`` (scikit-learn's digits, learned by trial and error by a layer) or ``samples``
        (right answers of a trained network on a file of samples, as `sc-hw evaluate` counts them).
    trials : of ``digits``: trials to learn from.
    file, parameters : of ``samples``: the samples, and the network's integers; paths from the
        sweep's folder. Without `parameters` those beside the design.
    samples : of ``samples``: the first so many; 0 for all.
    """

    name: str = Field(default="", pattern=r"^([a-z][a-z0-9_]{0,31})?$", description="a short name")
    kind: Literal["digits", "samples"]
    trials: int = Field(default=3000, ge=1, le=1_000_000, description="trials to learn from")
    file: str = ""
    parameters: str = ""
    samples: int = Field(default=0, ge=0, le=10_000_000, description="the first so many; 0: all")

    @property
    def title(self) -> str:
        """The task's name, or its kind."""
        return self.name or self.kind


class SearchSpace(Frozen):
    """A range that a sampler draws from: integers, or numbers with a point if one bound has one.

    Members
    -------
    low, high : the bounds, both possible.
    log : whether small values are drawn as often as large ones.
    """

    low: int | float
    high: int | float
    log: bool = False


class SweepSpec(Frozen):
    """`[sweep]`, and the other tables by their names.

    Members
    -------
    name : names the folder of the results.
    design : the design file that is varied; a path from the sweep's folder.
    targets : where a point is priced.
    seeds : each accuracy is measured with each of them.
    sampler : ``grid`` (all combinations of `[grid]`), ``list`` (the tables `[[point]]`), or one of
        Optuna's for `[space]`: ``nsga2``, ``tpe``, ``random``.
    points : how many points a sampler of Optuna draws.
    batch : of those, how many are drawn before their results are known.
    sampler_seed : seed of the sampler.
    objectives : what is best; see `OBJECTIVES`.
    prove : whether the front's designs are proved.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="lower-case letters and _")
    design: str
    targets: tuple[str, ...] = Field(min_length=1)
    seeds: tuple[int, ...] = Field(default=(1,), min_length=1)
    sampler: Literal["grid", "list", "nsga2", "tpe", "random"] = "grid"
    points: int = Field(default=100, ge=1, le=MAX_POINTS, description="points that are drawn")
    batch: int = Field(default=20, ge=1, le=1000, description="points drawn at a time")
    sampler_seed: int = Field(default=1, ge=0, le=(1 << 32) - 1, description="of the sampler")
    objectives: tuple[str, ...] = Field(default=("accuracy", "lut"), min_length=1)
    prove: bool = False
    grid: Mapping[str, tuple[Scalar, ...]] = Field(default_factory=dict)
    point: tuple[Mapping[str, Scalar], ...] = ()
    space: Mapping[str, tuple[Scalar, ...] | SearchSpace] = Field(default_factory=dict)
    task: tuple[TaskSpec, ...] = ()


def load_sweep(path: PathLike) -> tuple[SweepSpec, Path]:
    """A sweep file, and the folder that its paths begin in.

    Raises ConfigError or ConfigTypeError for a file that is missing, no TOML, or no sweep.
    """
    file = Path(path)
    try:
        values = tomllib.loads(read_text(file))
    except FileNotFoundError:
        raise ConfigError(
            f"sweep file {file} does not exist; docs/sweep.md shows what is in one."
        ) from None
    except OSError as error:
        raise ConfigError(f"sweep file {file} can't be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:  # also what TOML allows and Python does not take
        raise ConfigError(f"sweep file {file} is not valid TOML: {error}.") from None
    spec = parse_sweep(values)
    return spec, file.absolute().parent


def parse_sweep(values: Mapping[str, Any]) -> SweepSpec:
    """A sweep from the tables of a file; errors as those of `load_sweep`."""
    unknown = sorted(set(values) - set(TABLES))
    if unknown:
        hint = did_you_mean(unknown[0], TABLES) or "."
        raise ConfigError(
            f"a sweep file has no table [{unknown[0]}]{hint} Its tables are:"
            f" {', '.join(f'[{table}]' for table in TABLES)}."
        )
    table = values.get("sweep")
    if not isinstance(table, dict):
        raise ConfigError(
            "a sweep file must have a table [sweep] with name, design and targets; docs/sweep.md"
            " shows one."
        )
    others = {name: values[name] for name in TABLES[1:] if name in values}
    for name in ("point", "task"):
        if name in others and not isinstance(others[name], list):
            raise ConfigTypeError(f"[{name}] stands in double brackets, [[{name}]], one for each.")
    for name in ("grid", "space"):
        if name in others:
            others[name] = _dotted(others[name], name)
    others["point"] = [_dotted(each, "point") for each in others.get("point", [])]
    _check_values(others)
    try:
        spec = SweepSpec.model_validate(_tuples({**table, **others}))
        _check(spec)
    except ValidationError as error:
        raise in_tables(explain(SweepSpec, error), CLASSES) from None
    except (ConfigError, ConfigTypeError) as error:
        raise in_tables(error, CLASSES) from None
    return spec


def _check_values(tables: Mapping[str, Any]) -> None:
    """Errors for values of keys of the design that no design file can have."""
    for key, values in tables.get("grid", {}).items():
        _check_list(f"[grid] {key}", values, "a list of values")
    for table in tables["point"]:
        for key, value in table.items():
            _check_value(f"[[point]] {key}", value)
    for key, choice in tables.get("space", {}).items():
        if isinstance(choice, dict):
            _check_range(f"[space] {key}", choice)
        else:
            _check_list(
                f"[space] {key}", choice, "a list of values, or a range as {low = 4, high = 12}"
            )


def _check_list(subject: str, values: Any, kind: str) -> None:
    if not isinstance(values, list):
        raise ConfigTypeError(f"{subject} must be {kind}, not {shown(values)}.")
    for value in values:
        _check_value(subject, value)


def _check_value(subject: str, value: Any) -> None:
    if not isinstance(value, bool | int | float | str):
        raise ConfigTypeError(
            f"{subject}: a value must be a number, a string, true or false, not {shown(value)}."
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"{subject}: a value must be finite, not {value}.")


def _check_range(subject: str, choice: Mapping[str, Any]) -> None:
    unknown = sorted(set(choice) - set(SearchSpace.model_fields))
    if unknown:
        raise ConfigError(
            f"{subject}: a range has low, high and log, and no {shown(unknown[0])}; leave it out."
        )
    for key in ("low", "high"):
        bound = choice[key]
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            raise ConfigTypeError(f"{subject}: {key} must be a number, not {shown(bound)}.")
        if not abs(bound) <= MAX_BOUND:
            raise ConfigError(
                f"{subject}: {key} must be within -2^53 and 2^53, not {shown(bound)}."
            )
    if not isinstance(choice.get("log", False), bool):
        raise ConfigTypeError(f"{subject}: log must be true or false, not {shown(choice['log'])}.")


def _dotted(table: Any, name: str) -> dict[str, Any]:
    """A table with its inner tables' keys as `layer.lanes`; a range stays a table."""
    if not isinstance(table, dict):
        raise ConfigTypeError(f"[{name}] must be a table, not {shown(table)}.")
    result: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict) and not {"low", "high"} <= set(value):
            result |= {f"{key}.{inner}": each for inner, each in _dotted(value, name).items()}
        else:
            result[key] = value
    return result


def _tuples(value: Any) -> Any:
    """Lists of TOML as the tuples of a frozen configuration."""
    if isinstance(value, dict):
        return {key: _tuples(each) for key, each in value.items()}
    return tuple(_tuples(each) for each in value) if isinstance(value, list) else value


def _check(spec: SweepSpec) -> None:
    """ConfigError for what the fields by themselves do not show."""
    for name in spec.targets:
        load_target(name)
        if name not in modelled_targets():
            raise ConfigError(
                f"SweepSpec.targets: {name} has no price model; those that have one are"
                f" {', '.join(modelled_targets())}."
            )
    lists = (("target", spec.targets), ("seed", spec.seeds), ("objective", spec.objectives))
    for kind, values in lists:
        if len(set(values)) < len(values):
            raise ConfigError(f"SweepSpec.{kind}s must name each {kind} once.")
    for seed in spec.seeds:
        if not 0 <= seed <= MAX_SEED:
            raise ConfigError(f"SweepSpec.seeds must be 0 to {MAX_SEED}, not {shown(seed)}.")
    for name in spec.objectives:
        if name not in OBJECTIVES:
            hint = did_you_mean(name, OBJECTIVES) or "."
            raise ConfigError(
                f"SweepSpec.objectives: {shown(name)} is none{hint} There are:"
                f" {', '.join(OBJECTIVES)}."
            )
    if "accuracy" in spec.objectives and not spec.task:
        raise ConfigError(
            "SweepSpec.objectives has accuracy, so there must be a table [[task]]; add one, or name"
            ' others, as objectives = ["lut", "steps_per_s"].'
        )
    titles = [task.title for task in spec.task]
    if len(set(titles)) < len(titles):
        raise ConfigError("two tables [[task]] must not have the same name; give each one.")
    for task in spec.task:
        if task.kind == "samples" and not task.file:
            raise ConfigError("a task of kind 'samples' must have file, a file of samples (.npz).")
    _check_sampler(spec)


def _check_sampler(spec: SweepSpec) -> None:
    """ConfigError for a sampler without what it draws from, or with another's."""
    expected = {"grid": "grid", "list": "point"}.get(spec.sampler, "space")
    for table in sorted(("grid", "point", "space"), key=lambda name: name != expected):
        brackets = f"[[{table}]]" if table == "point" else f"[{table}]"
        if table == expected and not getattr(spec, table):
            raise ConfigError(
                f"sampler '{spec.sampler}' needs a table {brackets} with keys of the design, as"
                ' "layer.lanes".'
            )
        if table != expected and getattr(spec, table):
            raise ConfigError(
                f"sampler '{spec.sampler}' takes no table {brackets}; leave it out, or choose its"
                " sampler."
            )
    for name, values in spec.grid.items():
        if not values:
            raise ConfigError(f"[grid] {name} must be a list of one value or more.")
    for name, choice in spec.space.items():
        if isinstance(choice, SearchSpace):
            if not choice.low <= choice.high or (choice.log and choice.low <= 0):
                raise ConfigError(
                    f"[space] {name} must have low <= high, with log above 0, not"
                    f" {choice.low} to {choice.high}."
                )
        elif not choice:
            raise ConfigError(f"[space] {name} must be a list of one value or more, or a range.")
    if expected == "space" and len(spec.targets) > 1:
        raise ConfigError(
            f"sampler '{spec.sampler}' looks for the best on one target, not on"
            f" {len(spec.targets)}; name one, or sweep a grid."
        )
