"""Outputs are written whole or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from sc_hw.build.elaborate import elaborate
from sc_hw.files import OutputError, replacing, write_json, write_text
from sc_model.spec import Design


def test_interrupted_write_leaves_the_last_good_file(tmp_path: Path) -> None:
    file = write_text(tmp_path / "out.json", "good")

    def interrupted() -> None:
        with replacing(file) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert file.read_text() == "good"
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_unwritable_output_is_one_error_and_leaves_nothing(tmp_path: Path) -> None:
    blocker = tmp_path / "build"
    blocker.write_text("a file where a folder should be")
    design = Design(name="x", block="lane")
    with pytest.raises(OutputError) as error:
        elaborate(design, blocker)
    (folder,) = (str(error.value).split(" ")[1],)
    assert (
        str(error.value)
        == f"output {folder} can't be written: Not a directory; choose another folder."
    )
    assert folder.startswith(str(blocker))
    assert [path.name for path in tmp_path.iterdir()] == ["build"]


def test_a_full_disk_is_the_same_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(
        OutputError,
        match=r"^output .*out\.json can't be written: No space left on device; free some space, or"
        r" choose another folder\.$",
    ):
        write_json(tmp_path / "out.json", {})
    assert list(tmp_path.iterdir()) == []


def test_a_relative_path_is_named_with_its_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`sc-hw new` in a folder that can't be written: advice that its command can follow."""
    monkeypatch.chdir("/proc")
    with pytest.raises(
        OutputError,
        match=r"^output lane.toml in /proc can't be written: No such file or directory; choose"
        r" another folder\.$",
    ):
        write_text(Path("lane.toml"), "")
