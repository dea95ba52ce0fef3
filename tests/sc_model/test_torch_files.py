"""Checkpoints of torch: plain data only, whole, and none that unpacks to more."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from sc_model.torch_files import misfit, read_state

KEYS = ("learner", "more")
GOOD = {"learner": "L", "more": {"a": [1, 2.5, None]}, "w": torch.ones(2, 3)}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    torch.save(GOOD, tmp_path / "c.pt")
    return tmp_path / "c.pt"


def error_of(file: Path) -> str:
    with pytest.raises(ValueError, match=r"^checkpoint ") as caught:
        read_state(file, KEYS)
    text = str(caught.value)
    assert text.startswith(f"checkpoint {file} must be one that was saved here")
    assert text.isprintable()
    assert len(text) < 600
    return text.removeprefix(f"checkpoint {file} must be one that was saved here")


def test_a_good_one(file: Path) -> None:
    state = read_state(file, KEYS)
    assert state["more"] == GOOD["more"]
    assert torch.equal(state["w"], torch.ones(2, 3))


def test_objects_run_nothing(file: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(file.parent / "made"),)

    torch.save({**GOOD, "more": Bomb()}, file)
    assert error_of(file).startswith("; it can't be read (Weights only load failed")
    assert not (file.parent / "made").exists()


@pytest.mark.parametrize("content", [b"", b"PK", b"\x80\x02.", b"x" * 1000])
def test_what_is_no_checkpoint(content: bytes, file: Path) -> None:
    file.write_bytes(content)
    assert error_of(file) == "; it can't be read (File is not a zip file)"


def test_one_that_broke_off_or_is_damaged(file: Path) -> None:
    whole = file.read_bytes()
    for content in (
        whole[:-100],
        whole[: len(whole) // 2],
        whole.replace(b"learner", b"l\xffarner"),
    ):
        file.write_bytes(content)
        assert error_of(file)


def test_compressed_members_and_what_lacks_a_key(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        members = [(each, archive.read(each)) for each in archive.infolist()]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, data in members:
            archive.writestr(each.filename, data)
    assert error_of(file) == "; it can't be read (it has compressed members)"
    torch.save({"learner": "L"}, file)
    assert error_of(file) == "; it has no 'more'"
    torch.save([1], file)
    assert error_of(file) == ", not a list"


def test_a_pipe_and_a_missing_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="Is a pipe"):
        read_state(tmp_path / "pipe", KEYS)
    with pytest.raises(FileNotFoundError):
        read_state(tmp_path / "none", KEYS)


def test_a_misfit_is_one_line() -> None:
    error = misfit(Path("c.pt"), RuntimeError("Error(s) in loading:\n\tMissing keys"))
    assert (
        str(error) == "checkpoint c.pt must be of the same model and learner (Error(s) in loading:)"
    )
