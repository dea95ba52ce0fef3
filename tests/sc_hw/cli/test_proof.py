"""`sc-hw prove`: what is not proved or not refuted is shown, and fails."""

from __future__ import annotations

import json
from typing import Any

import pytest
from report_files import PROOF
from support import ROOT
from typer.testing import CliRunner

from sc_hw.cli import app
from sc_hw.proof import prove as prover

LANE = str(ROOT / "examples" / "lane.toml")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Options of each proof; its certificate has one claim and one mutant that failed."""
    options: list[dict[str, Any]] = []
    claim = {"name": "a", "statement": "x [7:0] = y", "verdict": "refuted"}
    mutant = {"name": "m", "verdict": "proved", "expected": "refuted", "bug": "one bit short"}
    certificate = PROOF | {
        "passed": False,
        "claims": [*PROOF["claims"], claim | {"counterexample": {"x": 5}}],
        "mutants": [*PROOF["mutants"], mutant],
    }

    def prove(design: Any, **arguments: Any) -> dict[str, Any]:
        options.append(arguments)
        return certificate

    monkeypatch.setattr(prover, "prove", prove)
    return options


def test_help() -> None:
    done = CliRunner().invoke(app, ["prove", "--help"], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    for option in ("--no-mutants", "--check", "--limit", "--jobs", "--build", "--json"):
        assert option in done.stdout


def test_what_failed_is_shown(calls: list[dict[str, Any]]) -> None:
    done = CliRunner().invoke(app, ["prove", LANE, "--limit", "5", "--jobs", "3"])
    assert done.exit_code == 1
    assert "refuted a: x [7:0] = y" in done.stdout
    assert "    x                                5" in done.stdout
    assert "mutant not refuted: m (one bit short)" in done.stdout
    assert "FAILED: 1 of 2 claims proved, 1 of 3 mutants refuted, 1 equivalent" in done.stdout
    (options,) = calls
    assert (options["mutants"], options["limit_s"], options["jobs"]) == (True, 5, 3)


def test_what_to_do_where_a_claim_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = {"name": "signal a", "statement": "so", "verdict": "unknown"}
    certificate = PROOF | {"passed": False, "claims": [claim]}
    monkeypatch.setattr(prover, "prove", lambda *_, **__: certificate)
    lines = CliRunner().invoke(app, ["prove", LANE]).stdout.splitlines()
    assert lines[:2] == [
        "unknown signal a: so",
        "unknown: the solver needs longer than --limit. Where a rule multiplies values, give"
        " factors and product names (ops.let), or fewer bits: docs/writing_a_rule.md.",
    ]


@pytest.mark.parametrize("option", ["--no-mutants", "--no-controls"])
def test_mutants_can_be_left_out(option: str, calls: list[dict[str, Any]]) -> None:
    done = CliRunner().invoke(app, ["prove", LANE, option, "--json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout)["passed"] is False
    assert calls[0]["mutants"] is False
