"""Files written whole or not at all (`sim` sees only files of a build, so it has its own few lines
for that).
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside `path` that takes its place if the block ends well, and goes if it
    does not.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> Path:
    """Write a text file in one move."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def write_json(path: Path, value: Any) -> Path:
    """Write JSON in one move, keys in the order given."""
    return write_text(path, json.dumps(value, indent=1) + "\n")


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> Path:
    """Write a compressed NumPy archive in one move; integers wider than 64 bits are not stored
    (none of ours are).
    """
    with replacing(path) as temporary, temporary.open("wb") as file:
        columns: dict[str, Any] = {
            name: np.asarray(array, dtype=np.int64) for name, array in arrays.items()
        }
        np.savez_compressed(file, **columns)
    return path
