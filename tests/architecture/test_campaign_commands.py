"""Every campaign is a command: `python -m campaigns.NAME --help` says what it does."""

from __future__ import annotations

import importlib
import re
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
def test_help(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = (FOLDER / name.replace(".", "/") / "__main__.py").is_file()
    module = importlib.import_module(f"campaigns.{name}{'.__main__' if package else ''}")
    monkeypatch.setattr(sys, "argv", [f"campaigns.{name}", "--help"])
    with pytest.raises(SystemExit) as end:
        module.main()
    assert end.value.code == 0
    shown = capsys.readouterr()
    assert ("--out OUT" if name != "freshness" else "--index") in shown.out
    assert shown.err == ""
