"""Where compiled Verilog is kept: nothing is loaded that others could have written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sc_model.cache import SharedFolderWarning
from sc_sim.driver import compilation
from sc_sim.toolchain import users_options

SOURCES = {"top.v": "module top; endmodule\n"}


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Path]:
    """Folders that were built in; instead of the tools, a file is written."""
    built: list[Path] = []

    def build(place: Path, *_: object) -> None:
        built.append(place)
        (place / "rtl.so").touch()

    monkeypatch.setattr(compilation, "_build", build)
    monkeypatch.setattr(compilation, "tool_versions", lambda: {"verilator": "5"})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return built


def library(folder: Path) -> Path:
    return compilation.compile_library(folder, "top", SOURCES, (), ())


def test_a_kept_library_is_private_and_found_again(builds: list[Path], tmp_path: Path) -> None:
    file = library(tmp_path)
    assert file.parent.parent == tmp_path / "sim"
    assert [each.stat().st_mode & 0o777 for each in (file, file.parent)] == [0o700, 0o700]
    assert library(tmp_path) == file
    assert builds == [file.parent]


def test_a_library_that_others_can_write_is_built_again(builds: list[Path], tmp_path: Path) -> None:
    file = library(tmp_path)
    file.chmod(0o722)
    assert library(tmp_path) == file
    assert builds == [file.parent] * 2


@pytest.mark.parametrize("shared", ["its folder", "the folder of simulators", "the build folder"])
def test_a_folder_that_others_can_write_is_not_used(
    builds: list[Path], tmp_path: Path, shared: str
) -> None:
    folder = tmp_path / "build"
    file = library(folder)
    place = {
        "its folder": file.parent,
        "the folder of simulators": file.parent.parent,
        "the build folder": folder,
    }[shared]
    place.chmod(0o777)
    says = (
        f"^nothing compiled is used from {re.escape(str(file.parent))}: others can write"
        f" {re.escape(str(place))}; compiling in {re.escape(str(tmp_path / 'cache'))}/"
    )
    with pytest.warns(SharedFolderWarning, match=says):
        elsewhere = library(folder)
    assert elsewhere.is_relative_to(tmp_path / "cache")
    with pytest.warns(SharedFolderWarning):
        assert library(folder) == elsewhere  # kept there, too
    assert builds == [file.parent, elsewhere.parent]


def test_options_of_the_user_make_another_library(
    builds: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SC_HW_CFLAGS", " -O0 '-DA=b c'")
    assert users_options() == ["-O0", "-DA=b c"]
    given = library(tmp_path)
    monkeypatch.delenv("SC_HW_CFLAGS")
    assert users_options() == []
    assert library(tmp_path) != given
    assert len(builds) == 2
