"""Every command and every block of docs/writing_a_rule.md does what the page says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from command_line import sc_hw
from support import LEAKY_COUNTER, ROOT

from sc_hw.commands.new_rule import new_rule
from sc_model.graph import RangeError
from sc_model.graph.trace import trace_function
from sc_model.rules import load_rule
from sc_model.spec import IntFormat

PAGE = (ROOT / "docs" / "writing_a_rule.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file it is about, and its lines."""

    language: str
    file: str
    text: str


BLOCKS = [
    Block(*match) for match in re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", PAGE, flags=re.S | re.M)
]
# what differs from run to run: the id of a build, seconds, clocks a second
CHANGING = (r"build/[0-9a-f]{12}", r"[\d.]+ s$", r"[\d,]+ clocks/s", r"\(\d+ lines\)")


def fixed(text: str) -> str:
    """A line without what differs from run to run."""
    for pattern in CHANGING:
        text = re.sub(pattern, "#", text)
    return text


def run(folder: Path, command: str) -> tuple[int, list[str]]:
    """Exit code and lines of a command; lines of progress are left out."""
    program, *arguments = shlex.split(command)
    assert program == "sc-hw"
    done = sc_hw(folder, *arguments)
    lines = (done.stdout + done.stderr).splitlines()
    return done.returncode, [fixed(line) for line in lines if not line.startswith("... ")]


def applied(text: str, diff: str) -> str:
    """A text after a diff: the lines with - give way to those with +."""
    old = "\n".join(line[1:] for line in diff.splitlines() if line.startswith("-"))
    new = "\n".join(line[1:] for line in diff.splitlines() if line.startswith("+"))
    assert text.count(old) >= 1, old
    return text.replace(old, new, 1)


def test_the_page_from_top_to_bottom(tmp_path: Path) -> None:
    """A diff after which a command fails is a mistake of section 6: it is taken back."""
    undo: dict[Path, str] = {}
    in_mistakes = False
    position = 0
    for block in BLOCKS:
        place = PAGE.index(block.text, position)
        position = place
        in_mistakes = "## 6." in PAGE[:place] and "## 7." not in PAGE[:place]
        file = tmp_path / block.file
        if block.language == "toml" and block.file:
            file.write_text(block.text)
        elif block.language == "toml":
            assert block.text in (tmp_path / "my_rule.toml").read_text()
        elif block.language == "python":
            assert block.text in (tmp_path / "my_rule.py").read_text()
        elif block.language == "diff":
            undo = {file: file.read_text()}
            file.write_text(applied(file.read_text(), block.text))
        else:
            assert block.language == "console"
            for part in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
                command, *expected = part.splitlines()
                code, lines = run(tmp_path, command)
                assert lines == [fixed(line) for line in expected], command
                assert code == (2 if expected[0].startswith("error:") else 0)
            if in_mistakes:
                for path, text in undo.items():
                    path.write_text(text)


def test_the_page_has_all_kinds_of_blocks() -> None:
    """A block that the pattern above does not find would not be run."""
    assert len(BLOCKS) * 2 == len(re.findall(r"^```", PAGE, flags=re.M))
    assert {block.language for block in BLOCKS} == {"console", "toml", "python", "diff"}


def test_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's pyproject.toml makes a wheel with the entry point and the module."""
    (block,) = (each for each in BLOCKS if each.file == "pyproject.toml")
    monkeypatch.chdir(tmp_path)
    new_rule("my_rule")
    (tmp_path / "pyproject.toml").write_text(block.text)
    project = tomllib.loads(block.text)["project"]
    assert project["entry-points"] == {"sc_model.rules": {"my_rule": "my_rule"}}
    subprocess.run(
        [
            sys.executable,
            *shlex.split("-m pip wheel -q --no-deps --no-build-isolation -w wheels ."),
        ],
        check=True,
    )
    (wheel,) = (tmp_path / "wheels").glob("my_rules-1.0-*.whl")
    code = "from sc_model.rules import load_rule; print(load_rule('my_rule').family)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{wheel}"},
        cwd=tmp_path / "wheels",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("my_rule\n", "")


def test_the_smallest_file_of_the_contract(tmp_path: Path) -> None:
    """The contract needs no more than the page lists."""
    file = tmp_path / "leaky.py"
    file.write_text(LEAKY_COUNTER)
    assert load_rule(str(file)).family == "leaky_counter"


def test_the_moving_average_as_the_page_writes_it() -> None:
    """Of the two forms in section 5, the first is refused and the second is not."""
    refused, accepted = "theta + ((a - theta) >> T)", "theta - (theta >> T) + (a >> T)"
    assert PAGE.index(refused) < PAGE.index(accepted)
    formats = {"theta": IntFormat(16), "a": IntFormat(16)}

    def trace_of(text: str) -> None:
        trace_function(
            "rule",
            formats,
            {"theta": IntFormat(16)},
            lambda _, values: {"theta": eval(text, {}, values | {"T": 4})},
        )

    trace_of(accepted)
    with pytest.raises(RangeError):
        trace_of(refused)


def test_the_docstring_is_edited_with_the_equations(tmp_path: Path) -> None:
    """Section 4 leaves no word of the additive rule in the file's docstring."""
    new_rule("my_rule", tmp_path)
    text = (tmp_path / "my_rule.py").read_text()
    section = PAGE[PAGE.index("## 4.") : PAGE.index("## 5.")]
    for block in BLOCKS:
        if block.language == "diff" and block.text in section:
            text = applied(text, block.text)
    doc = text.split('"""')[1]
    assert "additive" not in doc
    assert "((max_weight - weight) * pre_trace) >> up_shift" in doc
