"""`sc-hw run` and `selftest`: options go to the stage, and what is printed of its answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support import ROOT
from typer.testing import CliRunner

from sc_hw.cli import app
from sc_hw.cli.devices import _view
from sc_hw.simulation import running, selftest
from sc_hw.simulation.running import Progress

LANE = str(ROOT / "examples" / "lane.toml")
LEARNED = Progress(10, 20, 3, 0.125, {"reward": -1.5}, 1, 900, 400.25, [0, 1, 80, 40])
NOTHING_LEARNS = Progress(20, 20, None, None, {}, None, None, None, [])


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []

    def run_design(design: Path, on: str, **options: Any) -> Any:
        made.append({"design": design, "on": on, **options})
        return iter([LEARNED, NOTHING_LEARNS])

    monkeypatch.setattr(running, "run_design", run_design)
    return made


def test_run_prints_a_line_for_each_portion(calls: list[dict[str, Any]]) -> None:
    done = CliRunner().invoke(app, ["run", LANE])
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [
        "step 10 of 20; 3 spikes, 0.1250 a neuron and step; mean reward -1.50; weights 1 to 900,"
        " mean 400.2",
        "step 20 of 20",
    ]
    (call,) = calls
    assert (call["on"], call["steps"], call["seed"]) == ("model", None, 1)
    assert (call["events"], call["baud"]) == (None, None)


def test_run_as_json_is_the_end_of_the_run(calls: list[dict[str, Any]]) -> None:
    options = ["--on", "/dev/ttyUSB1", "--steps", "20", "--seed", "3", "--baud", "9600"]
    done = CliRunner().invoke(app, ["run", LANE, *options, "--events", "e.npz", "--json"])
    assert json.loads(done.stdout) == NOTHING_LEARNS.as_json()
    (call,) = calls
    assert (call["on"], call["steps"], call["seed"]) == ("/dev/ttyUSB1", 20, 3)
    assert (call["events"], call["baud"]) == (Path("e.npz"), 9600)


def test_histogram_for_a_terminal() -> None:
    # eight heights, rounded up: a bin with one weight of 80 is seen, an empty one is not
    assert _view(LEARNED).plain.splitlines()[1] == "       1 | ▁█▄| 900"
    assert _view(NOTHING_LEARNS).plain == "step 20 of 20"


@pytest.mark.parametrize(
    "option",
    [("--steps", "0"), ("--steps", "10000001"), ("--seed", "-1"), ("--baud", "299")],
    ids=" ".join,
)
def test_option_out_of_range(option: tuple[str, str], calls: list[dict[str, Any]]) -> None:
    done = CliRunner().invoke(app, ["run", LANE, *option])
    assert (done.exit_code, calls) == (2, [])
    assert option[0] in done.stderr


@pytest.mark.parametrize("passed", [True, False])
def test_selftest(passed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    first = "" if passed else "word 10, weight: 5, not 4"
    space = {"words": 27, "wrong": int(not passed), "first": first}
    report = {
        "tests": {
            "link": {"passed": True, "requests": 12},
            "memories": {"passed": passed, "spaces": {"layer.synapse": space}},
        },
        "passed": passed,
        "file": "build/abc/selftest.json",
    }
    calls: list[Any] = []

    def tested(port: str, design: Path | None, **options: Any) -> dict[str, Any]:
        calls.append((port, design, options["steps"], options["seed"], options["baud"]))
        return report

    monkeypatch.setattr(selftest, "selftest", tested)
    done = CliRunner().invoke(app, ["selftest", "/dev/ttyUSB1"])
    assert done.exit_code == int(not passed)
    word = "passed" if passed else "FAILED"
    assert done.stdout.splitlines() == [
        "link      passed requests 12",
        f"memories  {word}",
        "          layer.synapse: 27 words, "
        + ("0 wrong" if passed else "1 wrong, word 10, weight: 5, not 4"),
        f"{word}: build/abc/selftest.json",
    ]
    done = CliRunner().invoke(app, ["selftest", "sim-board", LANE, "--steps", "7", "--json"])
    assert (json.loads(done.stdout), done.exit_code) == (report, int(not passed))
    assert calls == [
        ("/dev/ttyUSB1", None, 10_000, 1, None),
        ("sim-board", Path(LANE), 7, 1, None),
    ]
