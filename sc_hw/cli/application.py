"""The application: its commands, and errors as one line with an exit code."""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated, Any

import typer

import sc_hw
from sc_driver.errors import LinkError
from sc_hw.cli import (
    boards,
    designs,
    devices,
    evaluation,
    export,
    interchange,
    learning,
    price,
    proof,
    simulation,
    sweep,
    tools,
)
from sc_hw.cli.terminal import errors, out, warn
from sc_hw.errors import (
    EXIT_BAD_INPUT,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_TOOL,
    AuditError,
    BoardError,
    OutputError,
    ReportError,
    ToolError,
)
from sc_model.packages import MissingPackageError
from sc_model.spec import ConfigError, ConfigTypeError
from sc_model.spec.catalogue import loaded_problems
from sc_model.texts import one_line, warnings_in_one_line

# What a machine says of its disk and its folders. ENOENT is not among them: a file of ours that is
# missing is a fault of ours.
MACHINE_ERRORS = (
    errno.EACCES,
    errno.EDQUOT,
    errno.EEXIST,
    errno.EFBIG,
    errno.EIO,
    errno.EISDIR,
    errno.ELOOP,
    errno.EMFILE,
    errno.ENAMETOOLONG,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.ENOTEMPTY,
    errno.EPERM,
    errno.EROFS,
)

app = typer.Typer(
    help="From a learning rule to proven Verilog with its price, with open tools only.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# The order of `sc-hw --help`: tools first, then the stages as a design passes them.
for group in (
    *(
        tools,
        designs,
        interchange,
        evaluation,
        proof,
        simulation,
        devices,
        price,
        sweep,
        boards,
        export,
    ),
    learning,
):
    group.register(app)

# What typer raises for wrong options. Its own display is a frame of five lines, with the user's
# characters in it as they are. The class has no public name that all versions of typer share.
UsageError: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "UsageError"
)


def _print_version(version: bool) -> None:
    if version:
        out.print(f"sc-hw {sc_hw.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version, and end."
        ),
    ] = False,
) -> None:
    """From a learning rule to proven Verilog with its price, with open tools only."""


def main() -> None:
    """Run the command: every error of a stage is one line on standard error and an exit code."""
    warnings_in_one_line()
    try:
        _check_working_folder()
        code = app(standalone_mode=False)
    except UsageError as error:
        _wrong_usage(error)
    except (ConfigError, ConfigTypeError, OutputError, ReportError) as error:
        _fail(error, EXIT_BAD_INPUT)
    except LinkError as error:
        _fail(error, EXIT_BAD_INPUT)
    except (AuditError, BoardError) as error:
        _fail(error, EXIT_FAILED)
    except (ToolError, MissingPackageError) as error:
        _fail(error, EXIT_TOOL)
    except OSError as error:
        if error.errno not in MACHINE_ERRORS:
            raise
        # The files that stages read and write have errors of their own. This one is about a file
        # that a library uses, or a folder that something else lies in the place of.
        where = (
            f"{error.filename} can't be used" if error.filename else "an output can't be written"
        )
        _fail(OutputError(f"{where}: {error.strerror}."), EXIT_BAD_INPUT)
    else:
        _name_broken_plugins()
        # typer gives the exit code of `typer.Exit`, or what the command returned, which is None
        if code == EXIT_INTERRUPTED:
            raise KeyboardInterrupt
        if code:
            raise SystemExit(code)


def _check_working_folder() -> None:
    """OutputError where the folder has been deleted: libraries ask for it at every turn."""
    try:
        os.getcwd()
    except OSError as error:
        raise OutputError(
            f"the working folder can't be used: {error.strerror}; change to another folder."
        ) from None


def _wrong_usage(error: Any) -> None:
    """One line, and where to read more; without any argument the help."""
    if not sys.argv[1:]:
        error.show()
        raise SystemExit(EXIT_BAD_INPUT) from None
    command = error.ctx.command_path if error.ctx is not None else "sc-hw"
    text = " ".join(error.format_message().split()).removesuffix(".")
    _fail(ConfigError(f"{text}; see `{command} --help`."), EXIT_BAD_INPUT)


def _name_broken_plugins(error_text: str = "") -> None:
    """A line for each broken plug-in that the command met, but for those that its error names."""
    if sys.argv[1:2] == ["doctor"]:  # it lists all of them
        return
    for problem in loaded_problems():
        if problem not in error_text:
            warn(problem)


def _fail(error: Exception, code: int) -> None:
    _name_broken_plugins(str(error))
    errors.print(f"error: {one_line(str(error))}", markup=False)
    raise SystemExit(code) from None
