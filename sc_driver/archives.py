"""Arrays of .npz files."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def read_arrays(subject: str, path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a file by name.

    Parameters
    ----------
    subject : begins the error.
    path : the file.

    Raises
    ------
    ValueError
        There is no such file, or it is no archive of arrays.
    """
    try:
        # np.load leaves a file open whose archive is broken
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    # no file, one that is cut off or damaged, a single array, contents that are none of NumPy's
    except (
        OSError, ValueError, EOFError, TypeError, AttributeError, zipfile.BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        raise ValueError(f"{subject} {path} can't be read: {error}") from None
