"""The cache folder: where it is, that it is made, and one error where it can't be written."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest

from sc_model.cache import (
    CacheError,
    SharedFolderWarning,
    cache_folder,
    code_folder,
    others_can_write,
)


def test_it_is_where_the_variable_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = cache_folder("native")
    assert folder == tmp_path / "sc-hw" / "native"
    assert folder.is_dir()
    assert cache_folder("native") == folder  # a second call finds it


def test_without_the_variable_it_is_in_the_home_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = cache_folder("verilated")
    assert folder.parts[-2:] == ("sc-hw", "verilated")
    assert folder.is_relative_to(tmp_path)


def test_a_file_in_its_place_is_one_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "sc-hw").write_text("a file where a folder should be", encoding="utf-8")
    message = (
        f"cache folder {tmp_path / 'sc-hw' / 'native'} can't be written: Not a directory; set"
        " XDG_CACHE_HOME to a folder that can be"
    )
    with pytest.raises(CacheError, match=f"^{re.escape(message)}$"):
        cache_folder("native")


def test_a_folder_without_permission_is_one_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The answer of the system is replaced: whoever runs this as root may write everywhere."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("sc_model.cache.os.access", lambda path, mode: False)
    with pytest.raises(CacheError, match=r"/native can't be written: Permission denied; set XDG"):
        cache_folder("native")


# --- what others can write ------------------------------------------------------------------------


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A folder that nobody else can write, below one of the same kind."""
    folder = tmp_path / "above" / "private"
    folder.mkdir(parents=True, mode=0o700)
    folder.parent.chmod(0o755)
    assert others_can_write(folder) is None
    return folder


def test_new_folders_are_private_whatever_the_umask(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    before = os.umask(0)
    try:
        folder = code_folder("native")
    finally:
        os.umask(before)
    assert folder == tmp_path / "sc-hw" / "native"
    assert [stat.S_IMODE(each.stat().st_mode) for each in (folder, folder.parent)] == [0o700] * 2


@pytest.mark.parametrize(
    ("above", "mode", "says"),
    [
        (False, 0o777, "others can write {}"),
        (False, 0o702, "others can write {}"),
        (False, 0o720, "others can write {}"),
        (False, 0o1777, "others can write {}"),  # with that bit others may still add files
        (True, 0o777, "others can write {}"),
        (True, 0o1777, None),  # as /tmp
        (True, 0o775, None),  # the group of the user's own
    ],
)
def test_who_can_write(private: Path, above: bool, mode: int, says: str | None) -> None:
    place = private.parent if above else private
    place.chmod(mode)
    assert others_can_write(private) == (says.format(place) if says else None)


@pytest.mark.parametrize("place", ["the file", "its folder", "the folder above"])
def test_what_belongs_to_another_user(
    private: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner is replaced: only root can give a file away."""
    file = private / "kernel.so"
    file.touch(mode=0o700)
    foreign = {"the file": file, "its folder": private, "the folder above": private.parent}[place]
    real_stat = Path.stat

    def stat_of_another(self: Path, **options: bool) -> os.stat_result:
        status = real_stat(self, **options)
        values = list(status)
        values[stat.ST_UID] = os.geteuid() + 1 if self == foreign else status.st_uid
        return os.stat_result(values)

    monkeypatch.setattr(Path, "stat", stat_of_another)
    assert others_can_write(file) == f"{foreign} belongs to another user"


def test_a_link_is_judged_by_where_it_leads(private: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    (private / "link").symlink_to(shared)
    assert others_can_write(private / "link") == f"others can write {shared}"
    assert others_can_write(private / "nothing") == (
        f"{private / 'nothing'} can't be looked at (No such file or directory)"
    )


def test_a_shared_cache_is_not_used_for_code_and_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    shared = cache_folder("native")
    shared.chmod(0o777)
    with pytest.warns(SharedFolderWarning) as said:
        folders = [code_folder("native") for _ in range(2)]
    folder = folders[0]
    assert folders[1] == folder  # one folder, and one warning
    (line,) = (str(each.message) for each in said)
    assert line == (
        f"nothing compiled is used from {shared}: others can write {shared}; compiling in {folder}"
    )
    assert others_can_write(folder) is None


def test_without_a_home_folder_it_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """HOME is unset and the user has no entry: nothing is made in the working folder."""

    def no_entry(user: int) -> None:
        raise KeyError(user)

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", no_entry)
    message = "cache folder native can't be written: there is no home folder; set XDG_CACHE_HOME"
    with pytest.raises(CacheError, match=f"^{message} to a folder that can be$"):
        cache_folder("native")
    assert not Path("~").exists()
