"""Many samples at a time give what the golden network and the float network give one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sc_model.evaluation import run_floats, run_integers
from sc_model.golden.network.network import Network
from sc_model.interchange import from_layers, run, to_network
from sc_model.quantisation import FloatLayer, network_design, quantise

OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "zero, at the threshold": {"reset": "zero", "strict": False},
    "none": {"reset": "none"},
    "reset in the next tick": {"reset_delay": True},
    "zero in the next tick": {"reset": "zero", "reset_delay": True},
    "current": {"synaptic_leak": 0.75},
    "no leak": {"leak": 1.0},
}


def layers(rng: np.random.Generator, more: dict[str, Any], delays: bool) -> list[FloatLayer]:
    """Two layers whose numbers are exact in float64 and in sixteenths."""

    def weights(rows: int, columns: int) -> Any:
        return rng.integers(-20, 28, (rows, columns)) / 16

    late = {"delay": rng.integers(0, 4, (3, 4)), "recurrent_delay": rng.integers(0, 3, (3, 3))}
    numbers: dict[str, Any] = {"leak": 0.5, **more, **(late if delays else {})}
    bias = rng.integers(-2, 3, 3) / 16
    first = FloatLayer("a", weights(3, 4), recurrent=weights(3, 3), bias=bias, **numbers)
    return [first, FloatLayer("b", weights(2, 3), leak=0.75, refractory=2)]


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_samples_at_a_time_are_samples_one_by_one(name: str) -> None:
    rng = np.random.default_rng(sorted(OPTIONS).index(name))
    made = layers(rng, OPTIONS[name], delays=name != "plain")
    samples = (rng.random((3, 25, 4)) < 0.4).astype(np.uint8)
    design, parameters = network_design("n", [quantise(each, scale=1 / 16) for each in made])
    assert design.network is not None
    found = run_integers(design.network, parameters, samples)
    network = Network(design.network, parameters)
    for number, sample in enumerate(samples):
        network.reset()
        for step, word in enumerate(sample):
            network.step(word)
            for place, each in enumerate(("a", "b")):
                assert found[place][number, step].tolist() == network.outputs[each].tolist()
    assert found[0].any()


@pytest.mark.parametrize("name", sorted(set(OPTIONS) - {"none"}))
def test_floats_are_those_of_the_network_that_interprets_nir(name: str) -> None:
    """`none` is not among them: NIR's interpreter has no such reset in layers of its own."""
    rng = np.random.default_rng(sorted(OPTIONS).index(name))
    made = layers(rng, OPTIONS[name], delays=True)
    if name == "no leak":  # NIR's IF has no synaptic delay of its own, and leaks are all or none
        made[0] = FloatLayer("a", made[0].weight, leak=1.0)
    samples = (rng.random((2, 40, 4)) < 0.4).astype(np.uint8)
    found = run_floats(made, samples)
    graph = from_layers(made, dt_ms=1.0)
    for number, sample in enumerate(samples):
        theirs = run(to_network(graph), {"input": sample.astype(float)})
        assert np.array_equal(theirs["a"], found[0][number])
        assert np.array_equal(theirs["b"], found[1][number])
    assert found[0].any()


@given(seed=st.integers(0, 999), recurrent=st.booleans(), delays=st.booleans())
@settings(max_examples=10, deadline=None)
def test_what_is_exact_in_both_gives_the_same_spikes(
    seed: int, recurrent: bool, delays: bool
) -> None:
    """Leaks of 1: every potential is a whole number of sixteenths."""
    rng = np.random.default_rng(seed)
    what = FloatLayer(
        "n",
        rng.integers(-20, 28, (3, 5)) / 16,
        recurrent=rng.integers(-9, 9, (3, 3)) / 16 if recurrent else None,
        delay=rng.integers(0, 5, (3, 5)).astype(float) if delays else None,
        threshold=rng.integers(8, 32) / 16,
        reset="zero",
    )
    samples = (rng.random((2, 30, 5)) < 0.3).astype(np.uint8)
    design, parameters = network_design("n", [quantise(what, scale=1 / 16, potential_bits=24)])
    assert design.network is not None
    (integers,) = run_integers(design.network, parameters, samples)
    (floats,) = run_floats([what], samples)
    assert np.array_equal(integers, floats)


def test_a_bias_behind_a_delay() -> None:
    """A float layer has none, but a design may load one."""
    what = FloatLayer("n", np.ones((2, 1)), bias=np.ones(2), threshold=0.5, reset="zero")
    design, parameters = network_design("n", [quantise(what, max_delay=5)])
    parameters["n.delay"] = np.array([[0, 0], [1, 4]])
    samples = np.zeros((1, 9, 1), np.uint8)
    assert design.network is not None
    (found,) = run_integers(design.network, parameters, samples)
    assert found[0].tolist() == Network(design.network, parameters).run(samples[0]).tolist()
    assert found[0].sum(axis=0).tolist() == [9, 5]


@pytest.mark.parametrize("compiler", ["g++", "no_such_compiler"])
def test_layers_that_tick_less_often_and_traces(
    monkeypatch: pytest.MonkeyPatch, compiler: str
) -> None:
    monkeypatch.setenv("CXX", compiler)  # without one the golden model runs
    rng = np.random.default_rng(3)
    traces = FloatLayer("a", rng.normal(size=(3, 2)), tau=np.full((3, 2), 7.0))
    slow = FloatLayer("b", rng.normal(size=(2, 3)), leak=0.5)
    made = [quantise(traces), quantise(slow, tick_ms=4.0, tick_interval=4, policy="accumulate")]
    design, parameters = network_design("n", made)
    samples = (rng.random((2, 16, 2)) < 0.6).astype(np.uint8)
    assert design.network is not None
    found = run_integers(design.network, parameters, samples)
    words = Network(design.network, parameters).run(samples[0])
    ticks = [3, 7, 11, 15]
    assert found[1][0][ticks].tolist() == words[ticks].tolist()
    assert not np.delete(found[1], ticks, axis=1).any()
    assert found[0].any()


def test_traces_in_floating_point() -> None:
    """By hand: 1, then exp(-1/2), and a second spike on top of exp(-1)."""
    what = FloatLayer("n", np.array([[1.0]]), tau=np.array([[2.0]]), threshold=1.3, leak=0.5)
    spikes = np.array([[[1], [0], [1], [0]]], np.uint8)
    # v: 1, .5 + .607 = 1.107, .553 + 1.368 = 1.921 > 1.3
    assert run_floats([what], spikes)[0][0, :, 0].tolist() == [0, 0, 1, 0]
    assert run_floats([what], spikes, tick_ms=100.0)[0].sum() == 0
