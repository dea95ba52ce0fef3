"""Files written whole or not at all: whoever is stopped leaves the old one or the new one, never
half of it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """A temporary name beside `path` that takes its place if the block ends well, and goes if it
    does not.

    `durable`: and it is on disk by then, should the machine stop. OSError where the folder can't be
    made or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        if durable:
            _sync(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    if durable:
        sync_folder(path.parent)


def replace_bytes(path: Path, content: bytes) -> None:
    """Write a file in one move, and have it on disk when this returns."""
    with replacing(path, durable=True) as temporary:
        temporary.write_bytes(content)


def sync_folder(folder: Path) -> None:
    """Have a folder's list of names on disk: a new or renamed file is not safe without."""
    _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
