"""Every campaign is a command: `python -m campaigns.NAME --help` says what it does."""

from __future__ import annotations

import subprocess
import sys

import pytest
from support import ROOT

FOLDER = ROOT / "campaigns"
COMMANDS = sorted(
    file.stem for file in FOLDER.glob("*.py") if "def main(" in file.read_text(encoding="utf-8")
)


def test_the_commands_are_those_of_the_makefile() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert COMMANDS == [name for name in COMMANDS if f"-m campaigns.{name} " in text]
    assert len(COMMANDS) == text.count("-m campaigns.") - 1  # the proof sweep is run twice


@pytest.mark.parametrize("name", COMMANDS)
def test_help(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"campaigns.{name}", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--out OUT" in done.stdout
    assert done.stderr == ""
