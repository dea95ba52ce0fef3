"""An output that can't be written: what the error advises is something that the command takes."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from support import ROOT
from typer.testing import CliRunner

from sc_hw.cli import app, application

LANE = str(ROOT / "examples" / "lane.toml")
NETWORK = str(ROOT / "examples" / "nir" / "digits_snn.nir")
TOLD = ("--source", "snntorch", "--reset", "subtract", "--reset-delay")
# each writes below a file, where no folder can be made, whoever the user is
COMMANDS = {
    "new": ("new", "x", "file/below"),
    "new a rule": ("new", "x", "file", "--rule"),
    "elaborate": ("elaborate", LANE, "--build", "file/build"),
    "import": ("import", NETWORK, *TOLD, "--out", "file"),
    "bench": ("bench", "adaptation", "--steps", "64", "--out", "file/result.json"),
}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_advice_can_be_followed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    monkeypatch.setattr(sys, "argv", ["sc-hw", *COMMANDS[name]])
    with pytest.raises(SystemExit) as end:
        application.main()
    (line,) = (each for each in capsys.readouterr().err.splitlines() if not each.startswith("..."))
    assert end.value.code == 2
    assert line.startswith("error: output file")
    assert line.endswith("choose another folder.")
    offered = CliRunner().invoke(app, [COMMANDS[name][0], "--help"], terminal_width=200).stdout
    assert [each for each in re.findall(r"--[a-z-]+", line) if each not in offered] == []
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
