"""Scripts end as the command does: one line on standard error, and the exit code of the error."""

from __future__ import annotations

import pytest

from sc_driver.errors import PortError
from sc_hw.errors import ToolError
from sc_hw.scripts import ScriptParser, errors_in_one_line, whole
from sc_model.spec import ConfigError


@pytest.mark.parametrize("text", ["0", "-1", "11", "x", "", "1.5", "9" * 10_000])
def test_an_argument_out_of_its_range_is_one_line(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = ScriptParser(prog="run.py")
    parser.add_argument("--samples", type=whole(1, 10))
    with pytest.raises(SystemExit) as ended:
        parser.parse_args([f"--samples={text}"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "error: argument --samples: must be a whole number from 1 to 10, not"
        f" {text[:40]!r}; see `run.py --help`.\n"
    )
    assert parser.parse_args(["--samples", "10"]).samples == 10


@pytest.mark.parametrize(
    ("error", "code"), [(ConfigError("no"), 2), (PortError("no"), 2), (ToolError("no"), 3)]
)
def test_an_error_is_one_line_and_its_code(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended, errors_in_one_line():
        raise error
    assert (ended.value.code, capsys.readouterr().err) == (code, "error: no\n")


def test_other_errors_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), errors_in_one_line():
        _ = 1 / 0
