"""Lanes worth trying, against all possible ones."""

from __future__ import annotations

from itertools import product

import pytest
from support import ROOT

from sc_hw.bitstream.lanes import lane_counts, network_lanes
from sc_model.spec import ConvSpec, DenseSpec, Design, NetworkSpec, SparseSpec, load_design


@pytest.mark.parametrize(("neurons", "intervals"), [((6, 4), (1, 10)), ((5, 7), (2, 1))])
def test_no_other_lanes_are_as_fast_with_as_few(
    neurons: tuple[int, int], intervals: tuple[int, int]
) -> None:
    network = load_design(ROOT / "examples" / "network.toml").network
    assert network is not None
    layers = []
    inputs = network.layers[0].inputs
    for layer, count, interval in zip(network.layers, neurons, intervals, strict=True):
        update = {"inputs": inputs, "neurons": count, "tick_interval": interval, "lanes": 1}
        layers.append(layer.model_copy(update=update))
        inputs = count
    network = network.model_copy(update={"layers": tuple(layers)})

    def work(lanes: tuple[int, ...]) -> float:
        return max(
            layer.columns * -(-layer.neurons // own) / layer.tick_interval
            for layer, own in zip(layers, lanes, strict=True)
        )

    found = network_lanes(network)
    every = list(product(*(range(1, count + 1) for count in neurons)))
    assert lane_counts(Design(name="mine", block="network", network=network)) == sorted(found)
    for lanes, each in found.items():
        assert sum(each) == lanes
        assert work(each) == min(work(other) for other in every if sum(other) <= lanes)
    assert {work(each) for each in found.values()} == {work(other) for other in every}


def test_lanes_of_convolutions_divide_the_channels_of_a_group() -> None:
    first = ConvSpec(name="first", image=(1, 8, 8), channels=6, kernel=(3, 3))
    second = ConvSpec(
        name="second", image=(6, 6, 6), channels=4, channel_groups=2, kernel=(3, 3), stride=(3, 2)
    )
    found = network_lanes(NetworkSpec(layers=(first, second)))
    # the second one visits 1 x 2 outputs for each of 216 inputs, the first one 3 x 3 for 64
    assert list(found.values()) == [(1, 1), (2, 1), (3, 1), (6, 1), (6, 2)]
    for lanes in found.values():
        for layer, own in zip((first, second), lanes, strict=True):
            assert layer.model_copy(update={"lanes": own}).unmet is None


def test_a_sparse_layer_keeps_its_one_lane() -> None:
    sparse = SparseSpec(name="sparse", inputs=6, neurons=8, synapses=12)
    dense = DenseSpec(name="dense", inputs=8, neurons=4, engine="events")
    found = network_lanes(NetworkSpec(layers=(sparse, dense)))
    # the dense one takes 8 clocks for each group of neurons, and lists 12 at best
    assert list(found.values()) == [(1, 1), (1, 2), (1, 4)]
