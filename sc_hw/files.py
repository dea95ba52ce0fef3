"""Files written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sc_model.files import replacing as replacing_file


class OutputError(OSError):
    """An output can't be written."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """`sc_model.files.replacing`, with an OutputError where the folder can't be made or written."""
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
