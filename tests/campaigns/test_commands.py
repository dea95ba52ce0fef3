"""Every campaign is a command: `python -m campaigns.NAME --help` says what it does."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from support import ROOT

FOLDER = ROOT / "campaigns"
COMMANDS = sorted(
    ".".join(file.relative_to(FOLDER).with_suffix("").parts).removesuffix(".__main__")
    for file in FOLDER.rglob("*.py")
    if "def main(" in file.read_text(encoding="utf-8")
)


def test_the_makefile_runs_campaigns_that_exist() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"-m campaigns\.([\w.]+)", text))
    assert named <= set(COMMANDS)
    assert len(named) >= 6


@pytest.mark.parametrize("name", COMMANDS)
def test_help(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"campaigns.{name}", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ("--out OUT" if name != "freshness" else "--index") in done.stdout
    assert done.stderr == ""
