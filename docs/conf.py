"""The documentation site: `make docs` writes it to build/site/index.html.

Pages are the repository's own Markdown files, where they lie, so that a link works the same on the
site and in a checkout. The reference is generated from docstrings.
"""

from __future__ import annotations

import re
from pathlib import Path

import typer
import typer.cli
from sphinx.application import Sphinx

from sc_hw.cli.application import app as command
from sc_hw.files import write_text
from sc_model import __version__

ROOT = Path(__file__).resolve().parents[1]

project = "sc-hw"
project_copyright = "the authors of sc-hw, Apache-2.0"
release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
]
source_suffix = {".md": "markdown"}
root_doc = "docs/index"
include_patterns = [
    "docs/*.md",
    "docs/*/*.md",
    "reports/*.md",
    "examples/*/README.md",
    "README.md",
    "CHANGELOG.md",
]

html_theme = "furo"
html_title = f"sc-hw {release}"
html_static_path = ["site/static"]
html_css_files = ["tables.css"]
html_show_sphinx = False
copybutton_prompt_text = "$ "

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
# What only a part of the users has installed is not imported for the reference.
autodoc_mock_imports = ["wandb"]

_SECTION = re.compile(r"^(Parameters|Members|Returns|Yields|Raises)$")
_ENTRY = re.compile(r"^(?P<names>[*\w][\w*, ()/.-]*?)\s+: (?P<text>.*)$")


def _sections(
    app: Sphinx | None, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Write the sections of a docstring as definition lists, for Sphinx to read.

    A section is a title underlined with hyphens. Its entries are `name : text` on one line, or a
    name with the text indented below.
    """
    found: list[str] = []
    in_section, entry = False, False
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if _SECTION.match(line) and set(following.strip()) == {"-"}:
            found += [f"**{line}**", ""]
            in_section, entry = True, False
        elif in_section and set(line.strip()) == {"-"}:
            continue
        elif in_section and (match := _ENTRY.match(line)):
            found += ["", f"``{match['names']}``", f"    {match['text']}"]
            entry = True
        elif in_section and entry and line.startswith("    "):
            found.append(line)
        else:
            entry = False
            found.append(line)
    lines[:] = found


def _command_page(app: Sphinx) -> None:
    """Write the page of the command line, from the texts of `--help`."""
    commands = typer.main.get_command(command)
    context = typer.Context(commands, info_name="sc-hw")
    page = typer.cli.get_docs_for_click(
        obj=commands, ctx=context, name="sc-hw", title="Command line"
    )
    for name, item in commands.commands.items():  # typer cuts the list's texts at 45 signs
        line = re.compile(rf"^\* `{name}`: .*$", re.M)
        page = line.sub(f"* [`{name}`](#sc-hw-{name}): {item.get_short_help_str(200)}", page, 1)
    write_text(ROOT / "docs" / "reference" / "command.md", page)


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("builder-inited", _command_page)
    app.connect("autodoc-process-docstring", _sections)
