"""Answers of readouts, worked by hand and tick by tick against whole samples."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest

from sc_model.golden.network.network import Network, readout_of
from sc_model.golden.readout import Readout, answers
from sc_model.native import NativeNetwork
from sc_model.spec import (
    ConfigError,
    DenseSpec,
    Design,
    IntegratorNeuronSpec,
    IntegratorSpec,
    LifSpec,
    NetworkSpec,
    PlasticLayerSpec,
    PlasticStageSpec,
    ReadoutSpec,
)

KINDS = get_args(ReadoutSpec.model_fields["kind"].annotation)
WORDS = np.array([[0, 0, 0, 0], [0, 1, 1, 0], [1, 0, 1, 0]])
POTENTIALS = np.array([[-5, 2, 9, -1], [-7, 8, 1, -1], [-6, 3, 3, -1]])


@pytest.mark.parametrize(
    ("kind", "scores", "winner"),
    [
        ("count", [1, 1, 2, 0], 2),
        ("first_spike", [1, 2, 2, 0], 1),
        ("last_potential", [-6, 3, 3, -1], 1),
        ("largest_potential", [-5, 8, 9, -1], 2),
    ],
)
def test_scores_by_hand(kind: Any, scores: list[int], winner: int) -> None:
    """Of several alike the lowest number wins; negative potentials count as they are."""
    readout = Readout(ReadoutSpec(kind=kind), 4)
    for word, potential in zip(WORDS, POTENTIALS, strict=True):
        readout.step(word, potential)
    assert (readout.scores.tolist(), readout.answer) == (scores, winner)
    whole = answers(readout.spec, WORDS[None], POTENTIALS[None])
    assert (whole.scores.tolist(), whole.winners.tolist()) == ([scores], [winner])


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_tick_or_a_spike_the_answer_is_the_first(kind: Any) -> None:
    none = answers(ReadoutSpec(kind=kind), np.zeros((2, 0, 3), np.uint8), np.zeros((2, 0, 3)))
    assert (none.winners.tolist(), none.scores.tolist()) == ([0, 0], [[0] * 3] * 2)
    readout = Readout(ReadoutSpec(kind=kind), 3)
    readout.step([0, 0, 0], [0, 0, 0])
    readout.reset()
    assert readout.answer == 0


def network(kind: Any, *, integrates: bool, interval: int) -> NetworkSpec:
    hidden = DenseSpec(name="a", inputs=7, neurons=6, neuron=LifSpec(leak="shift"))
    size: dict[str, Any] = {"name": "b", "inputs": 6, "neurons": 5, "tick_interval": interval}
    last: DenseSpec = (
        IntegratorSpec(**size, neuron=IntegratorNeuronSpec(synaptic=True, potential_bits=40))
        if integrates
        else DenseSpec(**size)
    )
    return NetworkSpec(layers=(hidden, last), readout=ReadoutSpec(kind=kind))


@pytest.mark.parametrize("integrates", [False, True], ids=["fires", "integrates"])
@pytest.mark.parametrize("kind", KINDS)
def test_compiled_answers_are_those_of_the_golden_network(kind: Any, integrates: bool) -> None:
    rng = np.random.default_rng(3)
    spec = network(kind, integrates=integrates, interval=2)
    neurons = {"b.leak": 3900}
    neurons |= {"b.synaptic_leak": 2000} if integrates else {"b.threshold": 900}
    parameters = {
        "a.weight": rng.integers(-90, 91, (6, 7)),
        "a.threshold": 1200,
        "b.weight": 15 * rng.permuted(np.tile([-5, -3, -1, 1, 3, 6], (5, 1)), axis=1),
        **neurons,
    }
    golden, native = Network(spec, parameters), NativeNetwork(spec, parameters)
    samples = (rng.random((12, 13, 7)) < 0.5).astype(np.uint8)
    expected, found = golden.answers(samples), native.answers(samples, threads=2)
    np.testing.assert_array_equal(found.scores, expected.scores)
    np.testing.assert_array_equal(found.winners, expected.winners)
    silent = integrates and kind in ("count", "first_spike")
    assert (len(set(expected.winners.tolist())) > 2) is not silent


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a network must have a readout to answer samples; give"):
        readout_of(NetworkSpec(layers=(DenseSpec(name="a", inputs=1, neurons=1),)))
    plastic = PlasticStageSpec(layer=PlasticLayerSpec(inputs=2, neurons=2))
    layer = DenseSpec(name="a", inputs=1, neurons=2)
    with pytest.raises(ConfigError, match=r"^a network with a table \[plastic\] must not have a"):
        NetworkSpec(layers=(layer,), plastic=plastic, readout=ReadoutSpec(kind="count"))


def test_designs_without_a_readout_keep_their_text() -> None:
    layer = DenseSpec(name="a", inputs=1, neurons=1)
    plain = Design(name="d", block="network", network=NetworkSpec(layers=(layer,)))
    assert "readout" not in plain.model_dump_json()
    other = NetworkSpec(layers=(layer,), readout=ReadoutSpec(kind="count"))
    assert NetworkSpec.model_validate(other.model_dump()) == other
