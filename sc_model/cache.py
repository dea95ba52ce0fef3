"""The user's cache folder, where compiled kernels and simulator objects are kept between runs.

It is the folder that each system reserves for caches, with a folder `sc-hw` in it; on Linux
`$XDG_CACHE_HOME/sc-hw`, or else `~/.cache/sc-hw`. Everything in it can be made again: deleting the
folder is safe at any time.

What is compiled is code, and whoever can write it runs code as this user. So it is only used from
folders and files that belong to this user and that nobody else can write.
"""

from __future__ import annotations

import atexit
import os
import shutil
import stat
import tempfile
import warnings
from functools import cache
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
    try:
        folder = user_cache_path("sc-hw", appauthor=False) / part
    except RuntimeError:  # a user without an entry and without HOME, as in a container
        raise CacheError(_advice(Path(part), "there is no home folder")) from None
    try:
        # with `parents`, only the last folder gets the mode
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        # `mkdir` says of a file in the folder's place that it exists
        is_file = isinstance(error, FileExistsError)
        reason = "Not a directory" if is_file else error.strerror or "unknown error"
        raise CacheError(_advice(folder, reason)) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CacheError(_advice(folder, "Permission denied"))
    return folder


class SharedFolderWarning(UserWarning):
    """Others can write where something compiled is kept, so it is compiled elsewhere."""


def code_folder(part: str) -> Path:
    """Return a folder for what is compiled and loaded again: `cache_folder`, if it is private.

    A cache that others can write is not used: a warning says so, and a temporary folder takes its
    place until this process ends.

    Raises
    ------
    CacheError : the folder can't be made or written.
    """
    folder = cache_folder(part)
    reason = others_can_write(folder)
    if reason is None:
        return folder
    return _instead_of(folder, reason)


@cache  # one warning and one folder a process
def _instead_of(folder: Path, reason: str) -> Path:
    instead = Path(tempfile.mkdtemp(prefix="sc-hw-"))
    atexit.register(shutil.rmtree, instead, ignore_errors=True)
    warn_of_shared_folder(folder, reason, instead)
    return instead


def warn_of_shared_folder(folder: Path, reason: str, instead: Path) -> None:
    """Warn in one line: what is not used, why, and where it is compiled instead."""
    warnings.warn(
        f"nothing compiled is used from {folder}: {reason}; compiling in {instead}",
        SharedFolderWarning,
        stacklevel=3,
    )


def others_can_write(path: Path, *, is_above: bool = False) -> str | None:
    """Say who but this user can change a file or folder, or replace it; None where nobody can.

    Parameters
    ----------
    path : the file or folder; links are followed.
    is_above : whether it only lies above what matters: it may then also belong to the system's
        administrator, be writable with the restriction that all may delete only their own (as
        `/tmp`), or be writable by the user's own group, which on most systems has no other member.
    """
    if not hasattr(os, "geteuid"):  # Windows, where folders of a user are private by inheritance
        return None
    real = Path(os.path.realpath(path))
    try:
        status = real.stat()
    except OSError as error:
        return f"{real} can't be looked at ({error.strerror})"
    owners = {os.geteuid(), 0} if is_above else {os.geteuid()}
    if status.st_uid not in owners:
        return f"{real} belongs to another user"
    by_others = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if is_above and status.st_mode & stat.S_ISVTX:
        by_others = 0
    if is_above and status.st_gid == os.getegid():
        by_others &= ~stat.S_IWGRP
    if by_others:
        return f"others can write {real}"
    return None if real.parent == real else others_can_write(real.parent, is_above=True)


def _advice(folder: Path, reason: str) -> str:
    return (
        f"cache folder {folder} can't be written: {reason}; set XDG_CACHE_HOME to a folder that"
        " can be"
    )
