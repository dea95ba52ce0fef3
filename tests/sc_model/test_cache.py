"""The cache folder: where it is, that it is made, and one error where it can't be written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sc_model.cache import CacheError, cache_folder


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
