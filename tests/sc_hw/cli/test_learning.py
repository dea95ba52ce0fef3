"""`sc-hw bench`, `demo`: what is printed, and when they fail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sc_hw.cli import app
from sc_hw.commands import benchmark, demo

SUMMARY: dict[str, Any] = {
    "passed": True,
    "proved": True,
    "claims": 12,
    "mutants_refuted": "3 of 3",
    "differences": 0,
    "synapse_steps": 12345,
    "learned": {
        "before": 0.1,
        "after": 0.98,
        "held_out": 449,
        "samples": 12_000,
        "samples_in_rtl": 3000,
    },
    "estimates": [{"target": "t", "lut": 1, "bram": 2, "dsp": 3, "quoted_mhz": 4}],
    "report": "build/id/report.html",
}


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("bench", ("--steps", "--reward", "--seed", "--out", "--json")),
        ("demo", ("--build", "--target", "--seeds", "--samples", "--data", "--json")),
    ],
)
def test_help(command: str, options: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    assert [option for option in options if option not in done.stdout] == []


@pytest.mark.parametrize("agrees", [True, False])
def test_models_that_do_not_agree_fail(agrees: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    case = {
        "pairing": "causal",
        "reward": 8,
        "initial": 1,
        "final": 2,
        "steps_to_50_percent": 7,
        "steps_to_90_percent": None,
        "reason": "never",
    }
    result = {
        "cases": [case],
        "parity_with_scalar": {"numpy": True, "native": agrees, "compared_steps": 50},
    }
    monkeypatch.setattr(benchmark, "benchmark", lambda name, **options: result)
    done = CliRunner().invoke(app, ["bench", "adaptation"])
    assert done.exit_code == int(not agrees)
    assert "│ causal  │ 8      │ 1    │ 2  │ 7             │ -             │ never │" in done.stdout
    assert f"models agree in 50 steps: {'yes' if agrees else 'no'}; no hardware" in done.stdout
    done = CliRunner().invoke(app, ["bench", "adaptation", "--json"])
    assert (done.exit_code, json.loads(done.stdout)) == (int(not agrees), result)


@pytest.mark.parametrize("passed", [True, False])
def test_demo(passed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []

    def run(**options: Any) -> dict[str, Any]:
        calls.append(options)
        return SUMMARY | {"passed": passed}

    monkeypatch.setattr(demo, "demo", run)
    done = CliRunner().invoke(app, ["demo", "--build", "b", "--target", "t", "--samples", "30"])
    assert done.exit_code == int(not passed)
    for line in (
        "proof: passed, 12 claims, 3 of 3 mutants refuted",
        "RTL against golden model: 0 differences, in 3,000 samples that both have learned and in"
        " 12,345 random updates of synapses",
        "learned: 10.0 % of 449 held-out images right before, 98.0 % after 12,000 samples",
        "t: 1 LUT, 2 BRAM, 3 DSP, 4 MHz",
        "report: build/id/report.html",
    ):
        assert line in " ".join(done.stdout.split())
    (options,) = calls
    assert (options["root"], options["targets"], options["samples"]) == (Path("b"), ("t",), 30)
    CliRunner().invoke(app, ["demo"])
    assert "targets" not in calls[1]  # the demo's own
