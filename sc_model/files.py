"""Files written whole or not at all, and files of others read within bounds.

A process that is stopped leaves the old file or the new one, never half of a file.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

PathLike = str | os.PathLike[str]  # what a public function takes for a path

# Largest file of text that is read: a design, a rule, a manifest. The largest design that can be
# written has some thousand lines.
MAX_TEXT_BYTES = 16 << 20

_KINDS = (
    (stat.S_ISDIR, errno.EISDIR, "Is a directory"),
    (stat.S_ISFIFO, errno.EINVAL, "Is a pipe, not a regular file"),
    (stat.S_ISSOCK, errno.EINVAL, "Is a socket, not a regular file"),
    (stat.S_ISCHR, errno.EINVAL, "Is a device, not a regular file"),
    (stat.S_ISBLK, errno.EINVAL, "Is a device, not a regular file"),
)


@contextmanager
def opened(path: Path, limit: int) -> Iterator[BinaryIO]:
    """Open a file that a user has named, for reading.

    Parameters
    ----------
    path : the file.
    limit : bytes that it may have.

    Raises
    ------
    OSError : there is no such file, it is no regular file (a folder, a pipe, a device), it may not
        be read, or it is larger than `limit`. `strerror` says which.
    """
    # A pipe that nobody writes to would block `open` for ever; without O_NONBLOCK it can't even be
    # found out that it is one. A regular file does not change by it. On Windows there is no such
    # flag, and there are no such files.
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY)
    except ValueError:  # a null character in the path
        raise OSError(errno.EINVAL, "No file can have this name", str(path)) from None
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(file.fileno())
        for is_kind, code, text in _KINDS:
            if is_kind(status.st_mode):
                raise OSError(code, text, str(path))
        if status.st_size > limit:
            raise OSError(errno.EFBIG, _too_large(status.st_size, limit), str(path))
        yield file


def read_bytes(path: Path, limit: int = MAX_TEXT_BYTES) -> bytes:
    """The content of a file that a user has named; OSError as for `opened`."""
    with opened(path, limit) as file:
        content = file.read(limit + 1)
    if len(content) > limit:  # a file of /proc has a size of 0, and any length
        raise OSError(errno.EFBIG, _too_large(len(content), limit), str(path))
    return content


def read_text(path: Path, limit: int = MAX_TEXT_BYTES) -> str:
    """The text of a file that a user has named; OSError as for `opened`, UnicodeDecodeError.

    Line ends are one newline each. The byte order mark that some editors write is left out.
    """
    text = read_bytes(path, limit).decode("utf-8-sig")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def check_readable(path: Path, limit: int) -> None:
    """Check a file that a library opens by its name; OSError as for `opened`."""
    with opened(path, limit):
        pass


_BINARY = getattr(os, "O_BINARY", 0)  # Windows translates line ends without it


def _too_large(size: int, limit: int) -> str:
    more = "more than " if size == limit + 1 else ""
    return f"Is too large ({more}{size} bytes; at most {limit} are read)"


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
    OSError : the folder can't be made or written, or `path` is no regular file: a folder, a device,
        a pipe, a socket, or a link of the system to an open file (`/dev/stdout`).
    """
    _check_replaceable(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Only a rename within one file system is atomic, so the temporary file is in the same folder.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:_NAME]}.")
    os.close(handle)
    temporary = Path(name)
    _temporaries.add(temporary)
    try:
        yield temporary
        temporary.chmod(0o644)  # mkstemp makes files that only their owner may read
        if durable:
            _sync(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
        _temporaries.discard(temporary)
    if durable:
        sync_folder(path.parent)


def _check_replaceable(path: Path) -> None:
    """Refuse a file that a rename would destroy: root may replace `/dev/null` by a file."""
    with suppress(FileNotFoundError, NotADirectoryError):
        status = path.stat()
        for is_kind, code, text in _KINDS:
            if is_kind(status.st_mode):
                raise OSError(code, text, str(path))
        # `/dev/stdout` is a link to /proc/self/fd/1, whatever that is open on
        if path.is_symlink() and os.readlink(path).startswith("/proc/"):
            raise OSError(errno.EINVAL, "Is a link to an open file", str(path))


# A name has at most 255 bytes, and that of a temporary file is longer than that of its file.
_NAME = 60
_temporaries: set[Path] = set()


def remove_temporaries() -> None:
    """Delete the temporary files of this process, which is about to end without cleaning up."""
    for temporary in list(_temporaries):
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


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
