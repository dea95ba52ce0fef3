"""The command `sc-hw`: parses, calls the stages, prints. One file for each group of commands.

Stages are imported inside the commands that need them, and the application itself when `main` runs:
`--version` needs neither.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import sc_hw
from sc_hw.cli.interrupts import Interrupts, say_interrupted
from sc_hw.errors import EXIT_INTERRUPTED

if TYPE_CHECKING:
    from sc_hw.cli.application import app

__all__ = ["app", "main"]


def main() -> None:
    """Entry point of the command; the process's exit status is that of the command."""
    interrupts = Interrupts()
    try:
        if sys.argv[1:] == ["--version"]:
            print(f"sc-hw {sc_hw.__version__}")
            return
        from sc_hw.cli.application import main as run

        run()
    except BaseException:
        # What a broken-off import or a program that was ended raises is only what an interrupt
        # looks like from there.
        if not interrupts.happened:
            raise
        say_interrupted()
        raise SystemExit(EXIT_INTERRUPTED) from None


def __getattr__(name: str) -> Any:
    if name == "app":
        from sc_hw.cli.application import app

        return app
    raise AttributeError(f"module 'sc_hw.cli' has no attribute '{name}'")
