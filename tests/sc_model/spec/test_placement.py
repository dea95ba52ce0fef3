"""Where the synapses of a layer lie."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sc_model.spec import ConfigError, Placement, PlasticLayerSpec, placement


@given(st.integers(2, 60), st.integers(1, 40), st.integers(1, 6), st.integers(1, 9))
def test_every_synapse_has_a_word_of_its_own(
    inputs: int, neurons: int, chains: int, columns: int
) -> None:
    place = Placement(inputs, neurons, chains, columns)
    words = {place.of(i, j) for i in range(inputs) for j in range(neurons)}
    assert len(words) == inputs * neurons
    assert all(
        0 <= c < chains and 0 <= n < columns and 0 <= word < place.depth for c, n, word in words
    )


@pytest.mark.parametrize(
    ("inputs", "neurons", "lanes", "chains", "columns"),
    [
        (1024, 256, 1, 1, 1),
        (1024, 256, 128, 1, 128),
        # 129 columns of one chain: two groups, the second with 127 neurons; 3 chains x 43 columns
        # would take 6 x 343 clocks
        (1024, 256, 129, 1, 129),
        # 256 columns would be one group with nothing to do while it hands over
        (1024, 256, 256, 2, 128),
        (1024, 256, 512, 4, 128),
        (64, 256, 32, 1, 32),
        (16, 4, 3, 1, 3),
        (7, 9, 1, 1, 1),
        (8, 1, 1, 1, 1),
        # one neuron has its inputs shared out: 8 + 8
        (16, 1, 2, 2, 1),
    ],
)
def test_chains_that_make_the_sweep_shortest(
    inputs: int, neurons: int, lanes: int, chains: int, columns: int
) -> None:
    assert placement(PlasticLayerSpec(inputs=inputs, neurons=neurons, lanes=lanes)) == Placement(
        inputs, neurons, chains, columns
    )


def able(layer: PlasticLayerSpec, place: Placement) -> bool:
    """What a layout must be: no empty chain, and none so short that full lanes stand idle behind
    it.
    """
    full = layer.inputs * layer.neurons >= 512 * layer.lanes
    busy = not full or place.chains == 1 or place.rows >= 19
    return (
        place.columns <= layer.neurons
        and place.rows >= 2
        and place.rows * (place.chains - 1) < layer.inputs
        and busy
    )


@given(st.integers(2, 1024), st.integers(1, 64), st.integers(1, 64))
@example(512, 32, 31)
@example(1024, 32, 61)
def test_no_other_layout_has_a_shorter_sweep(inputs: int, neurons: int, lanes: int) -> None:
    layer = PlasticLayerSpec(inputs=inputs, neurons=neurons, lanes=lanes)
    try:
        best = placement(layer)
    except ConfigError:
        divisors = [count for count in range(1, lanes + 1) if lanes % count == 0]
        places = [Placement(inputs, neurons, count, lanes // count) for count in divisors]
        assert not any(able(layer, p) for p in places)
        return
    assert best.chains * best.columns == lanes
    assert best.rows >= 2
    assert best.rows * (best.chains - 1) < inputs <= best.rows * best.chains
    for chains in (count for count in range(1, lanes + 1) if lanes % count == 0):
        other = Placement(inputs, neurons, chains, lanes // chains)
        if able(layer, other):
            clocks = [p.groups * max(p.rows + 1, p.columns + 24) for p in (best, other)]
            assert clocks[0] <= clocks[1]


def test_chains_that_are_given_are_taken() -> None:
    assert placement(PlasticLayerSpec(inputs=4, neurons=3, lanes=6, chains=2)) == Placement(
        4, 3, 2, 3
    )
    assert placement(PlasticLayerSpec(inputs=1024, neurons=256, lanes=128, chains=64)) == Placement(
        1024, 256, 64, 2
    )


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (
            PlasticLayerSpec(inputs=8, neurons=2, lanes=5),
            "lanes of a plastic layer must be 1 to 4, 6 or 8 for 8 inputs and 2 neurons, not 5.",
        ),
        (
            PlasticLayerSpec(inputs=5, neurons=9, lanes=8, chains=4),
            (
                "chains of a plastic layer must leave each chain 2 inputs or more (an even number"
                " with memory 'single_port'), not 4 chains for 5 inputs."
            ),
        ),
        (
            PlasticLayerSpec(inputs=7, neurons=9, lanes=1, chains=1, memory="single_port"),
            (
                "chains of a plastic layer must leave each chain 2 inputs or more (an even number"
                " with memory 'single_port'), not 1 chains for 7 inputs."
            ),
        ),
        (
            PlasticLayerSpec(
                inputs=1024, neurons=32, lanes=61
            ),  # 61 chains of 17 rows: 60 lanes are faster
            (
                "lanes of a plastic layer must be one of 326 counts, the nearest of them 60 or 62,"
                " for 1024 inputs and 32 neurons, not 61."
            ),
        ),
    ],
)
def test_layouts_that_can_not_be(layer: PlasticLayerSpec, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        placement(layer)
    assert str(caught.value) == text
