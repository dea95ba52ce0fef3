"""The claims about a lane's update notice a wrong word and a wrong saturation flag."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken_parts import keeps, refuted


@pytest.mark.parametrize(
    ("edit", "claim"),
    [
        (
            (r"load \? load_data\[7:0\] : o_weight", "load ? load_data[7:0] : o_weight + 1'h1"),
            "lane, update: weight",
        ),
        (keeps("saturated_weight", "o_saturated_weight"), "lane, saturated: weight"),
    ],
)
def test_a_broken_part_is_refuted(edit: tuple[str, str], claim: str, tmp_path: Path) -> None:
    assert claim in refuted("lane", edit, tmp_path)
