"""The claims about the neurons' memory notice writes that must not be."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken_parts import keeps, refuted


@pytest.mark.parametrize(
    ("edit", "claim"),
    [
        ((r"load \? load_data", "load ? ~load_data"), "neurons, memory: load"),
        (keeps("write_en", "1'h1"), "neurons, memory: nothing else written"),
        (keeps("any_fired", "any_now"), "neurons, control: kept"),
    ],
)
def test_a_broken_part_is_refuted(edit: tuple[str, str], claim: str, tmp_path: Path) -> None:
    assert claim in refuted("neurons", edit, tmp_path)
