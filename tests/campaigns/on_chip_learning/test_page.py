"""The page on networks that learn on the chip is that of its numbers."""

from __future__ import annotations

import json

import numpy as np
import pytest
from support import ROOT

from campaigns.freshness.stamps import without_stamp
from campaigns.on_chip_learning.page import page, rows_of
from campaigns.on_chip_learning.trials import FLOOR
from campaigns.on_chip_learning.verilog import SHOWN


def test_the_page_is_that_of_the_committed_numbers() -> None:
    report = json.loads((ROOT / "reports" / "on_chip_learning.json").read_text(encoding="utf-8"))
    text = (ROOT / "reports" / "on_chip_learning.md").read_text(encoding="utf-8")
    assert without_stamp(text) == page(report)
    for each in rows_of(report):
        assert each["mean"] == pytest.approx(np.mean(each["accuracies"]), abs=1e-4)
        if each["kind"].startswith("integers") and "floor" in each:
            assert each["mean"] >= each["floor"], each["task"]
    for each in (*report["rtl_bandit"], *report["rtl_pole"]):
        assert each["other_decisions"] == each["other_values_of_the_state"] == 0
        assert each["synapse_updates"] >= 10**7 or each["on"] != "rtl"
    pole = report["pole"][0]
    assert pole["median"] >= FLOOR["median"]
    assert pole["worst"] >= FLOOR["worst"]
    bandit = {each["kind"]: each for each in reversed(report["bandit"])}
    for part in ("whole", "last"):
        assert bandit["integers, all on the chip"][part] >= bandit["UCB1"][part]
    for kind, samples in SHOWN.items():
        each = report.get(f"rtl_{kind}")
        if each is None:
            assert f"`--part rtl_{kind}`" in text
            continue
        assert each["samples"] == samples
        assert each["other_answers"] == each["other_values_of_the_state"] == 0
        assert each["synapse_updates"] >= 10**7
    assert report["speed"]["per_s"] >= 5000
