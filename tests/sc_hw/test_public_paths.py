"""Every public function takes a path as text or as `os.PathLike`; `dir` shows what comes late."""

from __future__ import annotations

import inspect
import itertools
import os
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sc_hw
from sc_hw.simulation import cosim as cosim_module
from sc_model.files import PathLike
from sc_model.spec import ConfigError

# all but sc_model.training, whose import (PyTorch) takes longer than all of this
PACKAGES = (
    "sc_hw",
    "sc_model.callbacks",
    "sc_model.evaluation",
    "sc_model.golden",
    "sc_model.interchange",
    "sc_model.learning",
    "sc_model.quantisation",
    "sc_model.spec",
)
# what a stage gives back and a user never makes
RESULTS = ("sc_hw.Build.__init__", "sc_hw.Device.__init__")


class Place(os.PathLike[str]):
    """A path of another library."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __fspath__(self) -> str:
        return str(self.path)


def public_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Functions of all public packages, and methods of their classes, with their names."""
    for package in PACKAGES:
        module = import_module(package)
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            if inspect.isclass(value):
                for method, function in inspect.getmembers(value, inspect.isroutine):
                    ours = str(getattr(function, "__module__", "")).startswith("sc_")
                    if ours and (method == "__init__" or not method.startswith("_")):
                        yield f"{package}.{name}.{method}", function
            elif inspect.isroutine(value):
                yield f"{package}.{name}", value


def test_every_path_may_be_text_or_path_like() -> None:
    narrow, seen = [], 0
    for name, function in public_functions():
        if name in RESULTS:
            continue
        try:
            parameters = inspect.signature(function).parameters.values()
        except (TypeError, ValueError):  # a cached property, a method of a C type
            continue
        for parameter in parameters:
            kinds = {kind.strip() for kind in str(parameter.annotation).split("|")}
            if not any("Path" in kind for kind in kinds):
                continue
            seen += 1
            both = {"PathLike"} <= kinds or {"str", "os.PathLike[str]"} <= kinds
            if not both and not {"str", "PathLike[str]"} <= kinds:
                narrow.append(f"{name}({parameter})")
    assert not narrow
    assert seen > 30


def test_what_is_loaded_late_is_shown() -> None:
    assert set(sc_hw.__all__) <= set(dir(sc_hw))


def test_stages_take_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each stage finds what the one before has written, by one kind of path and then the other. A
    folder whose name begins with a dash is none of a program's options.
    """
    kinds = itertools.cycle((str, Place))

    def kind(path: Path) -> PathLike:
        return next(kinds)(path)

    monkeypatch.chdir(tmp_path)
    file = sc_hw.new("thing", block="lane", folder=kind(tmp_path))
    design = sc_hw.load_design(kind(file))
    root = Path("-b")
    build = sc_hw.elaborate(design, kind(root))
    assert build.folder == tmp_path / root / build.id
    assert sc_hw.audit_design(design, kind(root))["passed"]
    with pytest.raises(ConfigError, match="does not exist: run"):
        sc_hw.check(design, root=kind(root))
    commands: list[tuple[str, ...]] = []
    monkeypatch.setattr(cosim_module, "find", lambda name: None)
    monkeypatch.setattr(cosim_module, "_run", lambda command, results: commands.append(command))
    with pytest.raises(TypeError):  # the stand-in has no answer
        sc_hw.cosim(design, root=kind(root), events=kind(Path("a b.npz")), out=kind(Path("r.json")))
    assert {"--events=a b.npz", "--out=r.json"} <= set(commands[0])
    assert sc_hw.report(kind(build.folder), out=kind(tmp_path / "page"))["design"]
    assert (tmp_path / "page" / "report.html").is_file()
    device = sc_hw.Device.open(kind(file), root=kind(root))
    kept = device.checkpoint(kind(tmp_path / "kept.npz"))
    device.load(3)
    device.restore(kind(kept))
    assert np.all(device.state()["synapse"]["weight"] == 0)
