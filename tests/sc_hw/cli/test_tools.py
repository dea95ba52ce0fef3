"""`sc-hw doctor`: a row for each tool and plug-in, and what to type."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from sc_hw.cli import app, tools
from sc_hw.commands import plugins
from sc_hw.tools import TOOLS, Status
from sc_model.spec.catalogue import Plugin

PLUGIN = Plugin("sc_model.rules", "mine", "package 1.0, mine", ("a", "b"))
BROKEN = Plugin("sc_hw.targets", "bad", "package 2.0, bad", (), "bad.py:3: [oops]")


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
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 3
    assert "apt-get install [g++]" in done.stdout
    assert "a, b" in done.stdout
    assert "bad.py:3: [oops]" in done.stdout
    done = CliRunner().invoke(app, ["doctor", "--json"])
    rows = json.loads(done.stdout)
    assert [row["tool"] for row in rows] == [TOOLS[0].name, "plug-in mine", "plug-in bad"]
    assert all(tuple(row) == tools.COLUMNS for row in rows)
    statuses.clear()
    assert CliRunner().invoke(app, ["doctor"]).exit_code == 0
