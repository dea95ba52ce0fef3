"""The application: its commands, and errors as one line with an exit code."""

from __future__ import annotations

import typer

from sc_hw.cli import designs, interchange, learning, price, proof, simulation, tools
from sc_hw.cli.terminal import errors
from sc_hw.errors import (
    EXIT_BAD_INPUT,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_TOOL,
    AuditError,
    OutputError,
    ReportError,
    ToolError,
)
from sc_model.spec import ConfigError, ConfigTypeError

app = typer.Typer(
    help="From a learning rule to proven Verilog with its price, with open tools only.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# The order of `sc-hw --help`: tools first, then the stages as a design passes them.
for group in (tools, designs, interchange, proof, simulation, price, learning):
    group.register(app)


def main() -> None:
    """Entry point: every error of a stage is one line on standard error and an exit code."""
    try:
        app()
    except (ConfigError, ConfigTypeError, OutputError, ReportError) as error:
        _fail(error, EXIT_BAD_INPUT)
    except AuditError as error:
        _fail(error, EXIT_FAILED)
    except ToolError as error:
        _fail(error, EXIT_TOOL)
    except KeyboardInterrupt:
        errors.print("interrupted; what had been finished is kept")
        raise SystemExit(EXIT_INTERRUPTED) from None


def _fail(error: Exception, code: int) -> None:
    errors.print(f"error: {error}", markup=False)
    raise SystemExit(code) from None
