"""Ticks of a layer come when they are due, and take in what their policy says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sc_hw.proof.blocks.network.intake import STATEMENTS, intake_tasks
from sc_hw.proof.verdicts import PROVED
from sc_model.spec import CrossingSpec


@pytest.mark.parametrize("policy", ["hold", "accumulate", "once"])
@pytest.mark.parametrize(("i_interval", "o_interval"), [(1, 1), (1, 7), (5, 1), (3, 2), (4, 6)])
def test_ticks_and_policies(tmp_path: Path, policy: Any, i_interval: int, o_interval: int) -> None:
    crossing = CrossingSpec(8, i_interval, o_interval, policy, 2)
    claims = [task() for task in intake_tasks([("a", crossing)], tmp_path)]
    assert [claim["verdict"] for claim in claims] == [PROVED] * 3
    assert claims[1]["statement"] == STATEMENTS[policy]
