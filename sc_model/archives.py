"""NumPy archives (.npz) from anywhere, read within bounds.

`numpy.load` believes what a file says of itself: it makes an array of 10^12 numbers because a
header says so, unpacks gigabytes from megabytes, and raises whatever the modules below it raise.
Here all sizes are known and checked before the first number is read, and each fault is one kind of
error. Nothing in a file can run code: arrays of Python objects are refused.
"""

from __future__ import annotations

import ast
import math
import os
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from sc_model.files import opened
from sc_model.texts import OneLineError, shown

# Numbers in all arrays of an archive: 65,536 steps of 1,024 synapses. As 64-bit integers they take
# half a gigabyte, and some working copies must fit beside them.
MAX_NUMBERS = 1 << 26
MAX_FILE_BYTES = 8 * MAX_NUMBERS + (1 << 20)
MAX_MEMBERS = 4096  # a checkpoint of the largest layer has some tens
# NumPy writes headers of 118 bytes for all but arrays of many dimensions or fields.
MAX_HEADER_BYTES = 1024
# Truth values, integers, floating point and texts, each of a size that NumPy knows.
_TYPE = re.compile(r"[<>|=]?(?:b1|[iu][1248]|f[248]|c(?:8|16)|[SU][1-9]\d{0,6})")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1  # of a member's flags
_SIZE_FORMAT = {1: 2, 2: 4, 3: 4}  # bytes of the header's length, by version of the format
_PIECE = 1 << 20  # bytes that are unpacked at once
# The end of a zip archive: its record, in front of it those of archives with 64-bit sizes, behind
# it a comment.
_END, _END_BYTES, _END_SEARCH = b"PK\x05\x06", 22, 22 + (1 << 16) + 20 + 56
_LOCATOR, _END_64_BYTES = b"PK\x06\x07", 20 + 56
_MAX_DIRECTORY_BYTES = MAX_MEMBERS * 1024  # an entry has 46 bytes, a name and extra fields
_MAGIC = b"\x93NUMPY"


class ArchiveError(OneLineError, ValueError):
    """A file is no archive of plain arrays; the text goes on from the file's name."""


@dataclass(frozen=True)
class _Header:
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    is_fortran: bool
    size: int  # bytes in front of the numbers

    @property
    def numbers(self) -> int:
        return math.prod(self.shape)


def read_archive(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays of an archive by name.

    Raises
    ------
    FileNotFoundError : there is no such file.
    ArchiveError : it is not a regular file, no zip archive, damaged, encrypted, compressed by
        another method than deflate, too large, or has a member that is no array of numbers or
        texts.
    """
    try:
        with opened(path, MAX_FILE_BYTES) as file:
            _check_directory(file)
            with zipfile.ZipFile(file) as archive:
                return _arrays(archive)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ArchiveError(f"can't be read: {error.strerror or error}.") from None
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError) as error:
        # NotImplementedError: of a zip version or a flag that the standard library does not know
        raise ArchiveError(f"is no NumPy archive (.npz): {error}.") from None
    except (ValueError, OverflowError, UnicodeDecodeError) as error:
        if isinstance(error, ArchiveError):
            raise
        # Offsets and names in the directory of the archive that can't be
        raise ArchiveError(f"is no NumPy archive (.npz): {error}.") from None


def read_array(path: Path) -> NDArray[Any]:
    """The array in a file that holds one (.npy); errors are those of `read_archive`."""
    try:
        with opened(path, MAX_FILE_BYTES) as file:
            header = _header(file, shown(path.name))
            size = header.numbers * header.dtype.itemsize
            raw = file.read(size + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ArchiveError(f"can't be read: {error.strerror or error}.") from None
    if len(raw) != size:
        raise ArchiveError(
            f"has an array of shape {shown(header.shape)}, which needs {size} bytes, and other"
            " bytes behind it or too few."
        )
    array = np.frombuffer(raw, header.dtype)
    return array.reshape(header.shape, order="F" if header.is_fortran else "C")


def _check_directory(file: IO[bytes]) -> None:
    """Refuse an archive with a directory of millions of members, which `zipfile` reads at once."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END_SEARCH))
    tail = file.read()
    # where `zipfile` looks, in that order: at the very end, and in front of a comment
    end = len(tail) - _END_BYTES
    if tail[end : end + 4] != _END:
        end = tail.rfind(_END)
    if tail[: len(_MAGIC)] == _MAGIC:
        raise ArchiveError("is a single array, no NumPy archive (.npz) of named ones.")
    if end < 0:
        raise ArchiveError("is no NumPy archive (.npz): File is not a zip file.")
    length = int.from_bytes(tail[end + 12 : end + 16], "little")
    if end >= _END_64_BYTES and tail[end - 20 : end - 16] == _LOCATOR:
        place = end - _END_64_BYTES + 40
        length = max(length % 0xFFFFFFFF, int.from_bytes(tail[place : place + 8], "little"))
    if length > _MAX_DIRECTORY_BYTES:
        raise ArchiveError(f"must have {MAX_MEMBERS} arrays at most, and has more.")
    file.seek(0)


def _arrays(archive: zipfile.ZipFile) -> dict[str, NDArray[Any]]:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise ArchiveError(f"must have {MAX_MEMBERS} arrays at most, not {len(members)}.")
    headers: dict[str, _Header] = {}
    for member in members:
        name = member.filename.removesuffix(".npy")
        if name in headers:
            raise ArchiveError(f"has two arrays {shown(name)}.")
        headers[name] = _member_header(archive, member, shown(name))
    # all numbers become 64-bit integers sooner or later, and a text is as long as it says
    size = sum(header.numbers * max(8, header.dtype.itemsize) for header in headers.values())
    if size > 8 * MAX_NUMBERS:
        raise ArchiveError(
            f"must have {MAX_NUMBERS:,} numbers at most, not {shown(size // 8)}; record less at"
            " once."
        )
    return {
        name: _array(archive, member, header)
        for member, (name, header) in zip(members, headers.items(), strict=True)
    }


def _member_header(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> _Header:
    """The header of a member whose size is what its shape needs."""
    if member.flag_bits & _ENCRYPTED:
        raise ArchiveError(f"has an encrypted member {name}.")
    if member.compress_type not in _METHODS:
        raise ArchiveError(
            f"has a member {name} that is compressed by method {member.compress_type};"
            " `numpy.savez_compressed` writes what is read here."
        )
    with archive.open(member) as stream:
        header = _header(stream, name)
    size = header.size + header.numbers * header.dtype.itemsize
    if member.file_size != size:
        raise ArchiveError(
            f"has an array {name} of shape {shown(header.shape)}, which needs {shown(size)} bytes"
            f" and has {member.file_size}."
        )
    return header


def _header(stream: IO[bytes], name: str) -> _Header:
    no_array = ArchiveError(f"has a member {name} that is no NumPy array.")
    start = stream.read(8)
    if start[:6] != _MAGIC or len(start) < 8 or start[6] not in _SIZE_FORMAT:
        raise no_array
    size_bytes = _SIZE_FORMAT[start[6]]
    length = int.from_bytes(stream.read(size_bytes), "little")
    if length > MAX_HEADER_BYTES:
        raise ArchiveError(
            f"has an array {name} with a header of {length} bytes; {MAX_HEADER_BYTES} are read."
        )
    text = stream.read(length)
    try:
        values = ast.literal_eval(text.decode("utf-8").strip())
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        # what Python's parser raises for texts that it does not take
        raise no_array from None
    if not isinstance(values, dict) or set(values) != {"descr", "fortran_order", "shape"}:
        raise no_array
    kind, shape, is_fortran = values["descr"], values["shape"], values["fortran_order"]
    if not isinstance(kind, str) or not _TYPE.fullmatch(kind):
        raise ArchiveError(
            f"has an array {name} of type {shown(kind)}; arrays must hold numbers, truth values or"
            " texts."
        )
    if (
        not isinstance(shape, tuple)
        or len(shape) > 32
        or not all(type(length) is int and 0 <= length <= MAX_NUMBERS for length in shape)
        or not isinstance(is_fortran, bool)
    ):
        raise ArchiveError(
            f"has an array {name} of shape {shown(shape)}; at most {MAX_NUMBERS:,} numbers are"
            " read."
        )
    return _Header(np.dtype(kind), shape, is_fortran, len(start) + size_bytes + length)


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, header: _Header) -> NDArray[Any]:
    """The numbers behind a header that has been checked."""
    raw = np.empty(header.numbers * header.dtype.itemsize, np.uint8)
    with archive.open(member) as stream:
        stream.read(header.size)
        # in pieces, straight into the array: there is no second copy of a large one
        position = 0
        while position < raw.size:
            piece = stream.read(min(_PIECE, raw.size - position))
            if not piece:
                raise EOFError(f"{shown(member.filename)} is cut off")
            raw[position : position + len(piece)] = np.frombuffer(piece, np.uint8)
            position += len(piece)
        stream.read(1)  # at its end a member is compared with its checksum
    array = raw.view(header.dtype)
    return array.reshape(header.shape, order="F" if header.is_fortran else "C")


def text_of(arrays: Mapping[str, NDArray[Any]], name: str) -> str:
    """The text that an array of one element holds, in Unicode or as bytes of UTF-8.

    Raises ArchiveError where it holds something else.
    """
    array = arrays[name]
    if array.size != 1 or array.dtype.kind not in "SU":
        raise ArchiveError(f"has an array '{name}' that is no text.")
    value = array.reshape(-1)[0]
    try:
        return value.decode("utf-8") if isinstance(value, bytes) else str(value)
    except UnicodeDecodeError:
        raise ArchiveError(f"has a text '{name}' that is not in UTF-8.") from None
