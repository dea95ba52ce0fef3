"""Errors that end a command: exit codes of their own, and no import of the stages."""

from __future__ import annotations

from support import python

from sc_hw import errors


def test_exit_codes_differ() -> None:
    codes = [value for name, value in vars(errors).items() if name.startswith("EXIT_")]
    assert len(codes) == len(set(codes)) == 4
    assert 0 not in codes


def test_errors_are_caught_as_what_they_are() -> None:
    assert issubclass(errors.OutputError, OSError)
    assert issubclass(errors.ReportError, ValueError)
    assert not issubclass(errors.AuditError, errors.ToolError)


def test_no_stage_is_imported() -> None:
    code = "import sys, sc_hw.errors; print([m for m in sys.modules if m.startswith('sc_hw.')])"
    assert python(code) == "['sc_hw.errors']\n"
