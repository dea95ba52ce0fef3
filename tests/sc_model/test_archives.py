"""Archives from anywhere: good ones are read as NumPy reads them, crafted ones refused."""

from __future__ import annotations

import io
import os
import re
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sc_model import archives
from sc_model.archives import ArchiveError, read_archive, text_of

MAGIC = b"\x93NUMPY\x01\x00"


def header(text: str) -> bytes:
    return MAGIC + struct.pack("<H", len(text)) + text.encode()


def shaped(shape: str, kind: str = "'<i8'", fortran: str = "False") -> bytes:
    return header(f"{{'descr': {kind}, 'fortran_order': {fortran}, 'shape': {shape}}}")


def crafted(path: Path, *members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def error_of(path: Path) -> str:
    with pytest.raises(ArchiveError) as caught:
        read_archive(path)
    assert str(caught.value).isprintable()
    return str(caught.value)


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_what_numpy_writes_is_read_as_numpy_reads_it(write: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays: dict[str, Any] = {
        "int": rng.integers(-9, 9, (3, 4)),
        "fortran": np.asfortranarray(rng.integers(0, 9, (3, 4), np.uint8)),
        "big_endian": np.arange(5, dtype=">i4"),
        "scalar": np.array(-7, np.int16),
        "empty": np.zeros((0, 5)),
        "truth": np.array([True, False]),
        "complex": np.array([1 + 2j]),
        "text": np.array("é\n"),
        "bytes": np.array([b"ab", b"c"]),
    }
    write(tmp_path / "a.npz", **arrays)
    found = read_archive(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as expected:
        assert list(found) == list(expected.files)
        for name, array in found.items():
            assert array.dtype == expected[name].dtype
            assert np.array_equal(array, expected[name])
    assert text_of(found, "text") == "é\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"no array", "has a member 'a' that is no NumPy array."),
        (b"", "has a member 'a' that is no NumPy array."),
        (b"\x93NUMPY\x09\x00" + bytes(90), "has a member 'a' that is no NumPy array."),
        (shaped("(1000000000000,)"), "has an array 'a' of shape (1000000000000,); at most"),
        (shaped("(60000000, 60000000)"), "has an array 'a' of shape (60000000, 60000000), which"),
        (shaped(f"({'9' * 800},)"), "has an array 'a' of shape (999"),
        (shaped(f"({'9' * 4300},)"), "has an array 'a' with a header of 4354 bytes; 1024 are read"),
        (shaped("(-1,)") + bytes(8), "has an array 'a' of shape (-1,); at most"),
        (shaped("(True,)") + bytes(8), "has an array 'a' of shape (True,); at most"),
        (shaped("3") + bytes(24), "has an array 'a' of shape 3; at most"),
        (shaped("(2,)") + bytes(8), "has an array 'a' of shape (2,), which needs"),
        (shaped("(2,)") + bytes(24), "has an array 'a' of shape (2,), which needs"),
        (shaped("(2,)", "'|O'") + bytes(16), "has an array 'a' of type '|O'; arrays must hold"),
        (shaped("(2,)", "'<M8[s]'") + bytes(16), "has an array 'a' of type '<M8[s]'; arrays"),
        (shaped("(2,)", "[('a', '<i8')]") + bytes(16), "has an array 'a' of type [('a', '<i8')]"),
        (shaped("(2,)", "'<i3'") + bytes(6), "has an array 'a' of type '<i3'; arrays must hold"),
        (shaped("(2,)", fortran="1") + bytes(16), "has an array 'a' of shape (2,); at most"),
        (shaped("(" * 300 + ")" * 300), "has a member 'a' that is no NumPy array."),
        (header("__import__('os').abort()"), "has a member 'a' that is no NumPy array."),
        (header("{'descr': '<i8'}"), "has a member 'a' that is no NumPy array."),
        (header("{"), "has a member 'a' that is no NumPy array."),
    ],
    ids=range(21),
)
def test_members_that_are_no_plain_arrays(content: bytes, says: str, tmp_path: Path) -> None:
    assert error_of(crafted(tmp_path / "a.npz", ("a.npy", content))).startswith(says)


def test_objects_are_refused_and_run_nothing(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "made"),)

    np.savez(tmp_path / "a.npz", a=np.array([Bomb()], dtype=object))
    assert error_of(tmp_path / "a.npz").startswith("has an array 'a' of type '|O'; ")
    assert not (tmp_path / "made").exists()


def test_gigabytes_in_megabytes_are_refused_unread(tmp_path: Path) -> None:
    """The size is declared, and it is not unpacked to be found out."""
    numbers = archives.MAX_NUMBERS + 1
    compact = io.BytesIO()
    with (
        zipfile.ZipFile(compact, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("a.npy", "w", force_zip64=True) as member,
    ):
        member.write(shaped(f"({numbers},)", "'|i1'"))
        for _ in range(64):
            member.write(bytes(1 << 20))
        member.write(b"\0")
    (tmp_path / "a.npz").write_bytes(compact.getvalue())
    tracemalloc.start()
    try:
        says = error_of(tmp_path / "a.npz")
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
    assert says.startswith("has an array 'a' of shape (67108865,); at most 67,108,864 numbers")


def test_numbers_of_all_arrays_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_NUMBERS", 100)
    np.savez(tmp_path / "a.npz", a=np.zeros(60, np.int8), b=np.zeros(40, np.int8))
    assert len(read_archive(tmp_path / "a.npz")) == 2
    np.savez(tmp_path / "a.npz", a=np.zeros(60, np.int8), b=np.zeros(41, np.int8))
    assert (
        error_of(tmp_path / "a.npz")
        == "must have 100 numbers at most, not 101; record less at once."
    )
    np.savez(tmp_path / "a.npz", a=np.array("x" * 201))  # four bytes a letter
    assert error_of(tmp_path / "a.npz").startswith("must have 100 numbers at most, not 100;")


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_other_methods_of_compression(method: int, tmp_path: Path) -> None:
    path = crafted(tmp_path / "a.npz", ("a.npy", shaped("(1,)") + bytes(8)), method=method)
    assert error_of(path) == (
        f"has a member 'a' that is compressed by method {method}; `numpy.savez_compressed` writes"
        " what is read here."
    )


def test_an_encrypted_member(tmp_path: Path) -> None:
    path = crafted(tmp_path / "a.npz", ("a.npy", shaped("(1,)") + bytes(8)))
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    assert error_of(path) == "has an encrypted member 'a'."


def test_names(tmp_path: Path) -> None:
    good = shaped("(1,)") + bytes(8)
    path = crafted(tmp_path / "a.npz", ("a.npy", good), ("a", good))
    assert error_of(path) == "has two arrays 'a'."
    path = crafted(tmp_path / "a.npz", ("\x1b[31m\n.npy", b""))
    assert error_of(path) == r"has a member '\x1b[31m\n' that is no NumPy array."
    path = crafted(tmp_path / "a.npz", *((f"{n}.npy", b"") for n in range(4097)))
    assert error_of(path) == "must have 4096 arrays at most, not 4097."


@pytest.mark.parametrize("comment", [0, 60_000])
def test_a_directory_of_millions_is_refused_unread(comment: int, tmp_path: Path) -> None:
    length = 100_000_000
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 65535, 65535, length, 0, comment)
    (tmp_path / "a.npz").write_bytes(bytes(1000) + end + bytes(comment))
    assert error_of(tmp_path / "a.npz") == "must have 4096 arrays at most, and has more."


def test_a_directory_of_millions_with_64_bit_sizes(tmp_path: Path) -> None:
    record = b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 1, 1, 10**8, 0)
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, 1000, 1)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 65535, 65535, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    (tmp_path / "a.npz").write_bytes(bytes(1000) + record + locator + end)
    assert error_of(tmp_path / "a.npz") == "must have 4096 arrays at most, and has more."


def test_a_wrong_checksum(tmp_path: Path) -> None:
    path = crafted(tmp_path / "a.npz", ("a.npy", shaped("(1,)") + bytes(8)), method=0)
    raw = bytearray(path.read_bytes())
    place = raw.index(b"PK\x01\x02")
    raw[place - 1] ^= 1  # the last number
    path.write_bytes(raw)
    assert re.match(
        r"is no NumPy archive \(\.npz\): Bad CRC-32 for file 'a\.npy'\.", error_of(path)
    )


def test_a_missing_file_is_the_callers_business(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_archive(tmp_path / "none.npz")


def test_texts(tmp_path: Path) -> None:
    arrays = {"n": np.array(3), "two": np.array(["a", "b"]), "bad": np.array(b"\xff")}
    assert text_of({"t": np.array([b"ab"])}, "t") == "ab"
    for name, says in (
        ("n", "that is no text"),
        ("two", "that is no text"),
        ("bad", "not in UTF-8"),
    ):
        with pytest.raises(ArchiveError, match=says):
            text_of(arrays, name)
