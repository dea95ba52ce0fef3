"""The campaign about sparse networks: a small size as far as its Verilog, and the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from campaigns.fpga import sparse_hardware
from campaigns.fpga.sparse_hardware import SIZES, design_of, page, parameters_of, row_of
from sc_model.native import NativeNetwork


def test_neurons_of_each_size_fire_now_and_then() -> None:
    neurons, synapses = SIZES[0]
    spec = design_of(neurons, synapses).network
    assert spec is not None
    rng = np.random.default_rng(1)
    model = NativeNetwork(spec, parameters_of(spec, rng))
    spikes = (rng.random((4, 20, 784)) < sparse_hardware.ACTIVITY).astype(np.uint8)
    for words in model.run_layers(spikes):
        assert 0.01 < words.mean() < 0.6
    # its spikes go on in slices, whatever their number is
    networks = [design_of(*size).network for size in SIZES if size[0] % 16 == 0]
    assert all(network is not None and network.slices(1) for network in networks)


def test_a_row_has_what_was_made_and_what_ran(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran: dict[str, Any] = {
        "samples": 2, "samples_that_differ": 1, "rates": [0.125, 0.5], "clocks_a_step": 500.5
    }  # fmt: skip
    monkeypatch.setattr(sparse_hardware, "ran", lambda *_: ran)
    proof = {"claims": 9, "not_proved": ["that"], "seconds": 4.0}
    monkeypatch.setattr(sparse_hardware, "proved", lambda *_: proof)
    row = row_of(64, 200, 2, tmp_path)
    assert row["memory_kbit"] > 1
    text = page({"command": "c", "rows": [row]})
    assert "| 64 | 200 |" in text
    assert "| 500.5 | 1 | 9 | 4.0 |" in text
    assert "Not proved: that. So many of the layer's neurons fire in a step: 12.5%." in text
