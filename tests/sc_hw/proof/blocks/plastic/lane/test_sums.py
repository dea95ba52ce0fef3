"""The claims about a lane's sum and chain notice what is lost or added."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken_parts import keeps, refuted


@pytest.mark.parametrize(
    ("edit", "claim"),
    [
        ((r"total \+ addend", "total + addend + 1'h1"), "lane, sum: driven"),
        ((r"total \+ addend", "{ 1'h0, total[9:0] + addend[9:0] }"), "lane, sum: no overflow"),
        ((r"fetched\[13:8\] & \{ look", "fetched[12:7] & { look"), "lane, sum: looked at"),
        (keeps("post", "shift_in[6:0]"), "lane, neuron: held"),
    ],
)
def test_a_broken_part_is_refuted(edit: tuple[str, str], claim: str, tmp_path: Path) -> None:
    assert claim in refuted("lane", edit, tmp_path)
