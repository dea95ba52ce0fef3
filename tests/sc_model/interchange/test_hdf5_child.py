"""What a file may hold, as the child process reads it; here in this process, on whole files."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np
import pytest

from sc_model.interchange.hdf5 import LIMITS
from sc_model.interchange.hdf5_child import read

WEIGHT = "node/nodes/w/weight"


def file_with(edit: Callable[[Any], Any]) -> bytes:
    """A file with an array of weights, after a change."""
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        file[WEIGHT] = np.ones((3, 2))
        edit(file)
    return memory.getvalue()


def instead(value: Any) -> Callable[[Any], None]:
    """A change that puts a link in the place of the weights."""

    def edit(file: Any) -> None:
        del file[WEIGHT]
        file[WEIGHT] = value

    return edit


def array(**how: Any) -> Callable[[Any], None]:
    """A change that puts another array in the place of the weights."""

    def edit(file: Any) -> None:
        del file[WEIGHT]
        file.create_dataset(WEIGHT, **how)

    return edit


def virtual(file: Any) -> None:
    del file[WEIGHT]
    layout = h5py.VirtualLayout((3, 2), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (3, 2))
    file.create_virtual_dataset(WEIGHT, layout)


def nested(file: Any) -> None:
    group = file["node/nodes"]
    for _ in range(600):
        group = group.create_group("g")


def doubled(file: Any) -> None:
    """40 groups that each hold the next one twice: 2^40 paths."""
    group = file.create_group("last")
    for number in range(40):
        outer = file.create_group(f"group{number}")
        outer["a"] = outer["b"] = group
        group = outer
    file["node/nodes/a"] = group


FAR = "must be an array or a group, not a link to another file"
ABOVE = "must not take the file above"
REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "link to another file": (instead(h5py.ExternalLink("/etc/passwd", "/x")), FAR),
    "link": (instead(h5py.SoftLink("/node")), "must be an array or a group, not a soft link"),
    "link to itself": (
        instead(h5py.SoftLink(f"/{WEIGHT}")),
        "must be an array or a group, not a soft link",
    ),
    "type": (instead(np.dtype("f8")), "must be an array or a group, not a named type"),
    "numbers of another file": (
        array(shape=(3, 2), dtype="f4", external=[("/etc/passwd", 0, 24)]),
        "must have its numbers in this file, not in another one (external)",
    ),
    "numbers of other files": (
        virtual,
        "must have its numbers in this file, not in other ones (virtual)",
    ),
    "a group in itself": (
        lambda file: file["node/nodes"].__setitem__("w2", file["node/nodes"]),
        "must not contain itself",
    ),
    "a group in a group in itself": (
        lambda file: file["node/nodes/w"].__setitem__("x", file["node"]),
        "must not contain itself",
    ),
    "groups in groups": (nested, "must lie in at most 64 groups in each other"),
    "groups twice": (doubled, f"{ABOVE} 1,000 members, and would with 2"),
    "numbers": (
        array(shape=(10**6, 10**6), dtype="f8", chunks=(100, 100)),
        f"{ABOVE} 16,777,216 numbers, and would with 1,000,000,000,000",
    ),
    "letters": (
        array(shape=(10**9,), dtype=h5py.string_dtype(), chunks=(100,)),
        f"{ABOVE} 4,194,304 letters, and would with 1,000,000,000",
    ),
    "long words": (
        array(shape=(2,), dtype="S1000000000"),
        f"{ABOVE} 4,194,304 letters, and would with 2,000,000,000",
    ),
    "pairs": (
        array(data=np.zeros(3, [("a", "f4")])),
        "must hold numbers or text, not [('a', '<f4')]",
    ),
    "lists": (
        array(shape=(3,), dtype=h5py.vlen_dtype("f8")),
        "must hold numbers or text, not object",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_file_must_not_hold(case: str) -> None:
    edit, text = REFUSED[case]
    answer, blobs = read(file_with(edit), {**LIMITS, "members": 1000})
    assert answer["refusal"] == text
    assert answer["where"].startswith("/node/nodes")
    assert blobs == []


@pytest.mark.parametrize("kind", ["f2", "<f4", ">f8", "i1", ">i8", "u4", "?"])
def test_numbers_come_back_in_their_own_precision(kind: str) -> None:
    values = np.array([[0, 1, 1], [1, 0, 1]]).astype(kind)
    answer, blobs = read(file_with(array(data=values, compression="gzip")), LIMITS)
    found = answer["tree"]["node"]["group"]["nodes"]["group"]["w"]["group"]["weight"]
    back = np.frombuffer(b"".join(blobs), found["numbers"])
    assert back.dtype.itemsize == values.dtype.itemsize
    assert back.reshape(found["shape"]).tolist() == values.tolist()


def test_texts_and_nothing() -> None:
    def edit(file: Any) -> None:
        file["node/type"] = "NIRGraph"
        file["node/fixed"] = np.array([[b"a", b"b"]])
        file["node/nothing"] = h5py.Empty("f8")

    node = read(file_with(edit), LIMITS)[0]["tree"]["node"]["group"]
    assert node["type"] == {"strings": ["NIRGraph"], "shape": []}
    assert node["fixed"] == {"strings": ["a", "b"], "shape": [1, 2]}
    assert node["nothing"] == {"nothing": True}


def test_what_is_no_file_and_no_graph() -> None:
    whole = file_with(lambda file: None)
    wrong = {"error": "its first bytes or its length are wrong", "where": "/"}
    assert read(whole[: len(whole) // 2], LIMITS) == (wrong, [])
    assert read(whole[:8], LIMITS) == (wrong, [])
    answer, _ = read(file_with(lambda file: file.__delitem__("node")), LIMITS)
    assert answer["refusal"] == "must have a group 'node', as NIR files do"
    bad = file_with(array(data=b"\xff\xfe"))
    assert read(bad, LIMITS)[0]["error"].startswith("UnicodeDecodeError: ")
