"""The bandit of the boards' campaign on the model, and the report; whole boards take minutes."""

from __future__ import annotations

from typing import Any

import pytest
from support import ROOT

from campaigns.simulated_boards import tops
from campaigns.simulated_boards.tops import _markdown, choices, right_at_the_end, run
from sc_hw import Device

BANDIT = ROOT / "sc_hw" / "boards" / "designs" / "bandit.toml"


def test_the_bandit_is_learned() -> None:
    made = choices(Device.open(BANDIT), 600)
    assert len(made) == 600
    assert right_at_the_end(made[:50]) < 25
    assert right_at_the_end(made) > 35


def test_report(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {
        "board": "icebreaker", "clock_mhz": 24.0, "trials": 9, "same_choices": True,
        "differences_at_the_end": 0, "right_of_the_last_50": 7, "seconds": 1.0,
    }  # fmt: skip
    rows: list[dict[str, Any]] = [row, row | {"board": "ulx3s-25f", "differences_at_the_end": 1}]
    waiting = list(rows)
    monkeypatch.setattr(tops, "row_of", lambda *_: waiting.pop(0))
    report = run(["icebreaker", "ulx3s-25f"], 9, ROOT)
    assert (report["passed"], report["rows"]) == (False, rows)
    text = _markdown(report)
    assert "`python -m campaigns.simulated_boards.tops --boards icebreaker ulx3s-25f`" in text
    assert "| icebreaker | 24 | 9 | all | 0 | 7 |" in text
