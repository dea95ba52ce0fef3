"""Recorded arrays of a simulation, written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.files import replacing


def unwritable(error: OSError) -> str:
    """What to say of a file or folder that can't be written."""
    # a rename has two names, and the second is that of the file
    name = error.filename2 or error.filename
    where = "an output" if name is None else f"output {name}"
    return f"{where} can't be written: {error.strerror or error}; choose another folder."


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> Path:
    """Write a compressed NumPy archive in one move, and return its path.

    Parameters
    ----------
    path : the file.
    arrays : integers of at most 64 bits by name; they are stored as int64.
    """
    columns: dict[str, Any] = {
        name: np.asarray(array, dtype=np.int64) for name, array in arrays.items()
    }
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **columns)
    return path
