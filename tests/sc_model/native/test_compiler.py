"""Where kernels are kept: nothing is loaded that others could have written."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_model.cache import SharedFolderWarning, code_folder
from sc_model.native import compiler

SOURCE = 'extern "C" int answer() {{ return {0}; }}\n'


def answer(value: int) -> int:
    return int(compiler.compiled(SOURCE.format(value), flags=()).answer())


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In the cache, under the name of the library for the answer 1, one that gives 2."""
    files = []
    for value in (1, 2):
        # the loader takes a file that it has loaded before under the same path
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / str(value)))
        assert answer(value) == value
        files += (tmp_path / str(value) / "sc-hw" / "native").glob("*.so")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "kept"))
    library = code_folder("native") / files[0].name
    library.write_bytes(files[1].read_bytes())
    library.chmod(0o700)
    return library


def test_a_kept_library_is_loaded_and_is_private(kept: Path) -> None:
    assert answer(1) == 2  # so that the other tests show that it was not loaded
    assert kept.stat().st_mode & 0o777 == 0o700
    assert kept.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o722, 0o702, 0o720])
def test_a_library_that_others_can_write_is_made_again(kept: Path, mode: int) -> None:
    kept.chmod(mode)
    assert answer(1) == 1
    assert kept.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_can_write_is_not_used(kept: Path) -> None:
    kept.parent.chmod(0o777)
    with pytest.warns(SharedFolderWarning, match=f"^nothing compiled is used from {kept.parent}: "):
        assert answer(1) == 1
