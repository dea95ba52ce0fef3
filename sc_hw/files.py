"""Output files of the stages: written whole or not at all, with one error if they can't be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sc_hw.errors import OutputError
from sc_model.files import json_text
from sc_model.files import replacing as replacing_file
from sc_model.files import write_text as write_file

DEFAULT_ROOT = Path("build")  # folder of builds; the files of a design are in <folder>/<id>

__all__ = ["DEFAULT_ROOT", "OutputError", "replacing", "write_json", "write_text"]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give the block a temporary file beside `path`, which replaces `path` if the block succeeds.

    Raises
    ------
    OutputError : the folder can't be made or written. Errors of the block itself pass unchanged.
    """
    with ExitStack() as stack:
        try:
            temporary = stack.enter_context(replacing_file(path))
        except OSError as error:
            raise _output_error(path, error) from None
        yield temporary


def write_text(path: Path, text: str) -> Path:
    """Write a text file in one move and return its path; OutputError if it can't be written."""
    try:
        return write_file(path, text)
    except OSError as error:
        raise _output_error(path, error) from None


def write_json(path: Path, value: Any) -> Path:
    """Write JSON in one move and return its path; OutputError if it can't be written."""
    return write_text(path, json_text(value))


def _output_error(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"output {path} can't be written: {error.strerror}; choose another folder with --build."
    )
