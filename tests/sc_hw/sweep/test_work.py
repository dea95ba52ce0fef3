"""What is done for a point, and the name of all that its outcome depends on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sc_hw.sweep.spec import SweepSpec, parse_sweep
from sc_hw.sweep.work import item_of, key_of, outcome_of

DIGITS: dict[str, dict[str, Any]] = {
    "design": {"name": "d", "block": "layer"},
    "layer": {"inputs": 128, "neurons": 10, "critic_shift": 4},
    "neuron": {"winner_take_all": True, "threshold": 131072},
    "rule": {"family": "reward_modulated_stdp", "weight_bits": 8, "trace_bits": 4},
}


def spec(*tasks: dict[str, Any]) -> SweepSpec:
    head = {"name": "s", "design": "d.toml", "targets": ["ice40-up5k"], "objectives": ["lut"]}
    return parse_sweep({"sweep": head, "grid": {"a.x": [1]}, "task": list(tasks)})


def priced(design: Any, targets: Any) -> list[dict[str, Any]]:
    """A price that takes no time."""
    bar = {"value": 1, "low": 1, "high": 1}
    row = {"target": targets[0], "lut": bar, "ff": bar, "fmax_mhz": bar, "fits": True}
    row |= dict.fromkeys(("bram", "dsp", "spram", "step_clocks", "steps_per_s", "updates_per_s"), 1)
    return [row | {"device": {"resources": {"lut": {"percent": 25.0}, "dsp": {"percent": None}}}}]


def test_accuracy_is_that_of_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.setattr("sc_hw.sweep.work.price", priced)
    task = {"kind": "digits", "trials": 30}
    item = item_of(DIGITS, spec(task), Path())
    found = outcome_of(item)
    assert found == outcome_of(item)
    accuracy = found["accuracies"]["digits"]["1"]
    assert 0 <= accuracy < 0.5
    assert accuracy * 400 == int(accuracy * 400)
    assert found["prices"]["ice40-up5k"]["device_share"] == 25.0


def test_samples_are_answered_as_by_evaluate(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sc_hw.sweep.work.price", priced)
    spikes = np.zeros((4, 3, 2), np.uint8)
    spikes[::2, :, 0] = spikes[1::2, :, 1] = 1  # one of two inputs is active, and is the answer
    np.savez(tmp_path / "s.npz", spikes=spikes, labels=np.array([0, 1, 0, 0]))
    np.savez(
        tmp_path / "d.npz",
        **{"a.weight": np.array([[100, 0], [0, 100]]), "a.threshold": np.array([100, 100])},
    )
    tables = {
        "design": {"name": "d", "block": "network"},
        "layer": [
            {
                "name": "a",
                "kind": "dense",
                "inputs": 2,
                "neurons": 2,
                "neuron": {"leak": "none", "fraction": 0},
            }
        ],
    }
    item = item_of(tables, spec({"kind": "samples", "file": "s.npz"}), tmp_path)
    assert item["tasks"][0]["parameters"] == str(tmp_path / "d.npz")
    assert outcome_of(item)["accuracies"] == {"samples": {"1": 0.75}}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"layer": {"inputs": 100}}, "the task of digits needs 128 inputs for each threshold, 10"),
        ({"neuron": {"winner_take_all": False}}, "the task of digits needs a layer whose neurons"),
        ({"layer": {"lanes": 0}}, "[layer] lanes must be >= 1, not 0."),
        ({"rule": {"family": "pair_sdtp"}}, "rule family must be"),
    ],
)
def test_a_point_that_can_not_be_is_failed_with_its_line(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], line: str
) -> None:
    monkeypatch.setattr("sc_hw.sweep.work.price", priced)
    tables = {
        name: {**table, **changes.get(name, {})}
        if "family" not in changes.get(name, {})
        else changes[name]
        for name, table in DIGITS.items()
    }
    found = outcome_of(item_of(tables, spec({"kind": "digits", "trials": 1}), Path()))
    assert set(found) == {"failed"}
    assert line in found["failed"]
    assert "\n" not in found["failed"]


def test_the_key_changes_with_what_counts_and_not_with_where_it_is(tmp_path: Path) -> None:
    task = {"kind": "samples", "file": "s.npz", "parameters": "p.npz"}
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for name in ("s.npz", "p.npz"):
            (tmp_path / folder / name).write_bytes(b"the same")
    keys = [key_of(item_of(DIGITS, spec(task), tmp_path / name)) for name in ("a", "b")]
    assert keys[0] == keys[1]
    (tmp_path / "b" / "s.npz").write_bytes(b"others")
    assert key_of(item_of(DIGITS, spec(task), tmp_path / "b")) != keys[0]
    other = {**DIGITS, "layer": {**DIGITS["layer"], "lanes": 2}}
    assert key_of(item_of(other, spec(task), tmp_path / "a")) != keys[0]
