"""`sc-hw import`: options for all nodes and for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sc_hw.cli import app
from sc_hw.cli.interchange import ANSWERS, RESETS, by_node
from sc_hw.commands import import_nir
from sc_model.spec import ConfigError


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The options that the command hands on for a command line."""
    found: dict[str, Any] = {}

    def take(file: Path, folder: Path | None, **options: Any) -> dict[str, Any]:
        found.clear()
        found.update(options, file=str(file))
        return {"text": "", "design": "", "parameters": ""}

    monkeypatch.setattr(import_nir, "import_nir", take)

    def options_of(*words: str) -> dict[str, Any]:
        result = CliRunner().invoke(app, ["import", *words], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return found

    return options_of


def test_a_reset_and_its_moment_for_all_nodes(given: Any) -> None:
    assert not {"reset", "reset_delay"} & set(given("a.nir"))
    found = given("--reset-delay", "a.nir", "--reset", "zero")
    assert (found["file"], found["reset"], found["reset_delay"]) == (
        "a.nir",
        {"*": "zero"},
        {"*": True},
    )
    assert given("--no-reset-delay", "a.nir")["reset_delay"] == {"*": False}


def test_a_reset_and_its_moment_for_each_node(given: Any) -> None:
    words = ("a.nir", "--reset", "zero", "--reset=3=subtract", "--reset", "a=b=none")
    found = given(*words, "--no-reset-delay", "--reset-delay", "3=yes", "--reset-delay=x=no")
    assert found["reset"] == {"*": "zero", "3": "subtract", "a=b": "none"}
    assert found["reset_delay"] == {"*": False, "3": True, "x": False}
    # a file whose name is no answer is the file
    assert given("--reset-delay", "x=1.nir")["file"] == "x=1.nir"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            ("minus",),
            "--reset must be one of zero, subtract, none, or NODE= and one of them, not 'minus'.",
        ),
        (
            ("3=subtrct",),
            "--reset must be one of zero, subtract, none, or NODE= and one of them, not"
            " '3=subtrct'; did you mean 'subtract'?",
        ),
        (("zero", "none"), "--reset must be given once for all nodes, not twice."),
        (("3=zero", "3=zero"), "--reset must be given once for node '3', not twice."),
    ],
)
def test_answers_that_are_none(words: tuple[str, ...], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        by_node("--reset", words, RESETS)
    assert str(caught.value) == text
    assert by_node("--reset-delay", ("n=Yes",), ANSWERS) == {"n": True}
