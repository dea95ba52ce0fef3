"""The command `sc-hw`: parses, calls the stages, prints. One file for each group of commands.

Stages are imported inside the commands that need them, and the application itself when `main` runs:
`--version` needs neither.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sc_hw.cli.application import app

__all__ = ["app", "main"]

LINE = "interrupted; what had been finished is kept\n"
EXIT_INTERRUPTED = 130  # as in sc_hw.errors, which is not imported yet when it is first needed
# `sys.argv[0]` while this package is imported by the command, and by `python -m sc_hw.cli`
_COMMAND_NAMES = ("sc-hw", "sc-hw.exe", "-m")


def _end_at_once(number: int, frame: object) -> None:
    """What an interrupt does while modules are imported: there is nothing yet to clean up."""
    os.write(2, LINE.encode())
    os._exit(EXIT_INTERRUPTED)


# Who imports this package in a program of their own keeps their handler.
if (
    os.path.basename(sys.argv[0]) in _COMMAND_NAMES
    and signal.getsignal(signal.SIGINT) is signal.default_int_handler
):
    signal.signal(signal.SIGINT, _end_at_once)


def main() -> None:
    """Entry point of the command; the process's exit status is that of the command."""
    from sc_hw.cli.interrupts import Interrupts

    interrupts = Interrupts(LINE)
    try:
        if sys.argv[1:] == ["--version"]:
            import sc_hw

            print(f"sc-hw {sc_hw.__version__}")
            return
        _shut_out_plugins_of_others()
        from sc_hw.cli.application import main as run

        run()
    except BaseException as error:
        # What a broken-off import or a program that was ended raises is only what an interrupt
        # looks like from there. A plug-in may raise it without any.
        if interrupts.happened or isinstance(error, KeyboardInterrupt):
            interrupts.end()
        raise
    finally:
        interrupts.close()


def _shut_out_plugins_of_others() -> None:
    """Keep plug-ins of our libraries, which any package may bring, from ending the command.

    Pydantic imports those of whatever is installed before a command has read its arguments, and in
    each of its child processes; others read the packages' lists of them.
    """
    from sc_model.entry_points import pass_over_broken_lists

    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    pass_over_broken_lists()


def __getattr__(name: str) -> Any:
    if name == "app":
        from sc_hw.cli.application import app

        return app
    raise AttributeError(f"module 'sc_hw.cli' has no attribute '{name}'")
