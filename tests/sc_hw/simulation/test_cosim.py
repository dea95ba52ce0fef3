"""The co-simulation's process: its command, and how its exit status and messages are read."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sc_hw.build.elaborate import Build, elaborate
from sc_hw.simulation import cosim as module
from sc_hw.simulation.cosim import cosim
from sc_hw.tools import ToolError
from sc_model.spec import ConfigError, Design

LANE = Design(name="lane", block="lane", seed=4)
RESULTS = {"synapse_steps": 7, "differences": 0, "passed": True}


class Process:
    """Stands in for `python -m sc_sim`: writes results, and ends as a test says."""

    def __init__(self) -> None:
        self.status, self.stderr = 0, ""
        self.results: dict[str, Any] | None = RESULTS
        self.calls: list[tuple[str, list[str]]] = []

    def run(self, module: str, arguments: list[str], *rest: Any) -> SimpleNamespace:
        self.calls.append((module, arguments))
        if self.results is not None:
            (file,) = [Path(word[6:]) for word in arguments if word.startswith("--out=")]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(self.results))
        return SimpleNamespace(returncode=self.status, stderr=self.stderr)


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Process:
    stand_in = Process()
    monkeypatch.setattr(module, "find", lambda name: None)
    monkeypatch.setattr(module, "environment", dict)
    monkeypatch.setattr(module, "run_module", stand_in.run)
    return stand_in


def test_command_and_results(process: Process, tmp_path: Path) -> None:
    lines: list[str] = []
    assert cosim(LANE, root=tmp_path, progress=lines.append) == RESULTS
    ((program, arguments),) = process.calls
    build = elaborate(LANE, tmp_path)
    out = build.folder / "sim" / "results.json"
    assert program == "sc_sim.__main__"
    # the seed is the design's own
    assert arguments == ["--stall=0.3", f"--out={out}", "--seed=4", "--", str(build.folder)]
    assert (build.folder / "sim" / "results.json").is_file()
    assert lines == ["lane: co-simulation", "lane: 7 synapse steps, 0 differences"]
    out = tmp_path / "elsewhere.json"
    cosim(build, steps=5, seed=0, events="r.npz", waves=True, stall=0.0, out=out)
    assert process.calls[1][1][:-2] == [
        *("--stall=0.0", f"--out={out}", "--seed=0", "--steps=5"),
        *("--events=r.npz", "--waves"),
    ]
    assert out.is_file()


def test_a_build_without_its_verilog_is_elaborated_again(process: Process, tmp_path: Path) -> None:
    build = elaborate(LANE, tmp_path)
    build.verilog.unlink()
    cosim(Build(LANE, build.id, build.folder, build.manifest))
    assert build.verilog.is_file()


def test_a_difference_is_a_result(process: Process, tmp_path: Path) -> None:
    process.status, process.results = 1, RESULTS | {"passed": False, "differences": 3}
    assert cosim(LANE, root=tmp_path)["differences"] == 3


@pytest.mark.parametrize(
    ("status", "stderr", "written", "kind", "text"),
    [
        (2, "noise\nsteps must be >= 1, not 0.", False, ConfigError, "steps must be >= 1, not 0."),
        (3, "a\nno g++", False, ToolError, "co-simulation failed (exit 3): no g++"),
        (
            -9,
            "",
            True,
            ToolError,
            "co-simulation failed (exit -9): no message, exit status -9",
        ),
        (0, "", False, ToolError, "co-simulation failed (exit 0): no message, exit status 0"),
        (
            1,
            "Traceback (most recent call last):\nKeyError: 'x'",
            True,
            ToolError,
            "co-simulation failed (exit 1): KeyError: 'x'",
        ),
    ],
    ids=["bad input", "tool", "killed", "no results", "traceback"],
)
def test_failures(
    status: int,
    stderr: str,
    written: bool,
    kind: type[Exception],
    text: str,
    process: Process,
    tmp_path: Path,
) -> None:
    process.status, process.stderr = status, stderr
    process.results = RESULTS if written else None
    with pytest.raises(kind) as error:
        cosim(LANE, root=tmp_path)
    assert str(error.value) == text
