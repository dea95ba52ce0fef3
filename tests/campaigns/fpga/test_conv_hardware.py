"""The campaign about the convolutional network: its designs, a row without placement, the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from campaigns.fpga import conv_hardware
from campaigns.fpga.conv_hardware import EXAMPLE, LANES, network_of, page, row_of, with_lanes
from sc_hw.commands.demo import example_folder
from sc_model.evaluation import Samples
from sc_model.spec import ConvSpec, load_design


def test_the_designs_have_hardware_in_slices() -> None:
    design = load_design(example_folder("mnist") / f"{EXAMPLE}.toml")
    assert tuple(layer.lanes for layer in network_of(design).layers) == LANES[0]
    for lanes in LANES:
        network = network_of(with_lanes(design, lanes, "ecp5"))
        layers = [layer for layer in network.layers if isinstance(layer, ConvSpec)]
        assert [layer.unmet for layer in layers] == [None] * 3
        assert [network.slices(index) for index in range(3)] == [49, 288, 64]


def test_a_row_has_its_price_and_what_differs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    design = load_design(example_folder("mnist") / f"{EXAMPLE}.toml")
    price = {
        "lut": 7, "ff": 8, "bram": 9, "dsp": 1, "placed_reason": None,
        "fmax": {"median_mhz": 50.0, "min_mhz": 40.0, "max_mhz": 60.0},
    }  # fmt: skip
    ran = {"images_that_differ": 1, "clocks_an_image": 20000.0, "clocks_to_word": [9000.0, 20000.0]}
    seen: list[Any] = []
    monkeypatch.setattr(conv_hardware, "estimate", lambda *_, **__: [price])
    monkeypatch.setattr(conv_hardware, "played", lambda *given: seen.append(given) or ran)
    samples = Samples(np.zeros((2, 4, 784), np.uint8), np.zeros(2, np.int64), "none")
    row = row_of(design, LANES[0], {}, samples, np.zeros((2, 4, 10)), 3, tmp_path)
    assert (row["us_an_image"], row["lanes"], row["lut4"]) == (400.0, "8 + 16 + 10", 7)
    assert 5_000 < row["verilog_lines"] < 40_000
    assert (seen[0][0] / "top.v").is_file()
    report = {
        "command": "c", "images": 2, "ticks": 4, "right": 1, "right_after_ticks": [1, 1],
        "rows": [row],
        "proof": {
            "claims": 5, "not_proved": ["that"], "seconds": 4.0,
            "slowest": {"name": "slow", "seconds": 1.0},
        },
    }  # fmt: skip
    text = page(report)
    assert "2 test images in the compiled Verilog, 1 of them right (50.00 %)" in text
    assert "| 8 + 16 + 10 | 7 | 8 | 9 | 1 | 50.0 | 20000.0 | 400.0 | 1 |" in text
    assert "5 claims, not that, in 4.0 s" in text
