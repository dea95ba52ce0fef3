"""The claims about the critic notice faults in its state and in the modulator."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken_parts import INHIBITION, PREDICTION, keeps, refuted

from sc_model.spec import Design


@pytest.mark.parametrize(
    ("design", "edit", "claim"),
    [
        (PREDICTION, keeps("outcome_s1", "~i_outcome"), "critic: modulator"),
        (INHIBITION, keeps("mean_s1", "~i_mean"), "critic: mean"),
        (INHIBITION, keeps("reward_s1", "i_reward >>> 1"), "critic: modulator"),
    ],
    ids=["prediction", "mean", "modulator"],
)
def test_a_broken_part_is_refuted(
    design: Design, edit: tuple[str, str], claim: str, tmp_path: Path
) -> None:
    assert claim in refuted("critic", edit, tmp_path, design)
