"""The claims about the neurons' turns notice a wrong number and a flag out of step."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken_parts import keeps, refuted


@pytest.mark.parametrize(
    ("edit", "claim"),
    [
        (keeps("at_last", "1'h0"), "neurons, turns: in order"),
        (keeps("index_d7", "index_d5"), "neurons, turns: carried along"),
    ],
)
def test_a_broken_part_is_refuted(edit: tuple[str, str], claim: str, tmp_path: Path) -> None:
    assert claim in refuted("neurons", edit, tmp_path)
