"""Optional packages: one clear error where one is missing, its own error where one is broken."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sc_model.packages import MissingPackageError, optional_import


def test_a_package_that_is_there() -> None:
    assert optional_import("json.decoder", "x", "y").JSONDecoder is not None


def test_a_package_that_is_missing() -> None:
    with pytest.raises(
        MissingPackageError,
        match=r"^x needs no_such_package, which is not installed; pip install sc-hw\[y\]$",
    ):
        optional_import("no_such_package.part", "y", "x")


def test_a_package_that_is_broken_says_so_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_package.py").write_text("import another\n", encoding="utf-8")
    monkeypatch.setitem(sys.modules, "another", None)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ImportError, match="another") as caught:
        optional_import("broken_package", "y", "x")
    assert not isinstance(caught.value, MissingPackageError)
