"""The claims about the winner notice one that is not the best, or not of this step."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken_parts import COMPETITION, keeps, refuted


@pytest.mark.parametrize(
    ("edit", "claim"),
    [
        (keeps("winner", "index"), "winner: decided"),
        (keeps("won_before", "won"), "winner: of the step before"),
        (keeps("ask_d1", "ask + 1'h1"), "winner: asked for"),
    ],
)
def test_a_broken_part_is_refuted(edit: tuple[str, str], claim: str, tmp_path: Path) -> None:
    assert claim in refuted("neurons", edit, tmp_path, COMPETITION)
