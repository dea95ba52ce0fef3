"""`sc-hw doctor`: a row for each tool and plug-in, and what to type."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from sc_hw.cli import app, tools
from sc_hw.commands import plugins
from sc_hw.tools import TOOLS, Status
from sc_hw.tools.machine import Finding
from sc_model.spec.catalogue import Plugin

PLUGIN = Plugin("sc_model.rules", "mine", "package 1.0, mine", ("a", "b"))
CAUSE = f"plug-in bad (package 2.0, bad) is broken: {'a long cause ' * 20}(/far/bad.py:3: [oops])."
BROKEN = Plugin("sc_hw.targets", "bad", "package 2.0, bad", (), CAUSE)


def test_help() -> None:
    done = CliRunner().invoke(app, ["doctor", "--help"], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    assert "--json" in done.stdout


def test_a_missing_tool_is_an_exit_code_and_a_broken_plug_in_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    statuses = [Status(TOOLS[0], None, None, "apt-get install [g++]")]
    monkeypatch.setattr(tools, "run_doctor", lambda: statuses)
    monkeypatch.setattr(plugins, "plugins", lambda: [PLUGIN, BROKEN])
    findings = [Finding("folder", "it has [a]", "harmless")]
    monkeypatch.setattr(tools, "machine", lambda: findings)
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 3
    assert "apt-get install [g++]" in done.stdout
    assert "a, b" in done.stdout
    assert "folder: it has [a]; harmless." in done.stdout.splitlines()
    assert done.stdout.splitlines()[-1] == CAUSE  # below the table, in one line
    assert done.stdout.count(CAUSE[:30]) == 1
    assert done.stdout.count("broken: see below") == 1
    done = CliRunner().invoke(app, ["doctor", "--json"])
    rows = json.loads(done.stdout)
    assert [row["tool"] for row in rows] == [
        *(TOOLS[0].name, "plug-in mine", "plug-in bad", "machine: folder"),
    ]
    assert all(tuple(row) == tools.COLUMNS for row in rows)
    assert [row["to_do"] for row in rows[-2:]] == [CAUSE, "harmless"]
    statuses.clear()
    assert CliRunner().invoke(app, ["doctor"]).exit_code == 0
    findings.append(Finding("temporary folder", "none can be written", "set TMPDIR", fatal=True))
    assert CliRunner().invoke(app, ["doctor"]).exit_code == 3


@pytest.mark.parametrize(
    ("provides", "to_do"),
    [
        (("mine", "other"), None),
        (("hers",), "ask for it as hers, not mine: rename the entry point"),
        (("a", "b"), "ask for it as a or b, not mine: rename the entry point"),
    ],
)
def test_an_entry_point_with_another_name_than_its_things(
    monkeypatch: pytest.MonkeyPatch, provides: tuple[str, ...], to_do: str | None
) -> None:
    """A rule is asked for by its `FAMILY`, whatever its entry point is called."""
    plugin = Plugin("sc_model.rules", "mine", "package 1.0, mine", provides)
    monkeypatch.setattr(tools, "run_doctor", list)
    monkeypatch.setattr(plugins, "plugins", lambda: [plugin])
    monkeypatch.setattr(tools, "machine", list)
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert [row["to_do"] for row in json.loads(done.stdout)] == [to_do]
    assert done.exit_code == 0
    shown = " ".join(CliRunner().invoke(app, ["doctor"]).stdout.split())
    assert ("ask for it as" in shown) == (to_do is not None)
