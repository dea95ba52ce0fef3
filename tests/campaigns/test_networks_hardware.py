"""The hardware of the digits' network: its cases, a row, and the page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from campaigns import networks_hardware
from campaigns.networks_hardware import (
    CASES,
    Case,
    chosen_cases,
    design_of,
    page,
    row_of,
)
from sc_model.spec import DenseSpec, Design, LifSpec, NetworkSpec


def small() -> Design:
    """Two layers of the event engine."""
    neuron = LifSpec(leak="shift")
    shapes = (("hidden", 12, 6), ("output", 6, 3))
    layers = tuple(
        DenseSpec(name=name, inputs=inputs, neurons=neurons, engine="events", neuron=neuron)
        for name, inputs, neurons in shapes
    )
    return Design(name="small", block="network", network=NetworkSpec(layers=layers))


def test_a_case_has_its_lanes_its_fabric_and_its_door() -> None:
    chosen = design_of(Case("ice40-up5k", "uart", (3, 2)), small())
    assert [layer.lanes for layer in chosen.network.layers] == [3, 2]  # type: ignore[union-attr]
    assert (chosen.fabric, chosen.host.door) == ("ice40_up", "uart")  # type: ignore[union-attr]
    assert design_of(CASES[0], small_with(128, 10)).host is None
    assert {case.target for case in chosen_cases(["ecp5-25f-6"], [])} == {"ecp5-25f-6"}
    assert [case.host for case in chosen_cases(["ice40-up5k"], ["uart"])] == ["uart"]
    assert chosen_cases([], []) == list(CASES)


def small_with(*neurons: int) -> Design:
    """The same with other sizes."""
    network = small().network
    assert network is not None
    inputs, layers = 20, []
    for layer, count in zip(network.layers, neurons, strict=True):
        layers.append(layer.model_copy(update={"inputs": inputs, "neurons": count}))
        inputs = count
    return small().model_copy(update={"network": NetworkSpec(layers=tuple(layers))})


def test_a_row_counts_clocks_in_verilog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    price = {"lut4": 7, "ff": 8, "block_ram": 1, "spram": 0, "seeds": 1, "mhz": 40.0}
    monkeypatch.setattr(networks_hardware, "routed", lambda *_: price)
    rng = np.random.default_rng(1)
    parameters = {
        "hidden.weight": rng.integers(-5, 9, (6, 12)), "hidden.threshold": np.full(6, 90),
        "output.weight": rng.integers(-5, 9, (3, 6)), "output.threshold": np.full(3, 90),
    }  # fmt: skip
    spikes = (rng.random((2, 4, 12)) < 0.4).astype(np.uint8)
    row = row_of(CASES[0].__class__("ice40-up5k", "none", (2, 1)), small(), parameters, spikes, 1,
                 tmp_path)  # fmt: skip
    assert row["active_inputs"] == spikes.sum() / 2
    assert (row["ticks"], row["images_that_differ"]) == (4, 0)
    assert 4 * 20 < row["clocks_an_image"] < 4 * 90
    assert row["us_an_image"] == round(row["clocks_an_image"] / 40, 1)
    assert row["adding"] == pytest.approx(
        row["active_inputs"] * 3 / row["clocks_an_image"], abs=1e-3
    )
    text = page({"command": "c", "images": 2, "rows": [row]})
    assert "2 test images" in text
    assert "| ice40-up5k | none | 2 + 1 | 1 + 1 | 7 |" in text
