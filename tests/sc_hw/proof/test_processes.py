"""What a prover's process prints is looked through for its one marked line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sc_hw.proof import processes
from sc_hw.proof.processes import EQUIVALENCE, WORKER, Source
from sc_hw.tools import ToolError

CLAIMS = [{"name": "a", "verdict": "proved"}]


class Child:
    """A process that prints a text, whatever it is asked."""

    def __init__(self, stdout: str = "", stderr: str = "", returncode: int = 0) -> None:
        self.answer = SimpleNamespace(stdout=stdout, stderr=stderr, returncode=returncode)
        self.asked: list[tuple[str, list[str]]] = []

    def __call__(self, module: str, arguments: Sequence[str], preloaded: Any) -> Any:
        self.asked.append((module, list(arguments)))
        return self.answer


def lane_in(folder: Path) -> Path:
    (folder / "manifest.json").write_text('{"design": {"block": "lane"}}', encoding="utf-8")
    return folder


def test_answer_counts_and_the_end_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"yosys says\nVERDICT {json.dumps(CLAIMS)}\nVERDICT []\n"
    child = Child(text, "core dumped", -11)
    monkeypatch.setattr(processes, "run_module", child)
    assert processes.decide(lane_in(tmp_path), limit_s=2.5) == CLAIMS
    assert child.asked == [(WORKER, [str(tmp_path), "2.5"])]


@pytest.mark.parametrize(
    ("child", "text"),
    [
        (
            Child("a\nb\nc\n", "d\n", -9),
            r"^prover gave no verdict \(exit -9\): b \| c \| d$",
        ),
        (Child(returncode=1), r"^prover gave no verdict \(exit 1\): it printed nothing$"),
        # the word must begin its line
        (Child(' VERDICT "x"\n'), r'^prover gave no verdict \(exit 0\): VERDICT "x"$'),
        (
            Child("", "Traceback\nsc_hw.errors.ToolError: yosys is missing\n", 1),
            "^yosys is missing$",
        ),
    ],
    ids=["killed", "silent", "not marked", "error of a tool"],
)
def test_process_without_an_answer(
    child: Child, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "run_module", child)
    with pytest.raises(ToolError, match=text):
        processes.decide(lane_in(tmp_path))


def test_comparison_has_a_limit_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = Child('VERDICT "different"\n')
    monkeypatch.setattr(processes, "run_module", child)
    one, other = Source(("a.v", "b.il"), "top"), Source(("c.v",), "top", clocks=True)
    assert processes.compare_netlists(one, other, tmp_path, 60.0) == "different"
    assert processes.compare_netlists(one, other, tmp_path, 7.0) == "different"
    request = tmp_path / "netlists.json"
    assert child.asked == [(EQUIVALENCE, [str(request), limit]) for limit in ("30.0", "7.0")]
    assert json.loads(request.read_text(encoding="utf-8")) == {
        "original": {"files": ["a.v", "b.il"], "top": "top", "clocks": False},
        "mutated": {"files": ["c.v"], "top": "top", "clocks": True},
    }
