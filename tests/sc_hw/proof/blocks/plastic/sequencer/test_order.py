"""The claims about the order of a sweep notice a wrong counter or flag."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken_parts import keeps, refuted


@pytest.mark.parametrize(
    ("edit", "claim"),
    [
        (keeps("row", "row + 1'h1"), "rows wait"),
        (keeps("group", "group"), "groups"),
        (keeps("going", "1'h1"), "closed"),
    ],
)
def test_a_broken_part_is_refuted(edit: tuple[str, str], claim: str, tmp_path: Path) -> None:
    names = {name.split(": ")[1] for name in refuted("sequencer", edit, tmp_path)}
    assert claim in names
