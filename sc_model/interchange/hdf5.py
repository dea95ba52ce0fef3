"""The raw contents of NIR files, read in a process with limits.

See `sc_model.interchange.hdf5_child` for why. What comes back is data only, JSON and the bytes of
arrays, so that a process that a file has taken over can't run code here.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from sc_model.interchange.errors import InterchangeError
from sc_model.texts import cut, escaped

SECONDS = 2  # of processor time, and one more for each `BYTES_A_SECOND`, but at most `MOST_SECONDS`
BYTES_A_SECOND = 6 << 20  # half of what was measured for the smallest arrays, on a busy machine
MOST_SECONDS = 10
BUSY = 8  # times as long by the clock: the machine may be busy with other things
MEMORY = 3 << 29  # bytes, 1.5 GiB: the largest file, its numbers and their copies take 0.6 GiB
FILE_BYTES = 1 << 28
LIMITS = {
    "groups in each other": 64,
    "members": 40_000,  # of all groups; 4,096 nodes have some 30,000
    "numbers": 1 << 24,  # 16 layers of 1,024 x 1,024 weights
    "letters": 1 << 22,
}
Tree = dict[str, Any]
"""Groups by name: each value is a Tree, an array of numbers, an object array of texts, or None."""

KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_tree(file: Path) -> Tree:
    """The groups and arrays below `node`, and `version` if there is one.

    Raises InterchangeError, in one line with the file's name and the object, for what is no regular
    file, for no HDF5 or a damaged one, for links, for numbers that lie in other files, and for a
    file that takes more time or memory than the limits.
    """
    descriptor = _open(file)
    try:
        size = os.fstat(descriptor).st_size
        output = _run_child(file, descriptor, min(MOST_SECONDS, SECONDS + size // BYTES_A_SECOND))
    finally:
        os.close(descriptor)
    length = int.from_bytes(output[:8], "little")
    answer = json.loads(output[8 : 8 + length])
    if "tree" in answer:
        blobs = memoryview(output)[8 + length :]
        return {name: _value(each, blobs) for name, each in answer["tree"].items()}
    where = _place(answer["where"])
    if "refusal" in answer:
        raise InterchangeError(
            f"NIR file {file}: {where} {answer['refusal']}; write the file with nir.write()."
        )
    if "memory" in answer:
        raise _too_large(file, where)
    raise InterchangeError(
        f"NIR file {file} must be a whole HDF5 file; {where} can't be read ({answer['error']});"
        " write or copy the file again."
    )


def _open(file: Path) -> int:
    """A descriptor of a regular file that begins as HDF5 does."""
    try:
        # O_NONBLOCK: to open a pipe would wait for a writer
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise InterchangeError(f"NIR file {file} must be a file; there is none.") from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise InterchangeError(
            f"NIR file {file} must be a file that can be read: {reason}."
        ) from None
    try:
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode):
            kind = next((name for test, name in KINDS if test(info.st_mode)), "something else")
            raise InterchangeError(f"NIR file {file} must be a regular file, not {kind}.")
        if info.st_size > FILE_BYTES:
            raise InterchangeError(
                f"NIR file {file} must have at most {FILE_BYTES:,} bytes, not {info.st_size:,}."
            )
        if not _is_hdf5(descriptor, info.st_size):
            raise InterchangeError(
                f"NIR file {file} must be an HDF5 file, as nir.write() makes them; it is no HDF5"
                " file."
            )
    except InterchangeError:
        os.close(descriptor)
        raise
    return descriptor


def _is_hdf5(descriptor: int, size: int) -> bool:
    """Whether the signature is at byte 0, 512, 1024, 2048, ..., where the format allows it."""
    start = 0
    while start + 8 <= size:
        os.lseek(descriptor, start, os.SEEK_SET)
        if os.read(descriptor, 8) == b"\x89HDF\r\n\x1a\n":
            os.lseek(descriptor, 0, os.SEEK_SET)
            return True
        start = max(512, 2 * start)
    return False


def _run_child(file: Path, descriptor: int, seconds: int) -> bytes:
    """What the child writes. InterchangeError where it was ended, or ended itself.

    Parameters
    ----------
    file, descriptor : the file, for errors, and opened.
    seconds : of processor time that the child may take.
    """
    if not sys.executable:  # Python inside another program may not know its interpreter
        raise InterchangeError(
            f"NIR file {file} is read by a process of its own, and sys.executable does not say with"
            " which interpreter; set it."
        )
    packages = [importlib.util.find_spec(name) for name in ("h5py", "numpy")]
    options = {
        "limits": LIMITS,
        "memory": MEMORY,
        "seconds": seconds,
        "folders": sorted(
            {str(Path(each.origin).parents[1]) for each in packages if each and each.origin}
        ),
    }
    script = str(Path(__file__).with_name("hdf5_child.py"))
    try:
        process = subprocess.run(
            # -I: neither the working folder nor the user's packages and variables are looked at
            (sys.executable, "-I", script, json.dumps(options)),
            stdin=descriptor,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            timeout=BUSY * seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _too_slow(file, seconds) from None
    except OSError as error:
        raise InterchangeError(
            f"NIR file {file} is read by a process of its own, which can't be started:"
            f" {error.strerror} ({sys.executable})."
        ) from None
    # no whole answer: a limit, or the library crashed
    length = int.from_bytes(process.stdout[:8], "little")
    if process.returncode == 0 and len(process.stdout) >= 8 + length > 8:
        return process.stdout
    if process.returncode in (-getattr(signal, "SIGXCPU", 24), -getattr(signal, "SIGKILL", 9)):
        raise _too_slow(file, seconds)
    raise InterchangeError(
        f"NIR file {file} must be a whole HDF5 file; the HDF5 library fails on it (exit"
        f" {process.returncode}): write or copy the file again."
    )


def _environment() -> dict[str, str]:
    """The environment without what changes Python or makes the HDF5 library load plug-ins."""
    variables = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "HDF5_", "H5PY_"))
    }
    return {
        **variables,
        "HDF5_PLUGIN_PRELOAD": "::",  # documented by HDF5: no plug-in is ever loaded
        "HDF5_USE_FILE_LOCKING": "FALSE",
        "OPENBLAS_NUM_THREADS": "1",  # each thread would take a part of the memory limit
    }


def _too_slow(file: Path, seconds: int) -> InterchangeError:
    return InterchangeError(
        f"NIR file {file} must be readable within {seconds} s, and is not: it is damaged, or made"
        " to keep a reader busy; write or copy the file again."
    )


def _too_large(file: Path, where: str) -> InterchangeError:
    return InterchangeError(
        f"NIR file {file} must be readable within {MEMORY >> 20:,} MiB, and {where} is not: it is"
        " damaged, or made to fill the memory; write or copy the file again."
    )


def _place(where: str) -> str:
    """The object of the file, with the node's name as the errors of a graph have it."""
    parts = where.strip("/").split("/")
    nodes = [parts[place + 1] for place in range(1, len(parts) - 1, 2) if parts[place] == "nodes"]
    if not nodes:
        return f"the object '{shortened(where)}'" if where != "/" else "it"
    rest = "/".join(parts[2 * len(nodes) + 1 :])
    name = shortened(".".join(nodes))
    return f"{shortened(rest)} of node '{name}'" if rest else f"node '{name}'"


def shortened(text: str) -> str:
    """A text of a file for an error: escaped, and cut to what names of nodes need."""
    return cut(escaped(text), 80)


def _value(each: Any, blobs: memoryview) -> Any:
    """A group, an array or nothing, from the description that the child gives of it."""
    if "group" in each:
        return {name: _value(member, blobs) for name, member in each["group"].items()}
    if "nothing" in each:
        return None
    shape = tuple(each["shape"])
    if "strings" in each:
        texts = np.empty(len(each["strings"]), object)
        texts[:] = each["strings"]
        return texts.reshape(shape)
    kind = np.dtype(each["numbers"])
    numbers = np.frombuffer(blobs, kind, math.prod(shape), each["at"])
    return numbers.astype(kind.newbyteorder("=")).reshape(shape)
