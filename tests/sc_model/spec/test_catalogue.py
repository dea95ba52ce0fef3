"""Catalogues of a folder and of entry points; a broken plug-in hurts nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sc_model.spec import ConfigError
from sc_model.spec.catalogue import Catalogue, Plugin, listed, pick

GROUP = "sc_test_things"
Write = Callable[[dict[str, str]], Path]


def things(module: ModuleType) -> Iterator[tuple[str, int]]:
    yield from getattr(module, "THINGS", {}).items()


@pytest.fixture
def catalogue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Catalogue[int]]]:
    """A catalogue of a folder of modules, and of installed packages with entry points."""
    before = set(sys.modules)

    def make(
        folder: dict[str, str], packages: dict[str, dict[str, str]] | None = None
    ) -> Catalogue[int]:
        path = tmp_path / GROUP
        path.mkdir()
        (path / "__init__.py").write_text("")
        for name, text in folder.items():
            (path / f"{name}.py").write_text(text)
        for package, modules in (packages or {}).items():
            info = tmp_path / f"{package}-1.0.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(
                f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"
            )
            points = "".join(f"{name.partition(':')[0]} = {package}_{name}\n" for name in modules)
            (info / "entry_points.txt").write_text(f"[{GROUP}]\n{points}")
            for name, text in modules.items():
                (tmp_path / f"{package}_{name.partition(':')[0]}.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        return Catalogue("thing", GROUP, [str(path)], things, wanted="THINGS")

    yield make
    for name in set(sys.modules) - before:
        if name.startswith((GROUP, "nice_", "other_")):
            del sys.modules[name]


def error_of(catalogue: Catalogue[int], name: str) -> str:
    with pytest.raises(ConfigError) as caught:
        catalogue.pick(name)
    return str(caught.value)


def test_folder_and_entry_points(catalogue: Callable[..., Catalogue[int]]) -> None:
    found = catalogue(
        {"b": "THINGS = {'two': 2}", "a": "THINGS = {'one': 1, 'uno': 1}", "helper": ""},
        {"nice": {"more": "THINGS = {'three': 3}"}},
    )
    assert found.names() == ("one", "three", "two", "uno")
    assert found.pick("three") == 3
    assert found.plugins == [
        Plugin(GROUP, "a", f"{GROUP}.a", ("one", "uno")),
        Plugin(GROUP, "b", f"{GROUP}.b", ("two",)),
        Plugin(
            GROUP,
            "more",
            f"package nice 1.0, entry point {GROUP}: more = nice_more",
            ("three",),
        ),
    ]
    assert error_of(found, "tow") == (
        "thing must be one of one, three, two, uno, not 'tow'; did you mean 'two'?"
    )


BROKEN = {
    "an error on import": ("THINGS = {}\n1 / 0\n", "ZeroDivisionError: division by zero", 2),
    "an error further down": (
        "import json\njson.loads('{')\n",
        "JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char"
        " 1)",
        2,
    ),
    "a syntax error": ("x = 1\ny = = 2\n", "SyntaxError: invalid syntax", 2),
    "an exit": ("raise SystemExit(3)\n", "SystemExit: 3", 1),
    "what is no Exception": ("raise BaseException('so')\n", "BaseException: so", 1),
    "a message of two lines": ("raise ValueError('a\\nb')\n", "ValueError: a b", 1),
    "a module that is missing": (
        "\nimport no_such_module_at_all\n",
        "ModuleNotFoundError: No module named 'no_such_module_at_all'",
        2,
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_plugin_is_one_line(
    catalogue: Callable[..., Catalogue[int]], tmp_path: Path, kind: str
) -> None:
    text, cause, line = BROKEN[kind]
    found = catalogue({"a": "THINGS = {'one': 1}"}, {"nice": {"bad": text}})
    assert (found.names(), found.pick("one")) == (("one",), 1)
    place = f"{tmp_path / 'nice_bad.py'}:{line}"
    (problem,) = (plugin.problem for plugin in found.plugins if plugin.problem)
    assert "\n" not in problem
    start = (
        f"plug-in bad (package nice 1.0, entry point {GROUP}: bad = nice_bad) is broken: {cause} ("
    )
    assert problem == f"{start}{place})."
    assert error_of(found, "bad") == problem
    # one that was asked for by another name may be meant
    assert error_of(found, "three") == f"thing must be one of one, not 'three'. {problem}"


def test_an_entry_point_without_anything(
    catalogue: Callable[..., Catalogue[int]], tmp_path: Path
) -> None:
    found = catalogue({"a": "THINGS = {'one': 1}"}, {"nice": {"none": ""}})
    assert error_of(found, "none") == (
        f"plug-in none (package nice 1.0, entry point {GROUP}: none = nice_none) is broken:"
        f" {tmp_path / 'nice_none.py'}: the module must define THINGS."
    )


def test_an_entry_point_of_something_in_a_module(
    catalogue: Callable[..., Catalogue[int]], tmp_path: Path
) -> None:
    found = catalogue({}, {"nice": {"bad:THINGS": "\nTHINGS = {'one': 1}"}})
    assert [plugin.problem for plugin in found.plugins] == [
        f"plug-in bad (package nice 1.0, entry point {GROUP}: bad = nice_bad:THINGS) is broken:"
        f" {tmp_path / 'nice_bad.py'}:2: the entry point must name a module, as nice_bad, not a"
        " dict in it."
    ]


def test_a_refused_value_has_file_and_line(
    catalogue: Callable[..., Catalogue[int]], tmp_path: Path
) -> None:
    """That of the line under way; where the list itself is wrong, that of the list."""
    refused = "from sc_model.spec.errors import ConfigError\n\nraise ConfigError('not so')\n"
    found = catalogue({}, {"nice": {"bad": refused}})
    (problem,) = (plugin.problem for plugin in found.plugins)
    assert str(problem).endswith(f" is broken: {tmp_path / 'nice_bad.py'}:3: not so.")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (3, "LIST must be a tuple, as (int(...),) with a comma, not 3 (int)."),
        ({}, "LIST must be a tuple, as (int(...),) with a comma, not {} (dict)."),
        ((1, "a"), "LIST must hold objects of class int, not 'a'."),
    ],
)
def test_a_list_that_is_none(value: object, message: str) -> None:
    module: Any = ModuleType("mine")
    assert listed(module, "LIST", int) == ()
    module.LIST = [1, 2]
    assert listed(module, "LIST", int) == (1, 2)
    module.LIST = value
    with pytest.raises(ConfigError) as caught:
        listed(module, "LIST", int)
    assert str(caught.value) == message


def test_a_name_that_is_taken(catalogue: Callable[..., Catalogue[int]], tmp_path: Path) -> None:
    found = catalogue(
        {"a": "THINGS = {'one': 1}"},
        {"nice": {"more": "THINGS = {'one': 2, 'two': 2}"}, "other": {"more": "THINGS = {'x': 1}"}},
    )
    assert (found.pick("one"), found.names()) == (1, ("one", "x"))
    source = f"package nice 1.0, entry point {GROUP}: more = nice_more"
    assert [plugin.problem for plugin in found.plugins if plugin.problem] == [
        f"plug-in more ({source}) is broken: {tmp_path / 'nice_more.py'}:1: thing 'one' is defined"
        f" twice, in {GROUP}.a and in {source}: rename one."
    ]


def test_a_broken_module_of_the_folder(
    catalogue: Callable[..., Catalogue[int]], tmp_path: Path
) -> None:
    found = catalogue({"a": "THINGS = {'one': 1}", "b": "THINGS = 3"})
    assert found.names() == ("one",)
    assert error_of(found, "b") == (
        f"plug-in b ({GROUP}.b) is broken: AttributeError: 'int' object has no attribute 'items'"
        f" ({tmp_path / GROUP / 'b.py'})."
    )


def test_an_import_hook_hides_no_line(
    catalogue: Callable[..., Catalogue[int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hooks of other packages stand between the importer and the plug-in in a traceback."""

    class Hook(PathFinder):
        @classmethod
        def find_spec(cls, name: str, path: object = None, target: object = None) -> object:
            spec = super().find_spec(name, path, target) if name == "nice_bad" else None
            if spec is not None:
                execute = spec.loader.exec_module
                spec.loader.exec_module = lambda module: execute(module)
            return spec

    monkeypatch.setattr(sys, "meta_path", [Hook, *sys.meta_path])
    found = catalogue({"a": "THINGS = {'one': 1}"}, {"nice": {"bad": "\n1 / 0\n"}})
    assert error_of(found, "bad").endswith(f"({tmp_path / 'nice_bad.py'}:2).")


def test_pick() -> None:
    assert pick("thing", "a", {"a": 1}) == 1
    with pytest.raises(ConfigError) as caught:
        pick("thing", "zzz", {"b": 1, "a": 2})
    assert str(caught.value) == "thing must be one of a, b, not 'zzz'."
