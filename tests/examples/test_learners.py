"""The tasks of `examples/learners`: what the folder promises, and that learners solve what their
baselines don't.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
from support import ROOT

from campaigns.freshness.stamps import without_stamp

FOLDER = ROOT / "examples" / "learners"
QUICK = (
    "eligibility",
    "evolution",
    "ewc_layer",
    "schedulers",
    "short_term",
)  # a second or so each; the others are in reports/learners.md


@pytest.fixture(scope="module")
def runner() -> Iterator[ModuleType]:
    """The script `run.py`; what it and the tests load is gone again afterwards."""
    before = set(sys.modules)
    sys.path.insert(0, str(FOLDER))
    try:
        yield importlib.import_module("run")
    finally:
        sys.path.remove(str(FOLDER))
        for name in set(sys.modules) - before:
            if str(FOLDER) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]


@pytest.mark.parametrize("name", QUICK)
def test_a_learner_solves_what_its_baseline_does_not(name: str, runner: ModuleType) -> None:
    module = runner.load(name)
    for seed in (100, 101):
        found = module.run(seed)
        assert found["baseline"] < module.SOLVED <= found["learner"]
    assert module.run(100) != module.run(101)


def test_a_seed_repeats(runner: ModuleType) -> None:
    module = runner.load("ewc_layer")
    assert module.run(3) == module.run(3)


def test_tasks_are_found_by_their_files(runner: ModuleType) -> None:
    assert set(QUICK) <= set(runner.tasks())
    assert "run" not in runner.tasks()


def test_a_task_that_lacks_something(runner: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "half", ModuleType("half"))
    with pytest.raises(
        ValueError,
        match=r"^task half must have NAME, TASK, BASELINE, SCORE, SOLVED, run; see README.md$",
    ):
        runner.load("half")


def test_the_report_holds_every_task(runner: ModuleType) -> None:
    """At least five seeds each; a learner's worst seed is better than the mean of its baseline."""
    report = json.loads((ROOT / "reports" / "learners.json").read_text(encoding="utf-8"))
    assert list(report["tasks"]) == runner.tasks()
    for found in report["tasks"].values():
        assert len(found["runs"]) >= 5
        assert found["learner"]["min"] > found["baseline"]["mean"]
    text = (ROOT / "reports" / "learners.md").read_text(encoding="utf-8")
    assert without_stamp(text) == runner.markdown(report)
