"""The claims about spikes notice one that is lost, late or forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken_parts import keeps, refuted


@pytest.mark.parametrize(
    ("edit", "claim"),
    [
        (keeps("neuron", "index_d11"), "spikes: fired"),
        (keeps("ask_before_d3", "ask_before_d1"), "spikes: asked for"),
        (keeps("many_now", "any_now"), "spikes: counted"),
    ],
)
def test_a_broken_part_is_refuted(edit: tuple[str, str], claim: str, tmp_path: Path) -> None:
    assert claim in refuted("neurons", edit, tmp_path)
