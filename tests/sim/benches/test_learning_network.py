"""The bench of networks that learn: the compiled Verilog against the model."""

from __future__ import annotations

from pathlib import Path

import pytest
from learning_hardware import spec_of
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


@pytest.mark.soak
def test_a_fault_is_found(build: Build, tmp_path: Path) -> None:
    wrong = edited(build, tmp_path / "wrong", r"drive - hidden_unit", "drive + hidden_unit")
    assert cosim(wrong, steps=100)["differences"]
