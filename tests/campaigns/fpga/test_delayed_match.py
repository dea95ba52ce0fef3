"""The campaign of the delayed match: its designs, its summary, its page."""

from __future__ import annotations

from typing import Any

import pytest

from campaigns.fpga import delayed_match
from campaigns.fpga.delayed_match import PARTS, SEEDS, data_of, design_of, page, summary


def test_designs_and_samples_belong_together() -> None:
    for kind, steps in (("fixed", 50), ("jittered", 60), ("delays", 60)):
        design = design_of(kind)
        assert design.recurrent is not None
        shown, tested = data_of(kind, SEEDS[0])
        assert shown.spikes.shape[1:] == (steps, design.recurrent.inputs)
        assert len(shown.classes) == delayed_match.SAMPLES[kind]
        assert len(tested.classes) == 500
    other = design_of("fixed", lanes=8)
    assert other.recurrent is not None
    assert (other.name, other.recurrent.hidden.lanes) == ("delayed_match_8", 8)
    own = design_of("delays")
    assert own.recurrent is not None
    assert own.recurrent.hidden.max_delay == 8
    other = delayed_match.without_delays(own)
    assert other.recurrent is not None
    assert other.recurrent.hidden == own.recurrent.hidden.model_copy(update={"max_delay": 1})
    lowest, highest = delayed_match.CHOSEN_ON
    assert not set(SEEDS) & set(range(lowest, highest + 1))


def test_a_summary_has_mean_spread_and_worst() -> None:
    assert summary([0.9, 1.0]) == {
        "shares": [0.9, 1.0],
        "mean": 0.95,
        "deviation": pytest.approx(0.0707),
        "worst": 0.9,
    }


def test_the_page_says_what_differs() -> None:
    row = summary([0.9, 1.0])
    report: dict[str, Any] = dict.fromkeys(PARTS)
    report["fixed"] = {
        "samples": 3000,
        "learned": row,
        "float": None,
        "readout_alone": row,
        "readout_alone_smaller": row,
    }
    text = page(report)
    assert "| 15 steps, 32 neurons | 3,000 | 95.0 +- 7.1 (worst 90.0) | - |" in text
    assert "Without them" not in text
    report["delays"] = {**report["fixed"], "without_delays": summary([0.5, 0.7])}
    assert "Without them the same 16 neurons reach 60.0 +- 14.1 (worst 50.0)." in page(report)
    report["rtl"] = {
        "samples": 2,
        "steps": 100,
        "synapse_updates": 1000,
        "compared": 7,
        "differences": 1,
        "clocks_per_step": 470.0,
        "rtl_seconds": 1.0,
        "model_seconds": 0.1,
        "right": 0.5,
    }
    assert "**1 differ**" in page(report)
    report["board"] = {
        "board": "Some board",
        "lanes": 8,
        "lut": 5000,
        "ff": 6000,
        "bram": 13,
        "dsp": 20,
        "fmax_mhz": 100.5,
        "clock_mhz": 50.0,
        "bitstream_bytes": 226_385,
        "samples": 40,
        "steps": 2000,
        "differences": 3,
    }
    text = page(report)
    assert "Some board, 8 lanes, behind a UART: 5,000 LUT" in text
    assert "100.5 MHz where 50 are asked for" in text
    assert "40 samples, 2,000 steps: of answers and of the state at the end **3 differ**" in text
