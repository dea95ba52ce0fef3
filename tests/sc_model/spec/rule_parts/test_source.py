"""Lines of a rule file that errors name."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_model.spec.rule_parts.source import RuleSource

TEXT = '''"""A file."""
FAMILY = "old"
FAMILY = "x"
STATE: tuple = (
    1,
    2,
)
INPUTS = tuple(range(2))


def update(ops):
    def inner():
        return 1
    if ops:
        return {"a": 1}
    return {
        "a": 1,
        "b": inner(),
    }


def silent():
    pass


class Params:
    pass
'''
SOURCE = RuleSource("/some/file.py", TEXT)


@pytest.mark.parametrize(
    ("name", "line"),
    [("FAMILY", 3), ("STATE", 4), ("update", 11), ("Params", 26), ("inner", None), ("zzz", None)],
)
def test_line_of_a_name(name: str, line: int | None) -> None:
    assert SOURCE.line_of(name) == line


@pytest.mark.parametrize(
    ("name", "index", "line"),
    [("STATE", 0, 5), ("STATE", 1, 6), ("STATE", 2, 4), ("INPUTS", 1, 8), ("zzz", 0, None)],
)
def test_line_of_an_item(name: str, index: int, line: int | None) -> None:
    assert SOURCE.line_of_item(name, index) == line


@pytest.mark.parametrize(
    ("function", "key", "line"),
    [
        ("update", None, 16),
        ("update", "a", 17),
        ("update", "b", 18),
        ("update", "c", 16),
        ("silent", None, 22),
        ("FAMILY", None, 3),
        ("zzz", None, None),
    ],
)
def test_line_of_a_return(function: str, key: str | None, line: int | None) -> None:
    assert SOURCE.line_of_return(function, key) == line


def test_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert SOURCE.place(3) == "/some/file.py:3"
    assert SOURCE.place() == "/some/file.py"
    assert RuleSource(str(tmp_path / "a" / "b.py"), "").place(3) == "a/b.py:3"
    assert RuleSource("", "").place(3) == ""


def test_line_of_an_error() -> None:
    source = RuleSource("/some/file.py", "def f():\n    return 1 / 0\n\n\ndef g():\n    f()\n")
    names: dict[str, object] = {}
    exec(compile(source.text, source.file, "exec"), names)
    with pytest.raises(ZeroDivisionError) as caught:
        names["g"]()  # type: ignore[operator]
    assert source.line_of_error(caught.value) == 2
    assert source.line_of_error(ValueError("never raised")) is None
    with pytest.raises(SyntaxError) as syntax:
        compile("x = 1\ny = (", source.file, "exec")
    assert source.line_of_error(syntax.value) == 2


def test_a_text_that_is_no_python_has_no_lines() -> None:
    assert RuleSource("/some/file.py", "x = (").line_of("x") is None
