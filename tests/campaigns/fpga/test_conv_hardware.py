"""The campaign about the convolutional network: its designs, a row without placement, the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from campaigns.fpga import conv_hardware
from campaigns.fpga.conv_hardware import EXAMPLE, LAYERS, TARGET, page, row_of
from campaigns.fpga.measured import Played, network_of, with_layers
from sc_hw.commands.demo import example_folder
from sc_model.evaluation import Samples
from sc_model.spec import ConvSpec, load_design


def test_the_designs_have_hardware_in_slices() -> None:
    design = load_design(example_folder("mnist") / f"{EXAMPLE}.toml")
    for given in LAYERS:
        network = network_of(with_layers(design, given, TARGET))
        assert tuple(layer.lanes for layer in network.layers) == given["lanes"]
        layers = [layer for layer in network.layers if isinstance(layer, ConvSpec)]
        assert [layer.unmet for layer in layers] == [None] * 3
        assert [network.slices(index) for index in range(3)] == [49, 288, 64]


def test_a_row_has_its_price_and_what_differs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    design = load_design(example_folder("mnist") / f"{EXAMPLE}.toml")
    price = {"lut4": 7, "ff": 8, "block_ram": 9, "dsp": 1, "spram": 0, "seeds": 3, "mhz": 50.0}
    ran = Played(np.array([[9000, 19999], [9000, 20001]]), 1, 0.5, 1.5)
    seen: list[Any] = []
    monkeypatch.setattr(conv_hardware, "routed", lambda *_: price)
    monkeypatch.setattr(conv_hardware, "played", lambda *given: seen.append(given) or ran)
    samples = Samples(np.zeros((2, 4, 784), np.uint8), np.zeros(2, np.int64), "none")
    row = row_of(design, LAYERS[0], {}, samples, np.zeros((2, 4, 10)), 3, tmp_path)
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
    assert "| 8 + 16 + 10 | 8 + 2 + 1 | 7 | 8 | 9 | 1 | 50.0 | 20000.0 | 400.0 | 1 |" in text
    assert "5 claims, not that, in 4.0 s" in text
