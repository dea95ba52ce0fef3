"""Images with their classes, out of the files in which data sets of images are spread.

`idx` is the format of MNIST (Y. LeCun, C. Cortes, C. J. C. Burges) and of those made like it, such
as Fashion-MNIST and EMNIST: four bytes 0, 0, 8 (unsigned bytes) and the number of dimensions, a
32-bit size of each, the highest byte first, then the bytes of the array; images and labels in a
file each. Plain or compressed by gzip.
"""

from __future__ import annotations

import gzip
import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from sc_model.archives import MAX_FILE_BYTES, ArchiveError, read_archive
from sc_model.files import PathLike, opened
from sc_model.spec import ConfigError

# 60,000 images of 28 x 28 are 47 million; four times that are read
MAX_PIXELS = 1 << 28
UNSIGNED_BYTES = 8  # the type of an idx file
GZIP_MAGIC, ARCHIVE_MAGIC = b"\x1f\x8b", b"PK"
# names of the two files of a set: train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz
PAIR = (("images", "labels"), ("idx3", "idx1"))


@dataclass(frozen=True, eq=False)
class Images:
    """Images with a class each.

    Members
    -------
    pixels : uint8, (images, rows, columns).
    labels : int64, (images,), >= 0.
    origin : the file's name, for a report.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    origin: str

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def classes(self) -> int:
        """One more than the largest label."""
        return int(self.labels.max()) + 1

    def chosen(self, which: NDArray[Any] | slice) -> Images:
        """Some of the images."""
        return Images(self.pixels[which], self.labels[which], self.origin)


def load_images(path: PathLike, labels: PathLike | None = None) -> Images:
    """Images and their classes.

    Parameters
    ----------
    path : an idx file of images, compressed or not; or a NumPy archive (.npz) with ``images``
        (images, rows, columns), whole numbers of 0 to 255, and ``labels``.
    labels : the idx file of the labels; None: the file beside `path` that has "labels" and "idx1"
        in its name for "images" and "idx3".

    Raises ConfigError, which names the file, for anything else.
    """
    file = Path(path)
    if _begins(file, ARCHIVE_MAGIC):
        if labels is not None:
            raise ConfigError(
                f"data file {file} is an archive, which must hold its labels; leave out {labels}."
            )
        pixels, classes = _of_archive(file)
    else:
        pixels = _idx(file, 3, "images")
        other = Path(labels) if labels is not None else _beside(file)
        classes = _idx(other, 1, "labels").astype(np.int64)
    if len(classes) != len(pixels):
        raise ConfigError(
            f"data file {file}: labels must be one for each of the {len(pixels)} images, not"
            f" {len(classes)}."
        )
    if not pixels.size:
        raise ConfigError(
            f"data file {file} must have an image of one pixel or more, not {pixels.shape}."
        )
    return Images(pixels, classes, file.name)


def _beside(file: Path) -> Path:
    """The file of labels that belongs to one of images."""
    name = file.name
    for images, labels in PAIR:
        name = name.replace(images, labels)
    if name == file.name or not (file.parent / name).exists():
        raise ConfigError(
            f"data file {file} must have its labels beside it, in"
            f" {name if name != file.name else 'a file with labels-idx1 in its name'}; there is"
            " none, give the file of the labels too."
        )
    return file.parent / name


def _of_archive(file: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    try:
        arrays = read_archive(file)
    except ArchiveError as error:
        raise ConfigError(f"data file {file} {error}") from None
    missing = [name for name in ("images", "labels") if name not in arrays]
    if missing:
        names = ", ".join(sorted(arrays)) or "nothing"
        raise ConfigError(
            f"data file {file} must hold 'images' and 'labels'; '{missing[0]}' is missing, it has"
            f" {names}."
        )
    pixels, classes = arrays["images"], arrays["labels"]
    for name, array, dimensions, high in (("images", pixels, 3, 255), ("labels", classes, 1, None)):
        if array.ndim != dimensions or array.dtype.kind not in "iu":
            shape = ("(images, rows, columns)", "(images,)")[name == "labels"]
            raise ConfigError(
                f"data file {file}: '{name}' must be whole numbers of shape {shape}, not"
                f" {array.dtype} of shape {array.shape}."
            )
        low, most = (int(array.min()), int(array.max())) if array.size else (0, 0)
        if low < 0 or (high is not None and most > high):
            raise ConfigError(
                f"data file {file}: '{name}' must be in [0, {high or '...'}], not"
                f" {low if low < 0 else most}."
            )
    return pixels.astype(np.uint8), classes.astype(np.int64)


def _begins(file: Path, magic: bytes) -> bool:
    """Whether a file begins with these bytes."""
    try:
        with opened(file, MAX_FILE_BYTES) as stream:
            return stream.read(len(magic)) == magic
    except OSError as error:
        raise ConfigError(f"data file {file} can't be read: {error.strerror}.") from None


def _idx(file: Path, dimensions: int, what: str) -> NDArray[np.uint8]:
    """The array of an idx file of unsigned bytes."""
    compressed = _begins(file, GZIP_MAGIC)
    try:
        with opened(file, MAX_FILE_BYTES) as stream:
            if not compressed:
                return _array(stream, file, dimensions, what)
            with gzip.GzipFile(fileobj=stream) as unpacked:
                return _array(cast(IO[bytes], unpacked), file, dimensions, what)
    except (OSError, EOFError, zlib.error) as error:  # of gzip, for a file that is damaged
        raise ConfigError(f"data file {file} is damaged: {error}.") from None


def _array(stream: IO[bytes], file: Path, dimensions: int, what: str) -> NDArray[np.uint8]:
    """See `_idx`; no byte more is unpacked than the header says."""
    head = stream.read(4 + 4 * dimensions)
    if len(head) < 4 + 4 * dimensions or head[:4] != bytes((0, 0, UNSIGNED_BYTES, dimensions)):
        raise ConfigError(
            f"data file {file} must be an idx file of {what} (it begins with bytes 0, 0, 8,"
            f" {dimensions}) or a .npz, and begins with {list(head[:4])}."
        )
    sizes = np.frombuffer(head, ">u4", offset=4)
    shape = tuple(int(size) for size in sizes)
    count = math.prod(shape)
    if count > MAX_PIXELS:
        raise ConfigError(
            f"data file {file} must have at most {MAX_PIXELS:,} bytes of {what}, not {count:,}"
            f" (shape {shape})."
        )
    content = stream.read(count + 1)
    if len(content) != count:
        raise ConfigError(
            f"data file {file} must have {count:,} bytes behind its header, as its shape {shape}"
            f" says; it has {'more' if len(content) > count else f'{len(content):,}'}."
        )
    return np.frombuffer(content, np.uint8).reshape(shape)
