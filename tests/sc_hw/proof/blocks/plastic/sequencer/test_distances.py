"""The claims about distances notice a pause that is too short."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken_parts import refuted


@pytest.mark.parametrize(
    ("edit", "claim"),
    [
        ((r"last_pause - (\d+)'h0*1\b", r"last_pause - \1'h2"), "invariant kept"),
    ],
)
def test_a_broken_part_is_refuted(edit: tuple[str, str], claim: str, tmp_path: Path) -> None:
    names = {name.split(": ")[1] for name in refuted("sequencer", edit, tmp_path)}
    assert claim in names
