"""Output files of the stages: written whole or not at all, with one error if they can't be."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sc_hw.errors import OutputError
from sc_model.files import PathLike, json_text
from sc_model.files import replacing as replacing_file
from sc_model.files import write_text as write_file

DEFAULT_ROOT = Path("build")  # folder of builds; the files of a design are in <folder>/<id>

LITTLE_SPACE = (
    1 << 16
)  # bytes; a program that failed with so little left has met the end of the disk
# no space, no quota, or a limit to the size of a file
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

__all__ = [
    "DEFAULT_ROOT",
    "DISK_FULL",
    "OutputError",
    "PathLike",
    "folder_of_builds",
    "make_folder",
    "output_error",
    "raise_if_disk_is_full",
    "replacing",
    "write_json",
    "write_text",
]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give the block a temporary file beside `path`, which replaces `path` if the block succeeds.

    Raises
    ------
    OutputError : the folder can't be made, the file can't be written (the disk is full), or `path`
        is a folder. Errors of the block about other files pass unchanged.
    """
    try:
        with replacing_file(path) as temporary:
            yield temporary
    except OSError as error:
        # a write has no file name in its error, and a rename that of the temporary file
        if error.filename is not None and Path(error.filename).parent not in _parents(path):
            raise
        raise output_error(path, error) from None


def write_text(path: Path, text: str) -> Path:
    """Write a text file in one move and return its path; OutputError if it can't be written."""
    try:
        return write_file(path, text)
    except OSError as error:
        raise output_error(path, error) from None


def write_json(path: Path, value: Any) -> Path:
    """Write JSON in one move and return its path; OutputError if it can't be written."""
    return write_text(path, json_text(value))


def make_folder(path: Path) -> Path:
    """Make a folder and those above it, and return its path; OutputError if it can't be made."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(path, error) from None
    return path


def folder_of_builds(root: PathLike) -> Path:
    """The folder, absolute if its name begins with a dash: no program takes it for an option."""
    path = Path(root)
    return path.absolute() if str(path).startswith("-") else path


def output_error(path: Path, error: OSError) -> OutputError:
    """The error for a file or folder that can't be written."""
    why = error.strerror or str(error) or type(error).__name__
    remedy = "free some space, or choose" if error.errno in DISK_FULL else "choose"
    where = "" if path.is_absolute() else f" in {_working_folder()}"
    return OutputError(f"output {path}{where} can't be written: {why}; {remedy} another folder.")


def _working_folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # it has been deleted under us
        return "a working folder that is gone"


def raise_if_disk_is_full(folder: Path, printed: str) -> None:
    """OutputError if a program that has failed could not write.

    Parameters
    ----------
    folder : where it writes.
    printed : what it has printed. Programs say it in the system's words, or in ours if they are
        children of ours; a few say nothing, so the space that is left is looked at, too.
    """
    ours = re.search(r"^sc_hw\.errors\.OutputError: (.+)$", printed, re.MULTILINE)
    if ours:
        raise OutputError(ours[1])
    for code in DISK_FULL:
        if os.strerror(code) in printed:
            raise output_error(folder, OSError(code, os.strerror(code)))
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return
    if free < LITTLE_SPACE:
        raise output_error(folder, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))


def _parents(path: Path) -> tuple[Path, ...]:
    return (path.parent, *path.parent.parents)
