"""`sc-hw cosim`: options go to the stage, a difference is shown and fails."""

from __future__ import annotations

import json
from typing import Any

import pytest
from report_files import COSIM
from support import ROOT
from typer.testing import CliRunner

from sc_hw.cli import app
from sc_hw.simulation import cosim

LANE = str(ROOT / "examples" / "lane.toml")


def test_help() -> None:
    done = CliRunner().invoke(app, ["cosim", "--help"], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    for option in ("--steps", "--seed", "--events", "--stall", "--waves", "--build", "--json"):
        assert option in done.stdout


@pytest.mark.parametrize("passed", [True, False])
def test_results(passed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    first = None if passed else {"step": 5, "field": "weight [0]", "expected": 1, "got": 2}
    results = COSIM | {
        "block": "lane",
        "passed": passed,
        "differences": int(not passed),
        "first_difference": first,
        "cycles_per_s": 12345.6,
    }
    calls: list[dict[str, Any]] = []

    def simulated(design: Any, **options: Any) -> dict[str, Any]:
        calls.append(options)
        return results

    monkeypatch.setattr(cosim, "cosim", simulated)
    arguments = ["cosim", LANE, "--steps", "31", "--seed", "2", "--stall", "0.5", "--waves"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == int(not passed)
    text = "step 5, field weight [0], expected 1, got 2"
    assert (f"first difference: {text}" in done.stdout) is not passed
    end = "in 248 synapse steps, 12,346 clocks/s, 1 of 2 coverage bins not hit"
    word = "passed" if passed else "FAILED"
    assert f"lane: {word}: {int(not passed)} differences {end}" in done.stdout
    (options,) = calls
    assert {key: options[key] for key in ("steps", "seed", "stall", "waves", "events")} == {
        "steps": 31,
        "seed": 2,
        "stall": 0.5,
        "waves": True,
        "events": None,
    }
    done = CliRunner().invoke(app, ["cosim", LANE, "--json"])
    assert json.loads(done.stdout) == results
