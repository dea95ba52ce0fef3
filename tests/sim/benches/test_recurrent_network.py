"""The bench of recurrent networks: the compiled Verilog against the model."""

from __future__ import annotations

from pathlib import Path

import pytest
from recurrent_networks import design
from support import edited

from sc_hw.build.elaborate import Build, elaborate
from sc_hw.simulation.cosim import cosim, lint


@pytest.fixture(scope="module")
def build(builds: Path) -> Build:
    """A small network of two groups."""
    return elaborate(design(), builds)


def test_design_and_model_agree(build: Build) -> None:
    results = cosim(build, steps=200, seed=3)
    assert results["differences"] == 0, results["first_difference"]
    assert results["steps"] == 200
    assert results["synapse_steps"] > 20_000
    assert results["coverage"]["missed"] == []
    assert 78 <= results["throughput"]["clocks_per_step"] <= 99


def test_its_verilog_is_clean(build: Build) -> None:
    lint(build)


@pytest.mark.soak
def test_a_fault_is_found(build: Build, tmp_path: Path) -> None:
    # the last group's rows are not the only ones whose traces are written
    edit = (r"assign ends_issue = issue & ends;", "assign ends_issue = issue;")
    wrong = edited(build, tmp_path / "wrong", *edit)
    assert cosim(wrong, steps=40)["differences"]
