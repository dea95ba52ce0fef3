"""Committed constraints are those that the boards give; the table of boards."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import ROOT

from campaigns.boards import constraint_texts, main, markdown


def test_committed_constraints_are_up_to_date() -> None:
    """Made again by `python -m campaigns.boards --constraints constraints`."""
    folder = ROOT / "constraints"
    committed = {
        str(file.relative_to(folder)): file.read_text(encoding="utf-8")
        for file in folder.rglob("*")
        if file.is_file()
    }
    assert committed == constraint_texts()


def test_a_refused_board_is_in_the_table_with_its_reason() -> None:
    text = markdown([{"board": "b", "title": "Board", "refused": "does not fit: LUT 2 of 1"}])
    assert "| Board | refused [1] |" in text
    assert "1. Board: does not fit: LUT 2 of 1" in text


def test_an_unknown_board_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="board must be one of"):
        main(["--board", "none", "--out", str(tmp_path)])
    assert not list(tmp_path.iterdir())
