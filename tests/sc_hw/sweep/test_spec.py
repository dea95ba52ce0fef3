"""Sweep files: what they say, and each wrong one in one line."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest

from sc_hw.sweep.spec import SearchSpace, load_sweep, parse_sweep
from sc_model.spec import ConfigError, ConfigTypeError

SWEEP = {"name": "s", "design": "d.toml", "targets": ["ice40-up5k"], "objectives": ["lut"]}
GRID = {"layer.lanes": [1, 2]}
RANGE = {"low": 1, "high": 4}


def tables(**changes: Any) -> dict[str, Any]:
    """A sweep over a grid; `changes` are keys of [sweep], or whole tables by their names."""
    inner = {key: changes.pop(key) for key in list(changes) if key not in TABLES}
    return {"sweep": {**SWEEP, **inner}, "grid": GRID, **changes}


TABLES = ("grid", "point", "space", "task")


def test_keys_may_be_dotted_or_tables() -> None:
    dotted = parse_sweep(tables(grid={"layer.lanes": [1, 2], "rule.weight_bits": [8]}))
    nested = parse_sweep(tables(grid={"layer": {"lanes": [1, 2]}, "rule": {"weight_bits": [8]}}))
    assert dotted == nested
    assert dict(dotted.grid) == {"layer.lanes": (1, 2), "rule.weight_bits": (8,)}


def test_a_range_is_a_range_and_a_list_a_list() -> None:
    space = {"rule": {"weight_bits": {"low": 4, "high": 12}}, "layer.lanes": [1, 2]}
    values = tables(sampler="nsga2", space=space)
    del values["grid"]
    spec = parse_sweep(values)
    assert spec.space["rule.weight_bits"] == SearchSpace(low=4, high=12)
    assert spec.space["layer.lanes"] == (1, 2)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"gird": {}}, "a sweep file has no table [gird]; did you mean 'grid'? Its tables are:"),
        ({"targets": ["gowin-gw1n9"]}, "[sweep] targets: gowin-gw1n9 has no price model;"),
        ({"targets": ["up5k"]}, "target must be"),
        ({"targets": ["ice40-up5k"] * 2}, "[sweep] targets must name each target once."),
        ({"seeds": [1, -1]}, "[sweep] seeds must be 0 to"),
        ({"objectives": ["luts"]}, "[sweep] objectives: 'luts' is none; did you mean 'lut'?"),
        ({"objectives": ["accuracy"]}, "[sweep] objectives has accuracy, so there must be"),
        ({"objectives": ["lut", "lut"]}, "[sweep] objectives must name each objective once."),
        ({"seeds": []}, "[sweep] seeds must have 1 or more entries, not 0."),
        ({"grid": {"a.x": 3}}, "[grid] a.x must be a list of values, not 3."),
        ({"grid": {"a.x": [[1]]}}, "[grid] a.x: a value must be a number, a string, true or false"),
        ({"grid": {"a.x": [math.nan]}}, "[grid] a.x: a value must be finite, not nan."),
        ({"point": [{"a.x": [1]}]}, "[[point]] a.x: a value must be a number, a string, true or"),
        ({"space": {"a.x": 1}}, "[space] a.x must be a list of values, or a range as {low = 4,"),
        ({"space": {"a.x": RANGE | {"step": 2}}}, "[space] a.x: a range has low, high and log"),
        ({"space": {"a.x": RANGE | {"low": "a"}}}, "[space] a.x: low must be a number, not 'a'."),
        ({"space": {"a.x": RANGE | {"high": math.inf}}}, "[space] a.x: high must be within -2^53"),
        ({"space": {"a.x": RANGE | {"log": 1}}}, "[space] a.x: log must be true or false, not 1."),
        ({"task": [{"kind": "digits", "trials": 0}]}, "[[task]] trials must be >= 1, not 0."),
        ({"sampler": "gird"}, "[sweep] sampler must be 'grid', 'list', 'nsga2', 'tpe' or"),
        ({"space": {"a.x": [1]}}, "sampler 'grid' takes no table [space];"),
        ({"sampler": "tpe"}, "sampler 'tpe' needs a table [space] with keys of the design"),
        ({"sampler": "list"}, "sampler 'list' needs a table [[point]] with keys of the design"),
        ({"grid": {}}, "sampler 'grid' needs a table [grid] with keys of the design"),
        ({"grid": {"layer.lanes": []}}, "[grid] layer.lanes must be a list of one value or more."),
        ({"task": [{"kind": "samples"}]}, "a task of kind 'samples' must have file,"),
        ({"task": [{"kind": "digits"}] * 2}, "two tables [[task]] must not have the same name;"),
        ({"lanes": 3}, "[sweep] has no field 'lanes'"),
    ],
)
def test_a_wrong_file_is_one_line(changes: dict[str, Any], line: str) -> None:
    inner = {key: changes[key] for key in changes if key != "gird"}
    values = tables(**inner) | {key: changes[key] for key in changes if key == "gird"}
    with pytest.raises((ConfigError, ConfigTypeError), match=re.escape(line)) as found:
        parse_sweep(values)
    assert "\n" not in str(found.value)


def test_one_target_for_a_sampler_that_looks_for_the_best() -> None:
    values = tables(sampler="nsga2", targets=["ice40-up5k", "ecp5-25f-6"], space=GRID)
    del values["grid"]
    with pytest.raises(
        ConfigError, match=r"^sampler 'nsga2' looks for the best on one target, not"
    ):
        parse_sweep(values)


def test_tasks_stand_in_double_brackets() -> None:
    with pytest.raises(ConfigTypeError, match=r"^\[task\] stands in double brackets, \[\[task\]\]"):
        parse_sweep(tables(task={"kind": "digits"}))


def test_a_file_that_is_missing_or_no_toml_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^sweep file .*none.toml does not exist; docs/sweep.md"):
        load_sweep(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("[sweep")
    with pytest.raises(ConfigError, match=r"^sweep file .*bad.toml is not valid TOML: "):
        load_sweep(tmp_path / "bad.toml")
    with pytest.raises(ConfigError, match=r"can't be read: Is a directory"):
        load_sweep(tmp_path)
