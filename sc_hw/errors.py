"""Errors that end a command: one line of text each, and the exit code that goes with it.

They live in one small module, so that the command can name them without importing the stages.
"""

from __future__ import annotations

from sc_model.texts import OneLineError

EXIT_FAILED = 1  # a check failed
EXIT_BAD_INPUT = 2
EXIT_TOOL = 3  # a tool is missing or failed
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells have it


class ToolError(OneLineError, RuntimeError):
    """A tool is missing, too old, or failed.

    The text holds the command that mends it, or the tool's own error.
    """


class AuditError(OneLineError, RuntimeError):
    """A design's Verilog has a clock-domain crossing that is not as it must be."""


class BoardError(OneLineError, RuntimeError):
    """A design does not fit a board, or is too slow for its clock.

    The text has the numbers, and what to reduce.
    """


class OutputError(OneLineError, OSError):
    """An output can't be written."""


class ReportError(OneLineError, ValueError):
    """A report can't be made from these files."""
