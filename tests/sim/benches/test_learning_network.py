"""The bench of networks that learn: the compiled Verilog against the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from learning_hardware import deep_spec_of, mixed_spec_of, spec_of
from support import edited

from sc_hw.build.elaborate import Build, elaborate
from sc_hw.simulation.cosim import cosim
from sc_model.spec import Design


@pytest.fixture(scope="module")
def build(builds: Path) -> Build:
    """A small network, two words of the readout a row."""
    return elaborate(Design(name="learn", block="learning_network", learning=spec_of()), builds)


def test_design_and_model_agree(build: Build) -> None:
    results = cosim(build, steps=160, seed=3)
    assert results["differences"] == 0, results["first_difference"]
    assert results["steps"] == 160
    assert results["synapse_steps"] > 1_500
    assert results["coverage"]["bins"]["single"]
    assert results["throughput"]["clocks_per_sample"] > 100


@pytest.mark.soak  # a simulator each is compiled for them
@pytest.mark.parametrize(
    ("fabric", "sizes", "classes", "lanes", "others"),
    [
        ("ecp5", (9, 20, 6), 3, 4, {}),
        ("ecp5", (9, 20, 6), 3, (16, 4, 2, 8), {"widths": (6, 9, 8, 4), "exploration": 50}),
        ("ice40_up", (64, 20), 10, (8, 4, 16), {"inputs": 784, "widths": (8, 8, 10)}),
        ("generic", (24, 33), 10, 8, {"feedback": "reward"}),
        ("ice40_up", (64, 20), 10, 8, {"inputs": 784}),  # weights in memory with one port
        ("generic", (5, 3, 9), 4, 2, {}),
        ("generic", (24,), 10, 8, {"feedback": "reward", "exploration": 90}),
        ("ice40_up", (9, 20), 3, 4, {"feedback": "reward", "exploration": 60}),
    ],
)
def test_several_hidden_layers(
    fabric: str,
    sizes: tuple[int, ...],
    classes: int,
    lanes: int | tuple[int, ...],
    others: dict[str, Any],
    tmp_path: Path,
) -> None:
    spec = deep_spec_of(sizes, classes, lanes, **others)
    design = Design(name="deep", block="learning_network", learning=spec, fabric=fabric)
    results = cosim(elaborate(design, tmp_path), steps=200, seed=4)
    assert results["differences"] == 0, results["first_difference"]
    assert results["synapse_steps"] > 400


def test_layers_with_lanes_and_widths_of_their_own(builds: Path) -> None:
    design = Design(name="mixed", block="learning_network", learning=mixed_spec_of())
    results = cosim(elaborate(design, builds), steps=120, seed=5)
    assert results["differences"] == 0, results["first_difference"]
    assert results["synapse_steps"] > 500


@pytest.mark.soak
def test_a_fault_is_found(build: Build, tmp_path: Path) -> None:
    wrong = edited(build, tmp_path / "wrong", r"drive - hidden_unit", "drive + hidden_unit")
    assert cosim(wrong, steps=100)["differences"]
