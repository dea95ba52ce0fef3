"""What all commands share: options, consoles, progress, and how a verdict is printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from sc_hw.files import DEFAULT_ROOT
from sc_hw.progress import Progress
from sc_model.processes import mark_this_process
from sc_model.texts import WARNING, one_line

DesignFile = Annotated[
    Path, typer.Argument(metavar="DESIGN", help="Design file (TOML); `sc-hw new NAME` writes one.")
]
Root = Annotated[
    Path, typer.Option("--build", help="Folder of builds; a design's files lie in <folder>/<id>.")
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON on standard output.")
]
Jobs = Annotated[int, typer.Option(min=1, max=1024, help="Processes at a time.")]
Seeds = Annotated[
    int,
    typer.Option(
        min=1, max=1000, help="Place-and-route runs a target; median and spread are over them."
    ),
]
TargetList = Annotated[
    list[str] | None, typer.Option("--target", help="Target; may be given more than once.")
]

errors = Console(stderr=True, highlight=False, soft_wrap=True)
# Output to a file has no terminal width to wrap at; 160 columns hold the widest table.
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)


@contextmanager
def progress_lines(as_json: bool) -> Iterator[Progress]:
    """Show on standard error which stage is running.

    A terminal gets one line that is rewritten; a file or a pipe gets a line for each stage.

    Stages run programs, which are marked as ours from here on: an interrupt ends all of them.
    """
    mark_this_process()
    if errors.is_terminal and not as_json:
        with errors.status("starting") as status:
            yield lambda text: status.update(Text(one_line(text)))
    else:
        yield lambda text: errors.print(f"... {one_line(text)}", markup=False)


def warn(text: str) -> None:
    """One line on standard error about what does not end the command."""
    errors.print(f"{WARNING}{one_line(text)}", markup=False)


def print_json(value: Any) -> None:
    """A result on standard output, for machines."""
    sys.stdout.write(json.dumps(value, indent=1) + "\n")


def verdict(passed: bool) -> str:
    """Passed or failed, in colour where there are colours."""
    return "[green]passed[/green]" if passed else "[red]FAILED[/red]"


__all__ = [
    "DEFAULT_ROOT",
    "AsJson",
    "DesignFile",
    "Jobs",
    "Root",
    "Seeds",
    "TargetList",
    "errors",
    "out",
    "print_json",
    "progress_lines",
    "verdict",
    "warn",
]
