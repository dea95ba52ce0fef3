"""The claims about a lane's memory notice writes that must not be."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken_parts import keeps, refuted


@pytest.mark.parametrize(
    ("edit", "claim"),
    [
        (
            (r"load \? load_data\[13:8\]", "load ? ~load_data[13:8]"),
            "lane, memory: load of eligibility",
        ),
        (keeps(r"\\write_en\$\d+ ", "1'h1"), "lane, memory: nothing else writes weight"),
    ],
)
def test_a_broken_part_is_refuted(edit: tuple[str, str], claim: str, tmp_path: Path) -> None:
    assert claim in refuted("lane", edit, tmp_path)
