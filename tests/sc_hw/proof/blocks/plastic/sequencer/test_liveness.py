"""The claims that sweeps begin and end in time notice a sequencer that stops."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken_parts import keeps, refuted


@pytest.mark.parametrize(
    ("edit", "claim"),
    [
        (keeps("going", "1'h0"), "transfer"),
        (keeps("pause", "pause"), "sweep"),
    ],
)
def test_a_broken_part_is_refuted(edit: tuple[str, str], claim: str, tmp_path: Path) -> None:
    names = {name.partition("liveness: ")[2] for name in refuted("sequencer", edit, tmp_path)}
    assert claim in names
