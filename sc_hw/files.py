"""Files written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sc_hw.errors import OutputError
from sc_model.files import replacing as replacing_file

DEFAULT_ROOT = Path("build")  # folder of builds; a design's files lie in <folder>/<id>


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file that takes the place of `path` at the end (see `sc_model.files.replacing`).

    Raises OutputError where the folder can't be made or written.
    """
    with ExitStack() as stack:
        try:
            temporary = stack.enter_context(replacing_file(path))
        except OSError as error:
            raise OutputError(
                f"output {path} can't be written: {error.strerror}; choose another folder with"
                " --build."
            ) from None
        yield temporary


def write_text(path: Path, text: str) -> Path:
    """Write a text file in one move."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def write_json(path: Path, value: Any) -> Path:
    """Write JSON in one move, keys in the order given."""
    return write_text(path, json.dumps(value, indent=1) + "\n")


__all__ = ["DEFAULT_ROOT", "OutputError", "replacing", "write_json", "write_text"]
