"""The demo: what its summary says, from stages that are stood in for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from report_files import PROOF, metric
from support import ROOT

from sc_hw.build.elaborate import Build
from sc_hw.commands import demo as module
from sc_hw.commands.demo import demo, example_folder, task_of
from sc_model.images import load_images
from sc_model.spec import ConfigError, Design, load_design


def test_the_examples_are_found_and_complete() -> None:
    folder = example_folder()
    assert load_design(folder / "digits.toml").block == "layer"
    assert (folder / "digits.npz").is_file()
    with pytest.raises(ConfigError, match=r"^example 'none' is not installed with this package\.$"):
        example_folder("none")
    design, images = task_of(None)
    assert design == load_design(ROOT / "examples" / "on_chip" / "digits.toml")
    assert design.learning is not None
    assert images.pixels.shape == (1797, 8, 8)
    assert images.classes == design.learning.output.neurons == 10


def test_the_shipped_digits_are_those_of_scikit_learn() -> None:
    from sklearn.datasets import load_digits

    images, data = load_images(ROOT / "examples" / "on_chip" / "digits.npz"), load_digits()
    assert (images.pixels == (data.images * 255 / 16).astype(np.uint8)).all()
    assert (images.labels == data.target).all()


def test_images_of_a_file_get_a_network_of_their_size(tmp_path: Path) -> None:
    file, rng = tmp_path / "few.npz", np.random.default_rng(1)
    np.savez(file, images=rng.integers(0, 256, (9, 5, 7), np.uint8), labels=np.arange(9) % 3)
    design, images = task_of(file)
    assert design.learning is not None
    assert (design.learning.inputs, design.learning.output.neurons, len(images)) == (35, 3, 9)
    np.savez(file, images=np.zeros((2, 65, 65), np.uint8), labels=np.arange(2))
    with pytest.raises(ConfigError, match=r"^images few\.npz: .*inputs must be .*4096.*4225\.$"):
        task_of(file)


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What each stage answers; a test may change it before the demo runs."""
    answers: dict[str, Any] = {
        "proof": {"passed": True, "claims": [1, 2], "mutants": PROOF["mutants"]},
        "cosim": {"passed": True, "synapse_steps": 7, "differences": 0},
        "learned": {"passed": True, "other_answers": 0, "other_values_of_the_state": 0},
        "samples": [],
    }

    def learn(build: Build, images: Any, *, samples: int, **options: Any) -> dict[str, Any]:
        answers["samples"].append((build.design.name, len(images), samples))
        return dict(answers["learned"])

    def estimate(design: Design, targets: tuple[str, ...], **options: Any) -> list[dict[str, Any]]:
        return [metric(name) for name in targets]

    monkeypatch.setattr(
        module, "elaborate", lambda design, root: Build(design, "id", tmp_path / "id", {})
    )
    monkeypatch.setattr(module, "lint", lambda build: "")
    monkeypatch.setattr(module, "prove", lambda design, **options: answers["proof"])
    monkeypatch.setattr(module, "cosim", lambda build, **options: answers["cosim"])
    monkeypatch.setattr(module, "learn_in_rtl", learn)
    monkeypatch.setattr(module, "estimate", estimate)
    monkeypatch.setattr(module, "price", lambda design, targets, **options: {})
    monkeypatch.setattr(module, "report", lambda folder: {})
    return answers


def test_summary(stages: dict[str, Any], tmp_path: Path) -> None:
    lines: list[str] = []
    targets = ("ecp5-25f-6", "ice40-up5k")
    summary = demo(targets=targets, progress=lines.append)
    assert summary["passed"] is True
    assert (summary["claims"], summary["mutants_refuted"], summary["mutants_equivalent"]) == (
        2,
        1,
        1,
    )
    assert [row["target"] for row in summary["estimates"]] == list(targets)
    assert summary["report"] == str(tmp_path / "id" / "report.html")
    assert (lines[0], lines[-1]) == ("elaborating the design", "writing the report")
    demo(samples=77)
    assert stages["samples"] == [("digits_on_chip", 1797, 12_000), ("digits_on_chip", 1797, 77)]


@pytest.mark.parametrize(
    ("stage", "answer", "differences"),
    [
        ("proof", {"passed": False, "claims": [], "mutants": []}, 0),
        ("cosim", {"passed": False, "synapse_steps": 7, "differences": 1}, 1),
        ("learned", {"passed": False, "other_answers": 2, "other_values_of_the_state": 3}, 5),
    ],
)
def test_one_stage_that_fails_is_enough(
    stage: str, answer: dict[str, Any], differences: int, stages: dict[str, Any]
) -> None:
    stages[stage] = answer
    summary = demo()
    assert not summary["passed"]
    assert summary["differences"] == differences
