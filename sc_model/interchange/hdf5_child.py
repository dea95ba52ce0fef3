"""Read the raw contents of a NIR file, in a process of its own.

`sc_model.interchange.hdf5` runs this file as a script. A file from a stranger can keep the HDF5
library busy for ever, make it ask for all memory, or crash it, and no signal handler of Python runs
while the library works. A process can be limited and killed, so the library is only ever used here.

Standard input is the file, opened by the parent: this process opens no other file by name. Standard
output gets the length of a JSON text (8 bytes, little-endian), the text, and the bytes of all
arrays. The text has the tree of groups and arrays, or the error and the object where it is.

This script imports nothing of the project: it starts in the time that h5py needs.
"""

from __future__ import annotations

import json
import math
import os
import sys
from typing import Any

# Filters that the HDF5 library has itself, and h5py's LZF. Others would be loaded as plug-ins.
FILTERS = {1, 2, 3, 4, 5, 6, 32000}


class RefusalError(Exception):
    """What the file has and must not have, as the end of a sentence that begins with the object."""


def limit_resources(memory: int, seconds: int) -> None:
    """Let the operating system end this process when it takes more memory or processor time.

    A system without such limits, as Windows, leaves it to the parent, which waits only so long.
    """
    try:
        import resource
    except ImportError:
        return
    for kind, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds)):
        hard = resource.getrlimit(kind)[1]
        if hard == resource.RLIM_INFINITY or value < hard:
            # not every system lets every limit be set; the parent's time limit is left then
            try:
                resource.setrlimit(kind, (value, value))
            except (ValueError, OSError):
                continue
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Reading:
    """One reading of a file: the tree, the arrays' bytes, and what may still be read.

    Parameters
    ----------
    limits : largest depth of groups, number of objects, of numbers, and of letters.
    """

    def __init__(self, limits: dict[str, int]) -> None:
        self.limits = limits
        self.left = dict(limits)
        self.at = "/"  # the object that is read
        self.blobs: list[bytes] = []
        self.offset = 0

    def count(self, what: str, amount: int) -> None:
        """Take an amount off what may still be read; RefusalError where that is less."""
        if amount > self.left[what]:
            raise RefusalError(
                f"must not take the file above {self.limits[what]:,} {what}, and would with"
                f" {amount:,}"
            )
        self.left[what] -= amount

    def item(self, group: Any, name: bytes, above: tuple[Any, ...]) -> Any:
        """A group as a dict, an array as a description of where its bytes are.

        The classes of `h5py.h5g` and its neighbours take a quarter of the time of the ones that
        users know, which matters for thousands of small arrays.

        Parameters
        ----------
        group, name : where the object is.
        above : addresses of the groups that it lies in.
        """
        from h5py import h5d, h5g, h5l, h5o

        before = self.at
        self.at = f"{self.at.rstrip('/')}/{name.decode('utf-8', 'surrogateescape')}"
        kind = group.links.get_info(name).type
        if kind != h5l.TYPE_HARD:
            links = {h5l.TYPE_SOFT: "a soft link", h5l.TYPE_EXTERNAL: "a link to another file"}
            raise RefusalError(
                f"must be an array or a group, not {links.get(kind, 'a link of another kind')}"
            )
        here = h5o.open(group, name)
        if isinstance(here, h5g.GroupID):
            item: Any = self.group(here, above)
        elif isinstance(here, h5d.DatasetID):
            item = self.array(here)
        else:
            raise RefusalError("must be an array or a group, not a named type")
        self.at = before
        return item

    def group(self, here: Any, above: tuple[Any, ...]) -> dict[str, Any]:
        """The members of a group by name."""
        from h5py import h5o

        address = h5o.get_info(here).addr
        if address in above:
            raise RefusalError("must not contain itself")
        if len(above) >= self.limits["groups in each other"]:
            raise RefusalError(
                f"must lie in at most {self.limits['groups in each other']} groups in each other"
            )
        self.count("members", here.get_num_objs())  # before their names are listed and sorted
        above = (*above, address)
        return {
            "group": {
                name.decode("utf-8", "surrogateescape"): self.item(here, name, above)
                for name in sorted(here)
            }
        }

    def array(self, here: Any) -> dict[str, Any]:
        """Numbers or strings, and their shape."""
        import h5py
        import numpy as np
        from h5py import h5d, h5s

        properties = here.get_create_plist()
        if properties.get_layout() == h5d.VIRTUAL:
            raise RefusalError("must have its numbers in this file, not in other ones (virtual)")
        if properties.get_external_count():
            raise RefusalError("must have its numbers in this file, not in another one (external)")
        for number in range(properties.get_nfilters()):
            code = properties.get_filter(number)[0]
            if code not in FILTERS:
                raise RefusalError(
                    f"must be plain or compressed by gzip, not by the HDF5 filter {code}"
                )
        space = here.get_space()
        if space.get_simple_extent_type() == h5s.NULL:
            return {"nothing": True}
        shape, kind = [int(each) for each in space.shape], here.dtype
        size = math.prod(shape)
        if h5py.check_string_dtype(kind) is not None:
            self.count("letters", size * (kind.itemsize if kind.kind == "S" else 1))
            return {"strings": self.strings(h5py.Dataset(here)[()]), "shape": shape}
        if kind.kind not in "fiub" or kind.itemsize > 16:
            raise RefusalError(f"must hold numbers or text, not {str(kind)[:60]}")
        self.count("numbers", size)
        values = np.zeros(shape, kind)
        if size:
            here.read(h5s.ALL, h5s.ALL, values)
        return {**self.numbers(values), "shape": shape}

    def strings(self, value: Any) -> list[str]:
        """The texts of an array, first to last."""
        import numpy as np

        texts = []
        for each in np.asarray(value, dtype=object).reshape(-1):
            self.count("letters", len(each))
            texts.append(each.decode("utf-8") if isinstance(each, bytes) else str(each))
        return texts

    def numbers(self, value: Any) -> dict[str, Any]:
        """The numbers of an array: their type, and where their bytes begin."""
        import numpy as np

        array = np.asarray(value)
        if array.dtype.kind == "f" and array.dtype.itemsize > 8:
            array = array.astype(np.float64)
        # little-endian: the parent reads the bytes as such on any machine
        array = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        start = self.offset
        self.blobs.append(array.tobytes())
        self.offset += array.nbytes
        return {"numbers": array.dtype.str, "at": start}


def read(data: bytes, limits: dict[str, int]) -> tuple[dict[str, Any], list[bytes]]:
    """The tree of a file, or the error and where it is; and the bytes of the arrays."""
    import h5py

    reading = Reading(limits)
    try:
        try:
            file = h5py.File(h5py.h5f.open_file_image(data))
        except ValueError:  # "Not a file id" is all that h5py says of a superblock that is wrong
            return {"error": "its first bytes or its length are wrong", "where": "/"}, []
        for name in ("node", "version"):
            if name == "node" and name not in file:
                raise RefusalError("must have a group 'node', as NIR files do")
        tree = {
            name: reading.item(file.id, name.encode(), ())
            for name in ("node", "version")
            if name in file
        }
    except RefusalError as refusal:
        return {"refusal": str(refusal), "where": reading.at}, []
    except MemoryError:
        return {"memory": True, "where": reading.at}, []
    except (
        OSError,
        RuntimeError,
        LookupError,
        ValueError,
        TypeError,
        ArithmeticError,
        AttributeError,
        NotImplementedError,
        SystemError,
    ) as error:
        # all that h5py raises for a damaged file; the text goes to the user, with the object
        kind = type(error).__name__
        return {"error": f"{kind}: {' '.join(str(error).split())[:200]}", "where": reading.at}, []
    return {"tree": tree}, reading.blobs


def main() -> None:
    """Read standard input; the argument has limits and folders, as JSON."""
    options = json.loads(sys.argv[1])
    sys.path += options["folders"]
    limit_resources(options["memory"], options["seconds"])
    with os.fdopen(0, "rb") as file:
        data = file.read()
    answer, blobs = read(data, options["limits"])
    text = json.dumps(answer).encode()
    with os.fdopen(1, "wb") as out:
        out.write(len(text).to_bytes(8, "little"))
        out.write(text)
        for each in blobs:
            out.write(each)


if __name__ == "__main__":
    main()
