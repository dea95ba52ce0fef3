"""Plots of fronts: one for each target and task, the same bytes each time."""

from __future__ import annotations

from pathlib import Path

from sc_hw.sweep.plots import draw_fronts
from sc_hw.sweep.spec import parse_sweep

HEAD = {"name": "s", "design": "d.toml", "targets": ["ice40-up5k"]}
OUTCOMES = [
    {"prices": {"ice40-up5k": {"lut": lut, "ff": ff, "fits": True}}, "accuracies": {}}
    for lut, ff in ((10, 5), (5, 10), (20, 20))
]


def test_a_picture_has_the_same_bytes_again(tmp_path: Path) -> None:
    head = {**HEAD, "objectives": ["lut", "ff"]}
    spec = parse_sweep({"sweep": head, "grid": {"a.x": [1, 2, 3]}})
    front = {("ice40-up5k", ""): [0, 1]}
    made = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (file,) = draw_fronts(tmp_path / folder, spec, OUTCOMES, front)
        assert file.name == "front_ice40-up5k.png"
        made.append(file.read_bytes())
    assert made[0] == made[1]
    assert made[0].startswith(b"\x89PNG")


def test_one_objective_has_none(tmp_path: Path) -> None:
    spec = parse_sweep({"sweep": {**HEAD, "objectives": ["lut"]}, "grid": {"a.x": [1]}})
    assert draw_fronts(tmp_path, spec, OUTCOMES[:1], {("ice40-up5k", ""): [0]}) == []
