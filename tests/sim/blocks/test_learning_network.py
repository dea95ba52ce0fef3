"""A verilated network that learns has the interface of its model, and its state."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from learning_hardware import spec_of
from learning_networks import weights_of

from sc_hw.build.elaborate import elaborate
from sc_hw.simulation.library import rtl_library
from sc_model.golden.learning_network import LearningNetwork
from sc_model.spec import Design
from sc_sim.blocks.learning_network import RtlLearningNetwork
from sc_sim.driver.one_clock import Rtl


@pytest.fixture(scope="module")
def rtl(builds: Path) -> RtlLearningNetwork:
    """A small network, compiled once for the bench's tests and these."""
    design = Design(name="learn", block="learning_network", learning=spec_of())
    build = elaborate(design, builds)
    return RtlLearningNetwork(Rtl(build.folder, rtl_library(build.folder)))


def test_between_answer_and_learn_the_state_can_be_read(rtl: RtlLearningNetwork) -> None:
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


def test_the_least_weight_is_loaded_as_the_one_above(rtl: RtlLearningNetwork) -> None:
    """No step leaves -128, and so no word that is skipped may hold it."""
    first = np.zeros(1, np.int64)
    rtl._memories.load("synapse", first, first, {"weight": first - 128})
    assert rtl._memories.read("synapse", first, first)["weight"].tolist() == [-127]


def test_what_it_can_not_take_is_refused(rtl: RtlLearningNetwork) -> None:
    with pytest.raises(ValueError, match=r"^label must be in \[0, 9\], not 10$"):
        rtl.learn(10)
    with pytest.raises(ValueError, match="values"):
        rtl.run(np.full((1, rtl.spec.inputs), 256))
