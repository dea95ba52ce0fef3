"""The claims about an evaluation notice wrong inputs of the neuron's function."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken_parts import keeps, refuted


@pytest.mark.parametrize(
    ("edit", "claim"),
    [
        (keeps("fired_d9", "fired_d7"), "neurons, written: fired_before"),
        ((r": \{ fired_d9, o_ready", ": { fired_d9, ~o_ready"), "neurons, written: fired"),
    ],
)
def test_a_broken_part_is_refuted(edit: tuple[str, str], claim: str, tmp_path: Path) -> None:
    assert claim in refuted("neurons", edit, tmp_path)
