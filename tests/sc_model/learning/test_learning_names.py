"""Every name at its place; those that need another package say so where it is missing."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from support import python

import sc_model.learning
from sc_model.learning import MissingPackageError
from sc_model.learning.packages import optional_import


@pytest.mark.parametrize(
    "name", [name for name in sc_model.learning.__all__ if name != "FlowerStrategy"]
)
def test_every_name_is_there(name: str) -> None:
    assert getattr(sc_model.learning, name) is not None
    assert name in dir(sc_model.learning)


def test_what_is_loaded_later_loads_nothing_before() -> None:
    heavy = {"torch", "joblib", "distributed", "tensorboard", "flwr", "rich"}
    loaded = python("import sys, sc_model.learning; print(*sys.modules)").split()
    assert heavy & set(loaded) == set()
    assert (
        "torch"
        in python(
            "import sys; from sc_model.learning import EWCPenalty; print(*sys.modules)"
        ).split()
    )


MISSING = """
import sys
sys.modules[sys.argv[1]] = None
import sc_model.learning as l
try:
    getattr(l, sys.argv[2])
except l.MissingPackageError as error:
    print(error)
"""


@pytest.mark.parametrize("name", sorted(sc_model.learning._LATER))
def test_a_missing_package_is_one_clear_error(name: str) -> None:
    _, package, extra = sc_model.learning._LATER[name]
    said = python(MISSING, package, name).strip()
    assert re.fullmatch(
        rf"\w+ needs {package}, which is not installed; pip install sc-hw\[{extra}\]", said
    )
    assert name in said


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(
        AttributeError, match=r"^module 'sc_model.learning' has no attribute 'Nothing'$"
    ):
        sc_model.learning.Nothing  # noqa: B018


def test_a_package_that_is_broken_says_so_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(
        MissingPackageError,
        match=r"^x needs no_such_package, which is not installed; pip install sc-hw\[y\]$",
    ):
        optional_import("no_such_package.part", "y", "x")
    (tmp_path / "broken_package.py").write_text("import another\n", encoding="utf-8")
    monkeypatch.setitem(sys.modules, "another", None)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ImportError, match="another") as caught:
        optional_import("broken_package", "y", "x")
    assert not isinstance(caught.value, MissingPackageError)
