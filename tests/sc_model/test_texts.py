"""Texts of errors: escaped, cut, one line."""

from __future__ import annotations

import warnings

import pytest

from sc_hw.build.elaborate import make
from sc_model.spec import ConfigError, ConfigTypeError, parse_design
from sc_model.texts import OneLineError, cut, escaped, one_line, shown, warnings_in_one_line


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("plain é 数", "plain é 数"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("\u202eabc\u2028d\ufeff", r"\u202eabc\u2028d\ufeff"),  # turns the text round; ends a line
        ("\udce9 of a file name", r"\udce9 of a file name"),
        ("c:\\new", "c:\\new"),  # what is printable stays as it is
    ],
    ids=range(6),
)
def test_escaped(text: str, says: str) -> None:
    assert escaped(text) == says
    assert one_line(one_line(text)) == one_line(text) == says
    assert str(OneLineError(text)) == says


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("a'b\n", '"a\'b\\n"'),
        ("x" * 201, f"'{'x' * 200}'... (201 characters)"),
        ("\x1b" * 300, "'" + "\\x1b" * 200 + "'... (300 characters)"),
        (10**300, f"1{'0' * 199}... (301 characters)"),
        (10**5000, "int with very many digits"),
        ([1] * 100, f"{str([1] * 100)[:200]}... (300 characters)"),
    ],
    ids=range(6),
)
def test_shown(value: object, says: str) -> None:
    assert shown(value) == says


def test_what_is_nested_too_deep_is_described() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    text = shown(value)
    while value:  # else the interpreter frees it by recursion
        value = value[0]  # type: ignore[assignment]
    assert text == "list that is nested too deep to be shown"


def test_cut() -> None:
    assert cut("x" * 200) == "x" * 200
    assert cut("x" * 201, 3) == "xxx... (201 characters)"


@pytest.mark.parametrize("size", [900, 5_000, 2_000_000])
def test_a_long_value_is_cut_and_the_remedy_stays(size: int) -> None:
    line = one_line(f"error: name must be short, not '{'x' * size}'; choose another.")
    assert line.startswith("error: name must be short, not 'xxx")
    assert line.endswith("; choose another.")
    assert len(line) < 300
    many = one_line("begin " + "word " * size + "end")
    assert (len(many) <= 1005, many[:5], many[-3:]) == (True, "begin", "end")


def test_a_path_is_not_cut() -> None:
    path = "/" + "/".join(["folder"] * 60)
    assert one_line(f"{path} can't be written") == f"{path} can't be written"


@pytest.mark.parametrize(
    "tables",
    [
        {"design": {"name": "x\n\x1b[31m" * 100_000, "block": "lane"}},
        {"design": {"name": "x", "block": "lane", "\x1b[31m\nfoo": 1}},
        {"design": {"name": "x", "block": "lane", "k" * 1_000_000: 1}},
        {"design": {"name": "x", "block": "bank", "synapses": "\u202e" * 10**6}},
        {"design": {"name": "x", "block": "bank", "synapses": 10**4000}},
        {"design": {"name": "x", "block": "lane"}, "a\nb" * 1000: {}},
        {"design": {"name": "x", "block": "lane", "fabric": "f\x00" * 1000}},
        {"design": {"name": "x", "block": "network"}, "layer": [{"name": "a\nb", "kind": "\x1b"}]},
        {"design": {"name": "x", "block": "lane"}, "rule": {"family": "r\n\x07" * 1000}},
        {"design": {"name": "x", "block": "lane"}, "rule": {"weight_bits": ["\n"] * 10**5}},
    ],
    ids=range(10),
)
def test_errors_of_designs_are_one_short_line(tables: dict[str, object]) -> None:
    with pytest.raises((ConfigError, ConfigTypeError)) as error:
        make(parse_design(tables))
    text = str(error.value)
    assert text.isprintable()
    assert len(text) <= 1100


def test_a_warning_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings_in_one_line()
        warnings.warn("a\nb", stacklevel=1)
        warnings.warn("<A object at 0x1> created but never used", stacklevel=1)
    assert capsys.readouterr().err == "warning: a\\nb\n"
