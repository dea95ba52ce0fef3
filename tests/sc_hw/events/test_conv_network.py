"""A network of convolutions as Verilog: co-simulation, manifest, and `Device` on both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from wide_outputs import wide

from sc_hw.build.elaborate import elaborate
from sc_hw.simulation.cosim import cosim
from sc_hw.simulation.device import Device
from sc_model.golden.network.network import parameter_bounds
from sc_model.spec import ConvSpec, DenseSpec, Design, LifSpec, NetworkSpec, ReadoutSpec

NEURON = LifSpec(leak="shift", threshold_bits=11)
# The spikes of the first two leave in slices, the last of which is not full; then a word.
FIRST = ConvSpec(
    name="first", image=(1, 8, 8), channels=3, kernel=(3, 3), lanes=3, bias=True, weight_bits=6,
    neuron=NEURON,
)  # fmt: skip
SECOND = ConvSpec(
    name="second", image=(3, 6, 6), channels=4, kernel=(3, 3), lanes=2, bias=True, weight_bits=6,
    neuron=NEURON,
)  # fmt: skip
THIRD = DenseSpec(
    name="third", inputs=64, neurons=32, lanes=8, bias=True, engine="events", weight_bits=6,
    neuron=NEURON,
)  # fmt: skip
LAST = ConvSpec(
    name="last", image=(2, 4, 4), pool=(2, 2), channels=3, kernel=(2, 2), padding=(1, 0),
    lanes=3, weight_bits=6, policy="accumulate", tick_interval=2, neuron=NEURON,
)  # fmt: skip


def parameters_of(network: NetworkSpec) -> dict[str, Any]:
    """Random ones with which neurons fire now and then."""
    rng, parameters = np.random.default_rng(0), dict[str, Any]()
    for name, (shape, low, high) in parameter_bounds(network).items():
        high = min(high, 500) if name.endswith("threshold") else high
        parameters[name] = rng.integers(low, high + 1, shape)
    return parameters


@pytest.fixture(scope="module")
def design() -> Design:
    spec = NetworkSpec(layers=(FIRST, SECOND, THIRD, LAST))
    assert [spec.slices(index) for index in range(4)] == [0, 7, 5, 0]
    return Design(name="image", block="network", network=spec)


def test_convolutions_equal_their_model_in_verilog(design: Design, tmp_path: Path) -> None:
    """With resets in the midst, by the bench; and by `Device`, with all that it reads back."""
    build = elaborate(design, root=tmp_path)
    rows = {row["name"]: row for row in build.manifest["layers"]}
    assert rows["second"]["clocks"]["event"] == 8 + 9 * 2
    # 9 words of weights for each input channel and one of biases, for two lanes and two words of a
    # place, of 6 bits
    assert rows["second"]["memory_bits"]["synapses"] == (3 * 9 + 1) * 2 * 2 * 6
    assert rows["second"]["memory_bits"]["spikes"] == 5 * 16
    results = cosim(build, steps=40)
    assert (results["passed"], results["differences"]) == (True, 0)

    assert design.network is not None
    parameters = parameters_of(design.network)
    spikes = (np.random.default_rng(1).random((24, FIRST.inputs)) < 0.3).astype(np.uint8)
    words, states = [], []
    for on in ("model", "rtl"):
        with Device.open(design, on=on, root=tmp_path) as device:
            device.load(parameters)
            words.append(device.run(spikes=spikes))
            states.append(device.state())
    np.testing.assert_array_equal(*words)
    assert words[0].any()
    for space, fields in states[0].items():
        for name, values in fields.items():
            np.testing.assert_array_equal(states[1][space][name], values, f"{space}.{name}")


def test_a_large_image_leaves_in_slices_place_by_place(tmp_path: Path) -> None:
    """1,183 neurons and a readout; `Device` gives the order of the model."""
    layer = ConvSpec(
        name="only", image=(1, 15, 15), channels=7, kernel=(3, 3), bias=True, weight_bits=6,
        neuron=NEURON,
    )  # fmt: skip
    network = NetworkSpec(layers=(layer,), readout=ReadoutSpec(kind="count"))
    assert (network.o_slices(), network.place_order(1)) == (74, (169, 7))
    design = Design(name="large", block="network", network=network)
    samples = (np.random.default_rng(2).random((2, 6, 225)) < 0.3).astype(np.uint8)
    words, answers = [], []
    for on in ("model", "rtl"):
        with Device.open(design, on=on, root=tmp_path) as device:
            device.load(parameters_of(network))
            words.append(device.run(spikes=samples[0]))
            answers.append(device.answers(samples))
    np.testing.assert_array_equal(*words)
    assert 0.05 < words[0].mean() < 0.95
    np.testing.assert_array_equal(answers[0].winners, answers[1].winners)
    np.testing.assert_array_equal(answers[0].scores, answers[1].scores)


@pytest.mark.soak
def test_a_board_gives_the_order_of_the_model(tmp_path: Path) -> None:
    """Packets have the spikes place by place, and the winner behind them."""
    design = wide("conv", "first_spike")
    assert design.network is not None
    samples = (np.random.default_rng(4).random((2, 5, 288)) < 0.3).astype(np.uint8)
    words, winners = [], []
    for on in ("model", "sim-board"):
        with Device.open(design.behind("uart"), on=on, root=tmp_path) as device:
            device.load({**parameters_of(design.network), "only.threshold": [40, 50, 60]})
            words.append(device.run(spikes=samples[0]))
            winners.append(device.answers(samples).winners.tolist())
    np.testing.assert_array_equal(*words)
    assert 0.05 < words[0].mean() < 0.95
    assert winners[0] == winners[1]
