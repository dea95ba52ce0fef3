"""Networks that learn in the compiled Verilog: the bench, and the interface of the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from learning_hardware import spec_of
from learning_networks import weights_of
from support import edited

from sc_hw.build.elaborate import Build, elaborate
from sc_hw.simulation.cosim import cosim
from sc_hw.simulation.library import rtl_library
from sc_model.golden.learning_network import LearningNetwork
from sc_model.spec import Design
from sc_sim.blocks.learning_network import RtlLearningNetwork
from sc_sim.driver.one_clock import Rtl


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A small network, two words of the readout a row."""
    design = Design(name="learn", block="learning_network", learning=spec_of())
    return elaborate(design, tmp_path_factory.mktemp("learn"))


def test_design_and_model_agree(build: Build) -> None:
    results = cosim(build, steps=160, seed=3)
    assert results["differences"] == 0, results["first_difference"]
    assert results["steps"] == 160
    assert results["synapse_steps"] > 1_500
    assert results["coverage"]["bins"]["single"]
    assert results["throughput"]["clocks_per_sample"] > 100


def test_between_answer_and_learn_the_state_can_be_read(build: Build) -> None:
    rtl = RtlLearningNetwork(Rtl(build.folder, rtl_library(build.folder)))
    spec, rng = rtl.spec, np.random.default_rng(1)
    golden = LearningNetwork(spec, weights_of(spec))
    rtl.load(weights_of(spec))
    for label in (3, 0, 9):
        values = rng.integers(0, 256, spec.inputs)
        assert rtl.answer(values).winner == golden.answer(values).winner
        assert int(rtl.state["control"]["lfsr"]) == int(golden.state["control"]["lfsr"])
        rtl.step_shift = golden.step_shift = label % 3
        rtl.learn(label)
        golden.learn(label)
        for space, fields in golden.checkpoint().items():
            for name, expected in fields.items():
                assert np.array_equal(expected, rtl.state[space][name]), (space, name)
    # The host's -128 becomes -127: no step leaves it, and so no skipped word may hold it.
    first = np.zeros(1, np.int64)
    rtl._load("synapse", first, first, {"weight": first - 128})
    assert rtl._read("synapse", first, first)["weight"].tolist() == [-127]


@pytest.mark.soak
def test_a_fault_is_found(build: Build, tmp_path: Path) -> None:
    wrong = edited(build, tmp_path, r"drive - hidden_unit", "drive + hidden_unit")
    assert cosim(wrong, steps=100)["differences"]
