"""The documentation site: every page is in its menu, links lead to files, the tutorial runs."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import typer.main
from support import ROOT

from sc_hw.cli.application import app

PAGES = sorted(
    path
    for pattern in ("docs/*.md", "docs/*/*.md", "examples/*/README.md", "reports/*.md", "*.md")
    for path in ROOT.glob(pattern)
)
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
MADE = {"docs/reference/command.md"}  # by docs/conf.py


def configuration() -> ModuleType:
    """`docs/conf.py` as a module."""
    spec = importlib.util.spec_from_file_location("conf", ROOT / "docs" / "conf.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_page_is_in_the_menu() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    entries = [
        line
        for tree in re.findall(r"```\{toctree\}\n(.*?)```", index, flags=re.S)
        for line in tree.splitlines()
        if line and not line.startswith(":")
    ]
    names = {re.sub(r".*<(.*)>", r"\1", entry) for entry in entries}
    shown = {
        str(found.relative_to(ROOT))
        for name in names
        for found in ROOT.glob(os.path.normpath(f"docs/{name}.md"))
    } | MADE
    pages = {str(page.relative_to(ROOT)) for page in PAGES if page.parent != ROOT}
    assert pages - shown == {"docs/index.md"} | (pages & MADE) - shown
    assert shown - pages <= {"README.md", "CHANGELOG.md"} | MADE


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    text = re.sub(r"```.*?```|^    .*?$", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_sections_of_a_docstring_become_definitions() -> None:
    lines = [
        "One line.",
        "",
        "Raises",
        "------",
        "ValueError : it is",
        "    too large.",
        "",
        "End.",
    ]
    configuration()._sections(None, "function", "f", None, None, lines)
    assert lines == [
        *("One line.", "", "**Raises**", "", "", "``ValueError``", "    it is", "    too large."),
        *("", "End."),
    ]


def test_commands_of_the_tutorial_exist() -> None:
    commands = re.findall(r"^(?:\$ |    )(sc-hw .*)$", TUTORIAL, flags=re.M)
    assert len(commands) == 11
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert {shlex.split(command)[1] for command in commands} <= known


@pytest.mark.soak
def test_the_tutorial_runs(tmp_path: Path) -> None:
    """Every command in order, place and route included, then the Python block."""

    def run(*command: str) -> str:
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (command, done.stderr)
        return done.stdout

    for command in re.findall(r"^(?:\$ |    )sc-hw (.*)$", TUTORIAL, flags=re.M):
        run(sys.executable, "-m", "sc_hw.cli", *shlex.split(command))
    (block,) = re.findall(r"```python\n(.*?)```", TUTORIAL, flags=re.S)
    assert run(sys.executable, "-c", block) == "None\n"
