"""Where a rule is looked for, and parameters that stand beside its family."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from sc_model.spec import ConfigTypeError
from sc_model.spec.choice import RuleChoice, is_rule_file


def test_file_is_kept_as_an_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for family, path in (
        ("rules/mine.py", tmp_path / "rules" / "mine.py"),
        ("rules/../mine.py", tmp_path / "mine.py"),
        ("~/mine.py", tmp_path / "home" / "mine.py"),
        (str(tmp_path / "mine.py"), tmp_path / "mine.py"),
    ):
        choice = RuleChoice(family=family)
        assert (choice.family, choice.label) == (str(path), "mine.py")


def test_name_is_no_file() -> None:
    choice = RuleChoice(family="pair_stdp")
    assert (choice.family, choice.label) == ("pair_stdp", "pair_stdp")
    assert [is_rule_file(name) for name in ("a.py", ".py", "a.pyc", "py")] == [
        True, True, False, False,
    ]  # fmt: skip


def test_parameters_beside_the_family_or_in_a_table() -> None:
    beside: dict[str, Any] = {"family": "pair_stdp", "weight_bits": 12}
    choice = RuleChoice(**beside)
    assert choice.parameters == {"weight_bits": 12}
    assert choice == RuleChoice(family="pair_stdp", parameters={"weight_bits": 12})
    assert choice == RuleChoice.model_validate(choice.model_dump())
    assert RuleChoice().parameters == {}


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "True (bool)"), (1.0, "1.0 (float)"), ("8", "'8' (str)"), (None, "None (NoneType)")],
    ids=str,
)
def test_parameter_that_is_no_integer(value: Any, text: str) -> None:
    message = f"[rule] weight_bits must be an integer, not {text}."
    with pytest.raises(ConfigTypeError, match=f"^{re.escape(message)}$"):
        RuleChoice(parameters={"weight_bits": value})
