"""Files of images: idx, compressed or not, and archives; each bad one is refused in one line."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sc_model.images import Images, load_images
from sc_model.spec import ConfigError

PIXELS = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
LABELS = np.array([2, 0, 9], np.uint8)


def idx(array: NDArray[np.uint8], kind: int = 8) -> bytes:
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, kind, array.ndim, *array.shape)
    return head + array.tobytes()


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def pair(folder: Path, pack: Callable[[bytes], bytes] = bytes, end: str = "") -> Path:
    written(folder / f"train-labels-idx1-ubyte{end}", pack(idx(LABELS)))
    return written(folder / f"train-images-idx3-ubyte{end}", pack(idx(PIXELS)))


def is_what_was_written(images: Images) -> bool:
    same = np.array_equal(images.pixels, PIXELS) and np.array_equal(images.labels, LABELS)
    return same and len(images) == 3 and images.classes == 10


def test_idx_files_are_read_compressed_or_not_with_the_labels_beside_them(tmp_path: Path) -> None:
    assert is_what_was_written(load_images(pair(tmp_path)))
    compressed = pair(tmp_path, gzip.compress, ".gz")
    assert is_what_was_written(load_images(compressed))
    other = written(tmp_path / "classes", idx(LABELS))
    assert is_what_was_written(load_images(compressed, other))


def test_an_archive_holds_images_and_labels(tmp_path: Path) -> None:
    file = tmp_path / "set.npz"
    np.savez(file, images=PIXELS.astype(np.int64), labels=LABELS)
    images = load_images(file)
    assert is_what_was_written(images)
    assert images.pixels.dtype == np.uint8
    some = images.chosen(slice(1, 3))
    assert some.labels.tolist() == [0, 9]
    assert np.array_equal(some.pixels, PIXELS[1:])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", r"must be an idx file of images .* begins with \[\]"),
        (b"P5 28 28", r"begins with \[80, 53, 32, 50\]"),
        (idx(PIXELS, 13), r"begins with \[0, 0, 13, 3\]"),  # floats
        (idx(LABELS), r"begins with \[0, 0, 8, 1\]"),  # labels for images
        (idx(PIXELS)[:-1], "must have 60 bytes behind its header, .*; it has 59"),
        (idx(PIXELS) + b"x", "must have 60 bytes behind its header, .*; it has more"),
        (struct.pack(">4B3I", 0, 0, 8, 3, 1 << 20, 1 << 20, 9), "at most 268,435,456 bytes"),
        (gzip.compress(idx(PIXELS), mtime=0)[:-20], "is damaged: Compressed file ended"),
        (gzip.compress(idx(PIXELS), mtime=0)[:20] + b"xxxxxxxxx", "is damaged: "),
        (idx(PIXELS[:0]), "labels must be one for each of the 0 images, not 3"),
        (idx(PIXELS[:2]), "labels must be one for each of the 2 images, not 3"),
        (b"PK\x03\x04", "is no NumPy archive"),
    ],
)
def test_a_file_that_is_no_set_of_images_is_refused(
    tmp_path: Path, content: bytes, said: str
) -> None:
    file = written(pair(tmp_path), content)
    with pytest.raises(ConfigError, match=said) as caught:
        load_images(file)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_of_noughts_is_unpacked_no_further_than_its_header_says(tmp_path: Path) -> None:
    file = written(pair(tmp_path), gzip.compress(idx(PIXELS) + bytes(50_000_000)))
    with pytest.raises(ConfigError, match="it has more"):
        load_images(file)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"images": PIXELS}, "'labels' is missing, it has images"),
        ({"x": PIXELS}, "'images' is missing, it has x"),
        ({"images": PIXELS / 255, "labels": LABELS}, "'images' must be whole numbers"),
        ({"images": PIXELS[0], "labels": LABELS}, r"not uint8 of shape \(4, 5\)"),
        ({"images": PIXELS.astype(int) + 200, "labels": LABELS}, r"in \[0, 255\], not 259"),
        ({"images": PIXELS, "labels": LABELS.astype(int) - 1}, r"in \[0, ...\], not -1"),
        ({"images": PIXELS, "labels": LABELS[:2]}, "each of the 3 images, not 2"),
        ({"images": PIXELS[:, :0], "labels": LABELS}, "an image of one pixel or more"),
    ],
)
def test_an_archive_with_other_arrays_is_refused(
    tmp_path: Path,
    arrays: dict[str, NDArray[Any]],
    said: str,
) -> None:
    file = tmp_path / "set.npz"
    np.savez(file, allow_pickle=True, **arrays)
    with pytest.raises(ConfigError, match=said):
        load_images(file)


def test_a_missing_file_and_missing_labels_are_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read: No such file"):
        load_images(tmp_path / "none")
    alone = written(tmp_path / "t10k-images-idx3-ubyte", idx(PIXELS))
    with pytest.raises(ConfigError, match="in t10k-labels-idx1-ubyte; there is none"):
        load_images(alone)
    with pytest.raises(ConfigError, match="in a file with labels-idx1 in its name"):
        load_images(written(tmp_path / "digits", idx(PIXELS)))
    np.savez(tmp_path / "set.npz", images=PIXELS, labels=LABELS)
    with pytest.raises(ConfigError, match="must hold its labels; leave out"):
        load_images(tmp_path / "set.npz", alone)
