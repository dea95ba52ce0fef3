"""Checkpoints of torch, read as plain data: no file can run code here, or fill the memory."""

from __future__ import annotations

import pickle
import struct
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import torch

from sc_model.files import opened
from sc_model.texts import one_line, shown

MAX_BYTES = 4 << 30  # a network of 10^8 weights, with the two averages that Adam keeps of each
# What torch and the modules below it raise for a file that is none of theirs: its unpickler
# follows the bytes of the file, and fails wherever these lead it.
_FAILURES = (
    RuntimeError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    EOFError,
    MemoryError,
    pickle.UnpicklingError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


def read_state(path: Path, keys: Collection[str]) -> dict[str, Any]:
    """The content of a checkpoint.

    Parameters
    ----------
    path : the file.
    keys : names that it must have.

    Raises
    ------
    OSError : there is no such file, or it can't be read.
    ValueError : it is no checkpoint of torch, damaged, holds objects that are no plain data, or
        lacks a key; one line with the file's name.
    """
    subject = f"checkpoint {path} must be one that was saved here"
    with opened(path, MAX_BYTES) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                # torch stores its members as they are; what unpacks to more is none of its own
                if any(each.compress_type != zipfile.ZIP_STORED for each in archive.infolist()):
                    raise zipfile.BadZipFile("it has compressed members")
            file.seek(0)
            state = torch.load(file, weights_only=True)
        except _FAILURES as error:
            raise ValueError(f"{subject}; it can't be read ({_why(error)})") from None
    if not isinstance(state, dict):
        raise ValueError(f"{subject}, not a {type(state).__name__}")
    missing = sorted(set(keys) - set(state))
    if missing:
        raise ValueError(f"{subject}; it has no {shown(missing[0])}")
    return state


def misfit(path: Path, error: Exception) -> ValueError:
    """The error for a checkpoint of another model, learner or optimiser."""
    return ValueError(f"checkpoint {path} must be of the same model and learner ({_why(error)})")


def _why(error: BaseException) -> str:
    """The first line of an error; torch's go on for ten, with advice that would be wrong here."""
    lines = str(error).strip().splitlines()
    return one_line(lines[0])[:200] if lines else type(error).__name__
