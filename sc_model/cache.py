"""The user's cache folder, where compiled kernels and simulator objects are kept between runs.

It is the folder that each system reserves for caches, with a folder `sc-hw` in it; on Linux
`$XDG_CACHE_HOME/sc-hw`, or else `~/.cache/sc-hw`. Everything in it can be made again: deleting the
folder is safe at any time.
"""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path

from sc_model.texts import OneLineError


class CacheError(OneLineError, OSError):
    """The cache folder can't be made or written; the message names it and says what to do."""


def cache_folder(part: str) -> Path:
    """Return a folder of the cache, and make it if it is not there.

    An unwritable folder is an error. A temporary folder in its place would hide the fault: every
    process would compile again, which takes seconds to minutes.

    Parameters
    ----------
    part : name of the folder in the cache, for example `native`.

    Raises
    ------
    CacheError : the folder can't be made or written.
    """
    folder = user_cache_path("sc-hw", appauthor=False) / part
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CacheError(_advice(folder, error.strerror or "unknown error")) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CacheError(_advice(folder, "Permission denied"))
    return folder


def _advice(folder: Path, reason: str) -> str:
    return (
        f"cache folder {folder} can't be written: {reason}; set XDG_CACHE_HOME to a folder that"
        " can be"
    )
