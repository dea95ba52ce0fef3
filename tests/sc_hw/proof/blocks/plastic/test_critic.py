"""The claims about the critic notice faults in its mean and in the modulator."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken_parts import keeps, refuted


@pytest.mark.parametrize(
    ("edit", "claim"),
    [
        (keeps("mean_s1", "~i_mean"), "critic: mean"),
        (keeps("reward_s1", "i_reward >>> 1"), "critic: modulator"),
    ],
)
def test_a_broken_part_is_refuted(edit: tuple[str, str], claim: str, tmp_path: Path) -> None:
    assert claim in refuted("critic", edit, tmp_path)
