"""Graphs of networks, and networks of graphs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sc_model.interchange import (
    Connection,
    FloatGraph,
    FloatPopulation,
    InterchangeError,
    Plasticity,
    Taps,
    from_network,
    from_nir,
    run,
    to_network,
    to_nir,
)
from sc_model.network import (
    LIF,
    STDP,
    CurrentStimulus,
    HodgkinHuxleyNeuron,
    Network,
    PoissonStimulus,
    Population,
    Projection,
    Relay,
)


def learning() -> Network:
    source, target = (
        Population(Relay(), 3, "x"),
        Population(LIF(tau_ms=20.0, resistance=40.0), 2, "y"),
    )
    rule = STDP(tau_plus_ms=12.0, a_plus=0.05)
    parts = [
        source,
        target,
        Projection(source, target, 0.6, topology="all_to_all", delay=2, plasticity=rule),
    ]
    return Network(1.0, [*parts, CurrentStimulus(target, 0.01)])


def test_a_network_that_learns_comes_back_with_its_rule_and_goes_on_learning() -> None:
    written = to_nir(from_network(learning(), outputs=["y"]), "compact")
    again = from_nir(written)
    (rule,) = (each.plasticity for each in again.connections if each.plasticity is not None)
    assert rule == Plasticity(
        "sc_model.network.STDP",
        {
            "tau_plus_ms": 12.0,
            "tau_minus_ms": 20.0,
            "a_plus": 0.05,
            "a_minus": 0.012,
            "w_min": 0.0,
            "w_max": 1.0,
        },
    )
    x = np.random.default_rng(0).integers(0, 2, (200, 3))
    mine, theirs = learning(), to_network(again)
    one, other = run(mine, {"x": x}), run(theirs, {"x": x})
    assert np.array_equal(one["y"], other["y"])
    assert np.array_equal(other["y"], other["y_output"])
    assert np.allclose(
        mine.projections["x->y"].weights, theirs.projections["x->y"].weights, rtol=1e-12
    )
    assert not np.allclose(theirs.projections["x->y"].weights, 0.6)


def test_what_a_network_has_and_nir_has_not_is_refused_by_name() -> None:
    def refused(message: str, network: Network, **more: Any) -> None:
        with pytest.raises(InterchangeError) as caught:
            from_network(network, **more)
        assert str(caught.value) == message

    cell = Population(HodgkinHuxleyNeuron(), 1, "cell")
    refused(
        "population 'cell' must be of a model that NIR has (LIF, IF, LI, Integrator, CubaLIF,"
        " CubaLI, Relay), not HodgkinHuxleyNeuron.",
        Network(0.01, [cell]),
    )
    neuron = Population("LIF", 1, "neuron")
    refused(
        "the PoissonStimulus of population 'neuron' must be a CurrentStimulus that stays the same"
        " to be a bias; drive a Relay population in place of it, which becomes an Input.",
        Network(1.0, [neuron, PoissonStimulus(neuron, 10.0)]),
    )
    a, b, c = (Population(Relay(), 1, name) for name in "abc")
    refused(
        "population 'b' (Relay) must be an input, with nothing leading to it, or an output, leading"
        " nowhere; it is neither.",
        Network(
            1.0,
            [
                a,
                b,
                c,
                Projection(a, b, 1.0, topology="one_to_one"),
                Projection(b, c, 1.0, topology="one_to_one"),
            ],
        ),
    )
    x, first, second = (
        Population(Relay(), 1, "x"),
        Population("LIF", 1, "first"),
        Population("LIF", 1, "second"),
    )
    refused(
        "the projection 'second' -> 'first' must take effect in the same step, as it follows from"
        " the graph's loops; add the populations in the order x, second, first.",
        Network(
            1.0,
            [
                x,
                first,
                second,
                Projection(x, second, 1.0, topology="one_to_one"),
                Projection(second, first, 1.0, topology="one_to_one"),
            ],
        ),
    )
    refused(
        "outputs must be among neuron, not 'nobody'.", Network(1.0, [neuron]), outputs=["nobody"]
    )
    held = Population(LIF(refractory_ms=np.array([0.0, 2.0])), 2, "held")
    refused(
        "population 'held' must have one refractory period for all neurons, not one each.",
        Network(1.0, [held]),
    )


def test_a_network_does_not_run_the_rules_of_hardware() -> None:
    populations = {
        name: FloatPopulation(name, "input" if name == "x" else "output", (1,)) for name in "xy"
    }
    rule = Plasticity("reward_modulated_stdp", {"trace_shift": 4})
    made = FloatGraph(populations, (Connection("x", "y", Taps((1, 1), {0: [[1.0]]}), rule),), 1.0)
    with pytest.raises(InterchangeError) as caught:
        to_network(made)
    assert (
        str(caught.value)
        == "connection 'x' -> 'y' must learn by 'sc_model.network.STDP' in a Network, not by"
        " 'reward_modulated_stdp'; plasticity='freeze' keeps its weights as they are."
    )
    assert list(to_network(made, plasticity="freeze").projections) == ["x->y"]
