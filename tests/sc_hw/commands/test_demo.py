"""The demo: what its summary says, from stages that are stood in for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from report_files import PROOF, metric

from sc_hw.build.elaborate import Build
from sc_hw.commands import demo as module
from sc_hw.commands.demo import demo, example_folder
from sc_model.spec import ConfigError, Design, load_design


def test_the_example_is_found_and_complete() -> None:
    folder = example_folder()
    assert load_design(folder / "digits.toml").block == "layer"
    assert (folder / "digits.npz").is_file()
    with pytest.raises(ConfigError, match=r"^example 'none' is not installed with this package\.$"):
        example_folder("none")


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What each stage answers; a test may change it before the demo runs."""
    answers: dict[str, Any] = {
        "proof": {"passed": True, "claims": [1, 2], "mutants": PROOF["mutants"]},
        "pipeline": {"passed": True},
        "cosim": {"passed": True, "synapse_steps": 7, "differences": 0},
        "learned": {"same_decisions": True},
        "fabrics": [],
    }

    def prove(design: Design, *, mutants: bool = True, **options: Any) -> dict[str, Any]:
        answers["fabrics"].append((design.fabric, mutants))
        return dict(answers["proof" if mutants else "pipeline"])

    def estimate(design: Design, targets: tuple[str, ...], **options: Any) -> list[dict[str, Any]]:
        return [metric(name) for name in targets]

    build = Build(load_design(example_folder() / "digits.toml"), "id", tmp_path / "id", {})
    monkeypatch.setattr(module, "elaborate", lambda design, root: build)
    monkeypatch.setattr(module, "lint", lambda build: "")
    monkeypatch.setattr(module, "prove", prove)
    monkeypatch.setattr(module, "cosim", lambda build, **options: answers["cosim"])
    monkeypatch.setattr(module, "estimate", estimate)
    monkeypatch.setattr(module, "report", lambda folder, recording: {"learned": answers["learned"]})
    return answers


def test_summary(stages: dict[str, Any], tmp_path: Path) -> None:
    lines: list[str] = []
    targets = ("ecp5-25f-6", "ice40-up5k", "ecp5-25f-8")
    summary = demo(targets=targets, progress=lines.append)
    assert summary["passed"] is True
    assert (summary["claims"], summary["mutants_refuted"], summary["mutants_equivalent"]) == (
        2,
        1,
        1,
    )
    # the design's own fabric with mutants, then each family of the targets once, without
    assert stages["fabrics"][0][1] is True
    assert stages["fabrics"][1:] == [("ecp5", False), ("ice40_up", False)]
    assert summary["pipelines_proved"] == {"ecp5": True, "ice40_up": True}
    assert [row["target"] for row in summary["estimates"]] == list(targets)
    assert summary["report"] == str(tmp_path / "id" / "report.html")
    assert lines[0] == "elaborating the design"
    assert lines[-1] == "writing the report"


@pytest.mark.parametrize(
    ("stage", "answer"),
    [
        ("proof", {"passed": False, "claims": [], "mutants": []}),
        ("pipeline", {"passed": False}),
        ("cosim", {"passed": False, "synapse_steps": 7, "differences": 1}),
        ("learned", {"same_decisions": False}),
        ("learned", {"status": "not measured"}),
    ],
)
def test_one_stage_that_fails_is_enough(
    stage: str, answer: dict[str, Any], stages: dict[str, Any]
) -> None:
    stages[stage] = answer
    assert not demo()["passed"]
