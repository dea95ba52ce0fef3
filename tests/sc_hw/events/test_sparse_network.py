"""A network of sparse layers as Verilog: co-simulation, manifest, `Device`; and a large one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sparse_networks import parameters_of, two_sparse_layers

from sc_hw.build.elaborate import elaborate, make
from sc_hw.simulation.cosim import cosim
from sc_hw.simulation.device import Device
from sc_model.spec import Design, LifSpec, NetworkSpec, SparseSpec


@pytest.mark.soak  # a short one is in the tests of the encoder
def test_sparse_layers_equal_their_model_in_verilog(tmp_path: Path) -> None:
    """With resets in the midst, by the bench; and by `Device`, with states that go to the other."""
    design = two_sparse_layers()
    spec = design.network
    assert spec is not None
    build = elaborate(design, root=tmp_path)
    rows = {row["name"]: row for row in build.manifest["layers"]}
    # a weight of 4 bits, a delay of 2, a neuron of 3; a start and a count of 5 for each column
    assert rows["first"]["memory_bits"]["synapses"] == 20 * (4 + 2 + 3)
    assert rows["first"]["memory_bits"]["lists"] == 9 * (5 + 5)
    results = cosim(build, steps=40)
    assert (results["passed"], results["differences"]) == (True, 0)

    spikes = (np.random.default_rng(0).random((24, 9)) < 0.4).astype(np.uint8)
    words, states = [], []
    for on in ("model", "rtl"):
        with Device.open(design, on=on, root=tmp_path) as device:
            device.load(parameters_of(spec))
            words.append(device.run(spikes=spikes[:12]))
            states.append(device.state())
            device.restore(states[0])
            words.append(device.run(spikes=spikes[12:]))
    np.testing.assert_array_equal(words[0], words[2])
    np.testing.assert_array_equal(words[1], words[3])
    assert 0.05 < np.mean(words) < 0.95
    for space, fields in states[0].items():
        for name, values in fields.items():
            np.testing.assert_array_equal(states[1][space][name], values, f"{space}.{name}")


def test_ten_thousand_neurons_are_made_in_memories_of_their_synapses() -> None:
    """Spikes go on in slices, so that the text does not grow with the number of neurons."""
    first = SparseSpec(name="a", inputs=784, neurons=10_000, synapses=400_000, fan_in=64)
    last = SparseSpec(name="b", inputs=10_000, neurons=10, synapses=20_000, fan_in=4_000)
    design = Design(name="big", block="network", network=NetworkSpec(layers=(first, last)))
    made = make(design)
    assert len(made.verilog) < 500_000
    rows = {row["name"]: row["memory_bits"] for row in made.manifest["layers"]}
    assert rows["a"]["synapses"] == 400_000 * (8 + 14)
    assert rows["a"]["lists"] == 784 * (19 + 19)


def test_the_spikes_of_a_large_last_layer_leave_in_slices(tmp_path: Path) -> None:
    """2,100 neurons, the last four in a slice that is not full."""
    layer = SparseSpec(
        name="only", inputs=60, neurons=2_100, synapses=6_000, weight_bits=4, max_delay=1,
        neuron=LifSpec(leak="shift", threshold_bits=8, fraction=2),
    )  # fmt: skip
    design = Design(name="large", block="network", network=NetworkSpec(layers=(layer,)))
    assert design.network is not None
    assert design.network.o_slices() == 132
    spikes = (np.random.default_rng(1).random((16, 60)) < 0.4).astype(np.uint8)
    words = []
    for on in ("model", "rtl"):
        with Device.open(design, on=on, root=tmp_path) as device:
            device.load(parameters_of(design.network))
            words.append(device.run(spikes=spikes))
    np.testing.assert_array_equal(*words)
    assert words[0][:, -4:].any()
    assert 0.05 < words[0].mean() < 0.95


def test_as_many_neurons_as_there_may_be_are_a_small_text() -> None:
    """65,536 of them in the last layer: the text does not grow with them."""
    layer = SparseSpec(name="only", inputs=100, neurons=65_536, synapses=100_000)
    design = Design(name="most", block="network", network=NetworkSpec(layers=(layer,)))
    made = make(design)
    assert len(made.verilog) < 300_000
    assert made.manifest["output"] == {"neurons": 65_536, "transfers": 4_096}


@pytest.mark.soak
def test_a_board_runs_sparse_layers(tmp_path: Path) -> None:
    design = two_sparse_layers()
    assert design.network is not None
    spikes = (np.random.default_rng(0).random((12, 9)) < 0.4).astype(np.uint8)
    words, states = [], []
    for on in ("model", "sim-board"):
        with Device.open(design, on=on, root=tmp_path) as device:
            device.load(parameters_of(design.network))
            words.append(device.run(spikes=spikes))
            states.append(device.state())
    np.testing.assert_array_equal(*words)
    for space, fields in states[0].items():
        for name, values in fields.items():
            np.testing.assert_array_equal(states[1][space][name], values, f"{space}.{name}")
