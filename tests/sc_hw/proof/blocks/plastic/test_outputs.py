"""The claims about the neurons' traces notice faults in values, banks and memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken_parts import keeps, refuted


@pytest.mark.parametrize(
    ("edit", "claim"),
    [
        ((r"clear \? 6'h00", "clear ? 6'h01"), "outputs: values"),
        ((r"bank \^ flip", "bank | flip"), "outputs: flip"),
        ((r"\n    bank <= ([^;]+);", r"\n    bank <= rst ? 1'h0 : \1;"), "outputs: flip"),
        (keeps("other_bank_d1", "bank"), "outputs, written: post_trace"),
        ((r"load \? load_data", "load ? ~load_data"), "outputs, memory: load"),
    ],
)
def test_a_broken_part_is_refuted(edit: tuple[str, str], claim: str, tmp_path: Path) -> None:
    assert claim in refuted("outputs", edit, tmp_path)
