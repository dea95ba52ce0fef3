"""Files written whole or not at all.

A process that is stopped leaves the old file or the new one, never half of a file.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def replacing(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """Give the block a temporary file beside `path`, which replaces `path` if the block succeeds.

    If the block raises, the temporary file is deleted and `path` stays as it was.

    Parameters
    ----------
    path : the file; its folder is made.
    durable : also wait until the disk has the file, so that it survives a power failure.

    Raises
    ------
    OSError : the folder can't be made or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Only a rename within one file system is atomic, so the temporary file is in the same folder.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)  # mkstemp makes files that only their owner may read
        if durable:
            _sync(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    if durable:
        sync_folder(path.parent)


def replace_bytes(path: Path, content: bytes) -> None:
    """Write a file in one move; the disk has it when this returns."""
    with replacing(path, durable=True) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> Path:
    """Write a text file in one move, and return its path."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def write_json(path: Path, value: Any) -> Path:
    """Write JSON in one move, with the keys in the order of `value`, and return the path."""
    return write_text(path, json_text(value))


def json_text(value: Any) -> str:
    """Return JSON as our files hold it: one space of indentation, a newline at the end."""
    return json.dumps(value, indent=1) + "\n"


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the folder's list of names; a new file is not safe before that."""
    _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
