"""A package with broken metadata is named, and hides no entry point of another one."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sc_model import entry_points as module
from sc_model.entry_points import entry_points_of, load, pass_over_broken_lists, source_of
from sc_model.spec.catalogue import Catalogue

GROUP = "sc_test_points"
# a list, and what is said of it
BROKEN = {
    "no_pair": (
        b"# a comment\n[console_scripts]\nno pair at all\n",
        "must have NAME = MODULE in line 3, not 'no pair at all'",
    ),
    "odd_bytes": (b"[x]\na = \xff\xfe\n", "is no UTF-8"),
}


def package(folder: Path, name: str, points: bytes, metadata: str | None = "") -> Path:
    """Metadata of an installed package; None: it has no METADATA."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    if metadata is not None:
        text = metadata or f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        (info / "METADATA").write_text(text, encoding="utf-8")
    (info / "entry_points.txt").write_bytes(points)
    return info


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_list_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    text, cause = BROKEN[name]
    info = package(tmp_path, name, text)
    package(tmp_path, "good", f"[{GROUP}]\nb = json\na = json:loads\n".encode())
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises((TypeError, ValueError)):  # what a library meets that looks for plug-ins
        importlib.metadata.entry_points(group=GROUP)
    points, problems = entry_points_of(GROUP)
    assert [point.name for point in points] == ["a", "b"]
    line = (
        f"package {name} 1.0 has a broken list of plug-ins, so none of them is found:"
        f" {info / 'entry_points.txt'} {cause}; mend or uninstall the package."
    )
    assert problems == [(f"{name} 1.0", line)]
    found: Catalogue[object] = Catalogue(
        "thing", GROUP, [], lambda each: [(str(each), each)], wanted="x"
    )
    assert [plugin.problem for plugin in found.plugins if plugin.problem] == [line]
    assert len(found.names()) == 2


def test_a_package_without_a_name_is_known_by_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = package(tmp_path, "nameless", f"[{GROUP}]\na = json\n".encode(), None)
    package(tmp_path, "half", f"[{GROUP}]\na = json\n".encode(), "Metadata-Version: 2.1\n\n")
    monkeypatch.syspath_prepend(tmp_path)
    points, problems = entry_points_of(GROUP)
    assert problems == []
    assert [source_of(point) for point in points][1] == (
        f"package nameless (no name and version in {info}), entry point {GROUP}: a = json"
    )
    assert load(points[0]).__name__ == "json"


def test_a_value_that_names_nothing() -> None:
    point = importlib.metadata.EntryPoint("a", "b c d", GROUP)
    with pytest.raises(ValueError, match=r"^the value must be MODULE or MODULE:NAME, not 'b c d'$"):
        load(point)


def test_broken_lists_are_passed_over_for_other_libraries_and_kept_in_mind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library: Any = ModuleType("library_metadata")
    distribution = importlib.metadata.PathDistribution(
        package(tmp_path, "no_pair", BROKEN["no_pair"][0])
    )
    library.Distribution = type(
        "Distribution",
        (),
        {
            "metadata": distribution.metadata,
            "_path": tmp_path / "no_pair-1.0.dist-info",
            "entry_points": property(lambda _: distribution.entry_points),
        },
    )
    library.EntryPoints = tuple
    monkeypatch.setitem(sys.modules, "library_metadata", library)
    monkeypatch.setattr(module, "_passed_over", {})
    with pytest.raises(TypeError):
        _ = library.Distribution().entry_points
    pass_over_broken_lists("library_metadata")
    assert library.Distribution().entry_points == ()
    (problem,) = entry_points_of(GROUP)[1]
    assert BROKEN["no_pair"][1] in problem[1]
    pass_over_broken_lists("no_such_library")  # as where it is not installed
