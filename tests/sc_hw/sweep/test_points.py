"""Points of grids, lists and samplers."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sc_hw.sweep.points import batches, with_values
from sc_hw.sweep.spec import SweepSpec, parse_sweep
from sc_model.spec import ConfigError

DESIGN = {
    "design": {"name": "d"},
    "layer": [{"name": "a", "lanes": 1}, {"name": "b"}],
    "rule": {"family": "pair_stdp"},
}


def spec(**tables: Any) -> SweepSpec:
    inner = tables.pop("sweep", {})
    head = {"name": "s", "design": "d.toml", "targets": ["ice40-up5k"], "objectives": ["lut"]}
    return parse_sweep({"sweep": {**head, **inner}, **tables})


def test_a_grid_has_every_combination_once() -> None:
    ((points, _),) = batches(spec(grid={"a.x": [1, 2], "a.y": ["p", "q", "r"]}))
    assert len(points) == 6
    assert len({tuple(point.items()) for point in points}) == 6
    assert points[0] == {"a.x": 1, "a.y": "p"}


def test_a_list_is_taken_as_it_is() -> None:
    rows = [{"a.x": 1}, {"a.x": 5, "a.y": "q"}]
    ((points, _),) = batches(spec(point=rows, sweep={"sampler": "list"}))
    assert points == rows


def test_a_grid_of_too_many_points_is_refused() -> None:
    wide = {f"a.k{number}": list(range(10)) for number in range(6)}
    with pytest.raises(ConfigError, match=r"^\[grid\] makes 1,000,000 points, and 100,000 is the"):
        next(batches(spec(grid=wide)))


def drawn(sampler: str, points: int = 12) -> list[dict[str, Any]]:
    """Points of a sampler that is told that small x are best."""
    space = {"a.x": {"low": 1, "high": 64, "log": True}, "a.y": ["p", "q"]}
    values = {"sampler": sampler, "points": points, "batch": 5}
    found: list[dict[str, Any]] = []
    for batch, tell in batches(spec(space=space, sweep=values)):
        found += [dict(point) for point in batch]
        tell(
            [
                None if point["a.y"] == "q" and point["a.x"] > 60 else [point["a.x"]]
                for point in batch
            ]
        )
    return found


@pytest.mark.parametrize("sampler", ["nsga2", "tpe", "random"])
def test_a_sampler_draws_the_same_points_again(sampler: str) -> None:
    points = drawn(sampler)
    assert len(points) == 12
    assert points == drawn(sampler)
    assert all(1 <= point["a.x"] <= 64 and point["a.y"] in "pq" for point in points)


def test_values_come_into_tables_and_numbered_tables() -> None:
    made = with_values(
        DESIGN, {"layer.1.lanes": 4, "rule.weight_bits": 6, "layer.0.neuron.leak": 2}
    )
    assert made["layer"] == [
        {"name": "a", "lanes": 1, "neuron": {"leak": 2}},
        {"name": "b", "lanes": 4},
    ]
    assert made["rule"] == {"family": "pair_stdp", "weight_bits": 6}
    assert "weight_bits" not in DESIGN["rule"]


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (
            "ruel.weight_bits",
            "key 'ruel.weight_bits' of the sweep: the design has no table [ruel];",
        ),
        ("layer.2.lanes", "key 'layer.2.lanes' of the sweep must number the tables [[layer]] from"),
        ("layer.lanes", "key 'layer.lanes' of the sweep must end in the name of a field."),
        ("rule.family.x", "key 'rule.family.x' of the sweep must end in the name of a field."),
    ],
)
def test_a_wrong_key_is_one_line(key: str, line: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(line)):
        with_values(DESIGN, {key: 1})
