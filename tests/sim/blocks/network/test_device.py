"""A verilated network that is run some steps at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sc_hw.build.elaborate import elaborate
from sc_hw.simulation.library import rtl_library
from sc_model.golden.network.network import Network
from sc_model.spec import Design, HetSynSpec, NetworkSpec
from sc_sim.blocks.network.device import RtlNetwork
from sc_sim.rtl import engine_of

# Numbers of steps travel in 5 bits: they come round every 32 steps.
SPEC = NetworkSpec(
    layers=(HetSynSpec(name="tiny", inputs=2, neurons=2, tick_interval=3, policy="accumulate"),),
    step_bits=5,
)
WEIGHTS = {"tiny.weight": np.array([[60, 90], [127, -20]]), "tiny.code": np.full((2, 2), 20)}


@pytest.fixture(scope="module")
def network(builds: Path) -> Iterator[RtlNetwork]:
    build = elaborate(Design(name="tiny", block="network", network=SPEC), builds)
    network = engine_of(build.folder, rtl_library(build.folder))
    yield network
    network.rtl.close()


def test_words_are_those_of_the_golden_network_however_the_steps_are_divided(
    network: RtlNetwork,
) -> None:
    x = (np.random.default_rng(1).random((100, 2)) < 0.6).astype(np.uint8)
    golden = Network(SPEC, WEIGHTS)
    words = golden.run(x)
    assert 0 < words.mean() < 1
    network.load(WEIGHTS)
    assert network.n_outputs == 2
    parts = [network.run(part) for part in np.split(x, [0, 1, 3, 50, 51, 99])]
    assert np.array_equal(np.concatenate(parts), words)
    assert network.steps == 100
    fields, plastic = network.state()
    assert plastic is None
    state = {**golden.layers["tiny"].parameters, **golden.layers["tiny"].state}
    assert {name: values.tolist() for name, values in fields["tiny"].items()} == {
        name: values.tolist() for name, values in state.items()
    }


def test_a_restored_network_goes_on_and_counts_its_steps_on(network: RtlNetwork) -> None:
    x = (np.random.default_rng(2).random((90, 2)) < 0.6).astype(np.uint8)
    network.load(WEIGHTS)
    network.run(x[:48])
    fields, _ = network.state()
    rest = network.run(x[48:])
    network.load({})
    network.restore(fields, 48)
    assert np.array_equal(network.run(x[48:]), rest)
    assert network.steps == 90


def test_what_is_no_stimulus(network: RtlNetwork) -> None:
    with pytest.raises(ValueError, match=r"^inputs must have shape \(T, 2\), not \(3, 4\)\.$"):
        network.run(np.zeros((3, 4), int))
    with pytest.raises(ValueError, match=r"^inputs must hold spikes, 0 or 1, not 2\.$"):
        network.run(np.full((1, 2), 2))
    with pytest.raises(TypeError, match=r"takes spikes alone, not \['reward'\]"):
        network.run(np.zeros((1, 2), int), {"reward": 1})


def test_samples_begin_with_a_reset_and_their_words_have_times(network: RtlNetwork) -> None:
    x = (np.random.default_rng(4).random((2, 40, 2)) < 0.6).astype(np.uint8)
    golden = Network(SPEC, WEIGHTS)
    network.load(WEIGHTS)
    for sample in (x[0], x[1], x[0]):
        golden.reset()
        played = network.rtl.sample(sample, 13)
        assert played is not None
        words, clocks = played
        assert np.array_equal(words.bits, golden.run(sample)[2::3])
        assert words.steps.tolist() == [3 * tick % 32 for tick in range(1, 14)]
        assert len(clocks) == 13
        assert clocks[0] >= 3
        assert (np.diff(clocks) >= 3).all()  # a step takes a clock or more
    assert network.rtl.sample(x[0], 14) is None  # a word that does not come
