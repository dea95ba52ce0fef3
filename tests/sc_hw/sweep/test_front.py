"""Which points nobody beats, on outcomes that are written down here."""

from __future__ import annotations

from typing import Any

from sc_hw.sweep.front import columns, fronts, judged, rows
from sc_hw.sweep.spec import parse_sweep

SPEC = parse_sweep(
    {
        "sweep": {
            "name": "s",
            "design": "d.toml",
            "targets": ["ice40-up5k"],
            "seeds": [1, 2],
            "objectives": ["accuracy", "lut"],
        },
        "grid": {"a.x": [1, 2, 3, 4, 5]},
        "task": [{"kind": "digits"}],
    }
)
POINTS = [{"a.x": number} for number in range(1, 6)]


def outcome(accuracy: tuple[float, float], lut: float, fits: bool = True) -> dict[str, Any]:
    price = {"lut": lut, "fits": fits, "bram": 1}
    accuracies = {"digits": dict(zip("12", accuracy, strict=True))}
    return {"prices": {"ice40-up5k": price}, "accuracies": accuracies}


OUTCOMES = [
    outcome((0.8, 0.6), 100),
    outcome((0.9, 0.9), 200),
    outcome((0.7, 0.6), 100),  # beaten by the first
    outcome((1.0, 1.0), 50, fits=False),
    {"failed": "no such design"},
]


def test_the_front_has_what_fits_and_is_not_beaten() -> None:
    assert fronts(SPEC, OUTCOMES) == {("ice40-up5k", "digits"): [0, 1]}


def test_points_with_the_same_objectives_are_both_on_it() -> None:
    same = [OUTCOMES[1], OUTCOMES[1]]
    assert fronts(SPEC, same) == {("ice40-up5k", "digits"): [0, 1]}


def test_accuracy_is_the_mean_over_seeds() -> None:
    assert judged(SPEC, OUTCOMES[0], "ice40-up5k", "digits") == (0.7, 100)
    assert judged(SPEC, OUTCOMES[4], "ice40-up5k", "digits") is None


def test_each_point_has_a_row_for_each_seed() -> None:
    front = fronts(SPEC, OUTCOMES)
    found = list(rows(SPEC, POINTS, OUTCOMES, front))
    assert [(row["point"], row["seed"]) for row in found] == [
        (point, seed) for point in range(5) for seed in (1, 2)
    ]
    assert found[3]["accuracy"] == 0.9
    assert found[3]["on_front"]
    assert found[-1]["failed"] == "no such design"
    names = columns(SPEC, ["a.x"])
    assert {"point", "a.x", "target", "task", "seed", "accuracy", "lut"} <= set(names)
    assert all(set(row) <= set(names) for row in found)
