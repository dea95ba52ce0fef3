"""Layers for hardware: what a graph becomes, what is refused, and the integers that give the float
network's spikes.
"""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import Any

import nir
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sc_model.golden.network.network import Network as GoldenNetwork
from sc_model.interchange import (
    Connection,
    FloatGraph,
    FloatPopulation,
    InterchangeError,
    Taps,
    from_layers,
    from_nir,
    import_design,
    run,
    to_layers,
    to_network,
    to_nir,
)
from sc_model.quantisation import FloatLayer, network_design, quantise

SIXTEENTHS = 1 / 16
FIELDS = [each.name for each in dataclasses.fields(FloatLayer)]
WITH_WEIGHT = {"delay": "weight", "recurrent_delay": "recurrent", "tau": "weight"}


def integers(seed: int, *shape: int, most: int = 31) -> Any:
    return np.random.default_rng(seed).integers(-most, most + 1, shape) * SIXTEENTHS


def dense(name: str, neurons: int, inputs: int, seed: int, **more: Any) -> FloatLayer:
    return FloatLayer(name, integers(seed, neurons, inputs), **more)


def same(one: FloatLayer, other: FloatLayer, tolerance: float = 0.0) -> None:
    """Equal in everything that means something: a synapse of weight 0 has no delay and no time
    constant.
    """
    for field in FIELDS:
        mine, theirs = getattr(one, field), getattr(other, field)
        if field in WITH_WEIGHT and mine is not None:
            there = getattr(one, WITH_WEIGHT[field]) != 0
            theirs = np.zeros(there.shape) if theirs is None else theirs
            assert np.allclose(
                np.where(there, mine, 0), np.where(there, theirs, 0), rtol=tolerance, atol=0
            ), field
        elif isinstance(mine, np.ndarray):
            assert np.allclose(mine, theirs, rtol=tolerance, atol=0), field
        else:
            assert mine == theirs, field


@st.composite
def chains(draw: Any) -> list[FloatLayer]:
    """One to three layers with everything a dense layer can have, or time constants of synapses."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = draw(st.lists(st.integers(1, 5), min_size=2, max_size=4))
    found = []
    for number, (inputs, neurons) in enumerate(pairwise(sizes)):
        more: dict[str, Any] = {
            "reset": draw(st.sampled_from(("subtract", "zero"))),
            "strict": draw(st.booleans()),
        }
        weight = rng.normal(0, 1, (neurons, inputs)) * (rng.random((neurons, inputs)) < 0.8)
        weight[0, 0] = 1.0  # a layer without any weight is no layer
        leak = draw(st.sampled_from(("none", "some")))
        more["leak"] = np.ones(neurons) if leak == "none" else rng.uniform(0, 0.99, neurons)
        more["threshold"] = rng.uniform(0.2, 3, neurons)
        if draw(st.booleans()):
            more["delay"] = rng.integers(0, 6, weight.shape)
        if draw(st.integers(0, 2)) == 0:
            more["tau"] = rng.choice([1.0, 2.5, 20.0, 77.0], weight.shape)
        else:
            more["reset_delay"] = draw(st.booleans())
            more["recurrent"] = (
                rng.normal(0, 1, (neurons, neurons)) if draw(st.booleans()) else None
            )
            if more["recurrent"] is not None and draw(st.booleans()):
                more["recurrent_delay"] = rng.integers(0, 4, (neurons, neurons))
            more["bias"] = rng.normal(0, 1, neurons) if draw(st.booleans()) else None
            if leak == "some" and draw(st.booleans()):
                more["synaptic_leak"] = rng.uniform(0, 0.99, neurons)
        found.append(FloatLayer(f"layer{number}", weight, **more))
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(chains(), st.sampled_from(("lanes", "compact")), st.sampled_from((1.0, 0.1, 0.3)))
def test_layers_out_and_in_are_the_same(layers: list[FloatLayer], form: Any, dt_ms: float) -> None:
    """Weights, delays and thresholds to the last bit; leaks and time constants to 1e-12, for they
    are quotients on the way.
    """
    found = to_layers(from_nir(to_nir(from_layers(layers, dt_ms=dt_ms), form)))
    assert len(found) == len(layers)
    for one, other in zip(layers, found, strict=True):
        same(one, other, 1e-10)
        if one.tau is None:
            assert np.array_equal(one.weight, other.weight)
        assert np.array_equal(one.threshold, other.threshold)


@pytest.mark.parametrize(
    "neuron",
    [
        {"leak": 0.75},
        {"leak": 0.5, "reset": "zero"},
        {"leak": 1.0},
        {"leak": 1.0, "strict": False},
        {"leak": 0.875, "reset_delay": True},
        {"leak": 0.75, "reset": "zero", "reset_delay": True},
        {"leak": 0.75, "synaptic_leak": 0.5},
        {"leak": 0.75, "refractory": 2},
        {"leak": 0.75, "strict": False},
    ],
    ids=str,
)
def test_integers_give_the_spikes_of_the_float_network(neuron: dict[str, Any]) -> None:
    """Weights in sixteenths and leaks of few binary places are exact in both; so are the spikes."""
    delays = np.random.default_rng(5).integers(0, 4, (6, 10))
    first = dense("a", 6, 10, 1, threshold=1.5, bias=integers(2, 6, most=3), delay=delays, **neuron)
    second = dense(
        "b",
        5,
        6,
        3,
        threshold=1.0,
        recurrent=integers(4, 5, 5, most=7),
        recurrent_delay=delays[:5, :5],
        **neuron,
    )
    graph = from_nir(to_nir(from_layers([first, second], dt_ms=1.0), "compact"))
    quantised = [
        quantise(each, weight_bits=8, scale=SIXTEENTHS, fraction=12) for each in to_layers(graph)
    ]
    assert all(
        loss.largest == 0
        for each in quantised
        for what, loss in each.errors.items()
        if what != "threshold"
    )
    design, parameters = network_design("exact", quantised)
    x = (np.random.default_rng(6).random((300, 10)) < 0.35).astype(np.int64)
    golden = GoldenNetwork(design.network, parameters).run(x)
    floating = run(to_network(graph), {"input": x})["output"]
    assert golden.sum() > 10
    assert np.array_equal(golden, floating)


def lif(
    size: int,
    tau: float = 0.004,
    leak: float = 0.0,
    reset: float = 0.0,
    theta: float = 1.0,
    r: float = 1.0,
) -> Any:
    return nir.LIF(*(np.full(size, each) for each in (tau, r, leak, theta, reset)))


def graph(*nodes: tuple[str, Any], edges: str, **more: Any) -> Any:
    """A graph of nodes by name, 3 values in, 2 out, edges as "a>b c>d"."""
    named = {"input": nir.Input(np.array([3])), **dict(nodes), "output": nir.Output(np.array([2]))}
    return nir.NIRGraph(
        named, [tuple(each.split(">")) for each in edges.split()], type_check=False, **more
    )


def layers_of(made: Any, **more: Any) -> list[FloatLayer]:
    return to_layers(
        from_nir(made, **{"dt_ms": 1.0, "reset": "zero", "reset_delay": False, **more})
    )


def linear(rows: int = 2, columns: int = 3, seed: int = 0) -> Any:
    return nir.Linear(integers(seed, rows, columns))


def test_a_leak_potential_becomes_a_bias() -> None:
    """u = v - v_reset: what v_leak adds is (dt / tau)(v_leak - v_reset); the threshold counts from
    v_reset.
    """
    made = graph(
        ("w", linear()),
        ("n", lif(2, tau=0.004, leak=0.5, reset=-0.25, theta=1.0, r=2.0)),
        edges="input>w w>n n>output",
    )
    (layer,) = layers_of(made)
    assert np.array_equal(layer.leak, [0.75, 0.75])
    assert np.array_equal(layer.weight, integers(0, 2, 3) * 0.5)
    assert np.array_equal(layer.bias, [0.1875, 0.1875])
    assert np.array_equal(layer.threshold, [1.25, 1.25])
    design, parameters, report = import_design(
        made, dt_ms=1.0, reset="zero", reset_delay=False, scale=1 / 128, fraction=12
    )
    assert report.notes == ("node 'n': potentials begin at v_reset, not at v_leak.",)
    assert parameters["n.weight"].shape == (2, 4)
    assert design.name == "network"


def test_gains_and_leaks_are_those_of_each_neuron() -> None:
    node = nir.LIF(
        np.array([0.002, 0.004]),
        np.array([4.0, 2.0]),
        np.zeros(2),
        np.array([1.0, 3.0]),
        np.zeros(2),
    )
    made = graph(
        ("w", linear()),
        ("n", node),
        ("back", linear(2, 2, 1)),
        edges="input>w w>n n>back back>n n>output",
    )
    (layer,) = layers_of(made)
    assert np.array_equal(layer.leak, [0.5, 0.75])
    assert np.array_equal(layer.weight, integers(0, 2, 3) * [[2.0], [0.5]])
    assert np.array_equal(layer.recurrent, integers(1, 2, 2) * [[2.0], [0.5]])
    assert np.array_equal(layer.threshold, [1.0, 3.0])


def test_a_leak_potential_at_the_reset_needs_no_bias() -> None:
    (layer,) = layers_of(
        graph(("w", linear()), ("n", lif(2, leak=0.5, reset=0.5)), edges="input>w w>n n>output")
    )
    assert layer.bias is None
    assert np.array_equal(layer.threshold, [0.5, 0.5])


def test_cuba_gains_multiply() -> None:
    full = np.full
    node = nir.CubaLIF(
        full(2, 0.002),
        full(2, 0.004),
        full(2, 3.0),
        full(2, 0.0),
        full(2, 1.0),
        full(2, 0.0),
        full(2, 4.0),
    )
    (layer,) = layers_of(graph(("w", linear()), ("n", node), edges="input>w w>n n>output"))
    assert np.array_equal(layer.synaptic_leak, [0.5, 0.5])
    assert np.array_equal(layer.leak, [0.75, 0.75])
    assert np.array_equal(layer.weight, integers(0, 2, 3) * (0.75 * 2.0))


def test_threshold_is_a_neuron_without_memory() -> None:
    made = graph(
        ("w", linear()), ("n", nir.Threshold(np.array([0.5, 1.0]))), edges="input>w w>n n>output"
    )
    (layer,) = to_layers(from_nir(made, dt_ms=1.0))
    assert np.array_equal(layer.leak, [0.0, 0.0])
    x = np.random.default_rng(0).integers(0, 2, (50, 3))
    spikes = run(to_network(from_nir(made, dt_ms=1.0)), {"input": x})["output"]
    assert np.array_equal(spikes, (x @ integers(0, 2, 3).T > [0.5, 1.0]).astype(float))
    assert 0 < spikes.mean() < 1
    design, parameters, _ = import_design(made, dt_ms=1.0, scale=SIXTEENTHS)
    assert np.array_equal(GoldenNetwork(design.network, parameters).run(x), spikes)


def test_lanes_of_delays_fold_into_one_matrix() -> None:
    """Delay(d) -> Linear(W masked to d), side by side: what others write, and what we do."""
    weight, delay = integers(1, 2, 3), np.array([[0, 2, 5], [2, 0, 5]])
    nodes, edges = [], []
    for steps in (0, 2, 5):
        nodes.append((f"w{steps}", nir.Linear(np.where(delay == steps, weight, 0.0))))
        if steps:
            nodes.append((f"d{steps}", nir.Delay(np.full(3, steps * 1e-3))))
            edges += [f"input>d{steps}", f"d{steps}>w{steps}"]
        else:
            edges.append("input>w0")
        edges.append(f"w{steps}>n")
    (layer,) = layers_of(graph(*nodes, ("n", lif(2)), edges=" ".join([*edges, "n>output"])))
    assert np.array_equal(layer.weight, weight * 0.25)
    assert np.array_equal(layer.delay, delay)


def test_delays_in_metadata_add_to_delays_in_front() -> None:
    """Two ways to the same sum of delays, 3 steps: 1 + 2 and 2 + 1."""
    ahead = nir.Delay(np.array([0.001, 0.002, 0.0]))
    mixed = nir.Linear(np.array([[0.0, 1.0, 0.0], [0.5, 0.0, 0.0], [0.0, 0.0, 2.0]]))
    weight, more = np.array([[4.0, 8.0, 0.0], [0.0, 0.0, 1.0]]), np.array([[1, 2, 0], [0, 0, 5]])
    noted = nir.Linear(weight, metadata={"sc_delay": more})
    made = graph(
        ("d", ahead),
        ("m", mixed),
        ("w", noted),
        ("n", lif(2)),
        edges="input>d d>m m>w w>n n>output",
        metadata=PROFILE,
    )
    (layer,) = layers_of(made)
    assert np.array_equal(layer.weight, np.array([[4.0, 4.0, 0.0], [0.0, 0.0, 2.0]]) * 0.25)
    assert np.array_equal(layer.delay, [[3, 3, 0], [0, 0, 5]])


def test_lanes_of_time_constants_fold_into_one_matrix() -> None:
    """LI(tau) -> Linear(W masked), of gain dt / tau: the weights shrink by it, and the decay is
    that of Euler's step.
    """
    weight, slow = (
        np.array([[1.0, 2.0, 0.5], [1.5, 1.0, 2.0]]),
        np.array([[True, False, True], [False, True, True]]),
    )
    nodes, edges = [("n", nir.IF(*(np.full(2, each) for each in (1000.0, 1.0, 0.0))))], ["n>output"]
    for name, tau, mine in (("fast", 0.002, ~slow), ("slow", 0.010, slow)):
        nodes += [
            (name, nir.LI(np.full(3, tau), np.ones(3), np.zeros(3))),
            (f"w_{name}", nir.Linear(np.where(mine, weight, 0.0))),
        ]
        edges += [f"input>{name}", f"{name}>w_{name}", f"w_{name}>n"]
    (layer,) = layers_of(graph(*nodes, edges=" ".join(edges)))
    assert np.allclose(layer.weight, weight * np.where(slow, 0.1, 0.5), rtol=1e-15)
    assert np.allclose(layer.tau, np.where(slow, -1 / np.log(0.9), -1 / np.log(0.5)), rtol=1e-12)
    quantised = quantise(layer, tick_ms=1.0)
    assert quantised.spec.kind == "hetsyn"
    assert quantised.errors["tau"].relative_largest < 0.1


def test_a_network_with_traces_runs_in_integers() -> None:
    """Within what codes and rounding cost: spike counts of float and integer network lie within a
    tenth.
    """
    rng = np.random.default_rng(3)
    layer = FloatLayer(
        "h",
        rng.normal(0, 1, (6, 8)),
        tau=rng.choice([2.0, 8.0, 30.0], (6, 8)),
        threshold=8.0,
        leak=1.0,
    )
    graph_in = from_nir(to_nir(from_layers([layer], dt_ms=1.0)))
    design, parameters, report = import_design(
        to_nir(graph_in), name="traces", code_bits=8, terms=0
    )
    x = (rng.random((400, 8)) < 0.2).astype(np.int64)
    golden = GoldenNetwork(design.network, parameters).run(x).sum()
    floating = run(to_network(graph_in), {"input": x})["output"].sum()
    assert floating > 100
    assert abs(golden - floating) < 0.1 * floating
    assert {row.array for row in report.rows} >= {"weight", "tau", "threshold"}


PROFILE = {"sc_profile": 1}
CHAIN = (
    "hardware makes layers in a row, Input -> layer -> layer -> Output, each of which may also feed"
    " itself"
)
W, W2, BACK = ("w", linear()), ("w2", linear(2, 2, 1)), ("back", linear(2, 2, 2))
N, M = ("n", lif(2)), ("m", lif(2))
REFUSED: dict[str, tuple[Any, dict[str, Any], str]] = {
    "two inputs": (
        graph(W, N, ("in2", nir.Input(np.array([2]))), edges="input>w w>n in2>n n>output"),
        {},
        f"a network for hardware must have one Input, not 2 ('in2', 'input'); {CHAIN}.",
    ),
    "branch": (
        graph(W, N, M, W2, edges="input>w w>n n>w2 w2>m n>output m>output"),
        {},
        f"node 'n' must feed one other node, not 2 ('m', 'output'); {CHAIN}.",
    ),
    "loop": (
        graph(W, N, W2, M, BACK, edges="input>w w>n n>w2 w2>m m>back back>n m>output"),
        {},
        f"node 'm' must feed one other node, not 2 ('n', 'output'); {CHAIN}.",
    ),
    "integrator": (
        graph(
            W,
            ("li", nir.LI(np.full(2, 0.01), np.ones(2), np.zeros(2))),
            edges="input>w w>li li>output",
        ),
        {},
        (
            "node 'li' (li) gives potentials: say by which of them a sample is answered,"
            " readout='last_potential' or 'largest_potential' (--readout); or put a neuron with a"
            " threshold in its place."
        ),
    ),
    "readout": (
        graph(W, N, W2, edges="input>w w>n n>w2 w2>output"),
        {},
        (
            "node 'output' (Output) must give the spikes of the last layer as they are, not 'n'"
            " through weights or delays; put a neuron with a threshold in front of it."
        ),
    ),
    "nothing": (
        graph(W, edges="input>w w>output"),
        {},
        (
            "node 'output' (Output) must give the spikes of the last layer as they are, not 'input'"
            " through weights or delays; put a neuron with a threshold in front of it."
        ),
    ),
    "cuba leak": (
        graph(
            W,
            ("c", nir.CubaLIF(*(np.full(2, each) for each in (0.002, 0.004, 1.0, 0.25, 1.0, 0.0)))),
            edges="input>w w>c c>output",
        ),
        {},
        (
            "node 'c' (CubaLIF) must have v_leak = v_reset in hardware, not 0.25 and 0 (neuron 0):"
            " its bias goes through the synaptic current."
        ),
    ),
    "two delays": (
        graph(
            W,
            ("d", nir.Delay(np.full(3, 0.003))),
            ("w3", linear()),
            N,
            edges="input>w w>n input>d d>w3 w3>n n>output",
        ),
        {},
        (
            "the synapse from neuron 0 of 'input' to neuron 0 of 'n' must have one delay in"
            " hardware, not several."
        ),
    ),
    "late bias": (
        graph(
            ("w", nir.Affine(np.ones((2, 3)), np.ones(2))),
            ("d", nir.Delay(np.full(2, 0.003))),
            N,
            edges="input>w w>d d>n n>output",
        ),
        {},
        "the bias of node 'n' must be there from the first step on, not behind a Delay.",
    ),
    "threshold": (
        graph(W, ("n", lif(2, theta=0.0)), edges="input>w w>n n>output"),
        {},
        "node 'n' must have v_threshold > v_reset in hardware, not 0 above it.",
    ),
    "half traces": (
        graph(
            W,
            ("li", nir.LI(np.full(3, 0.01), np.ones(3), np.zeros(3))),
            ("w3", linear()),
            N,
            edges="input>w w>n input>li li>w3 w3>n n>output",
        ),
        {},
        (
            "node 'n' must get all its input through synapses with a time constant, or none of it,"
            " and never its own spikes so; hardware has two kinds of layers."
        ),
    ),
    "two time constants": (
        graph(
            ("a", nir.LI(np.full(3, 0.01), np.ones(3), np.zeros(3))),
            ("b", nir.LI(np.full(3, 0.02), np.ones(3), np.zeros(3))),
            ("wa", nir.Linear(np.ones((2, 3)))),
            ("wb", nir.Linear(np.ones((2, 3)))),
            N,
            edges="input>a input>b a>wa b>wb wa>n wb>n n>output",
        ),
        {},
        (
            "the synapse from neuron 0 of 'input' to neuron 0 of 'n' must have one time constant,"
            " not 2 (leaky integrators between them)."
        ),
    ),
    "learning": (
        graph(
            ("w", nir.Linear(np.ones((2, 3)), metadata={"sc_plasticity": {"family": "pair_stdp"}})),
            N,
            edges="input>w w>n n>output",
            metadata={"sc_profile": 1},
        ),
        {},
        (
            "the connection 'input' -> 'n' learns (rule 'pair_stdp'), and layers of a network"
            " don't; plasticity='freeze' keeps its weights as they are."
        ),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_hardware_can_not_express_is_refused_by_name(case: str) -> None:
    made, more, message = REFUSED[case]
    with pytest.raises(InterchangeError) as caught:
        layers_of(made, **more)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([], "layers must be one or more, not none."),
        (
            [dense("a", 2, 3, 0), dense("b", 2, 3, 0)],
            "layer 'b' must have as many inputs as 'a' has neurons (2), not 3.",
        ),
        (
            [FloatLayer("a", np.zeros((2, 3)))],
            "layer 'a' must have a weight that is not 0, or nothing comes into it; it has none.",
        ),
        (
            [dense("a", 2, 3, 0, leak=np.array([0.5, 1.0]))],
            (
                "layer 'a' must have a leak < 1 for NIR, not 1 (neuron 1): only a layer whose"
                " neurons all have no leak, and no synaptic current, is an IF."
            ),
        ),
        (
            [dense("a", 2, 3, 0, leak=0.5, synaptic_leak=1.0)],
            (
                "layer 'a' must have a synaptic_leak < 1 for NIR, not 1 (neuron 0): only a layer"
                " whose neurons all have no leak, and no synaptic current, is an IF."
            ),
        ),
        (
            [dense("a", 2, 3, 0, leak=0.5, refractory=3)],
            (
                "population 'a' must have no refractory period in form 'lanes', not 3 steps: NIR"
                " has none; form='compact' keeps it for this project alone."
            ),
        ),
    ],
)
def test_what_nir_can_not_express_is_refused_by_name(
    layers: list[FloatLayer], message: str
) -> None:
    with pytest.raises(InterchangeError) as caught:
        to_nir(from_layers(layers, dt_ms=1.0))
    assert str(caught.value) == message


def one_neuron(**changes: Any) -> Any:
    """A population of one neuron behind an input, with fields of its own."""
    values = {"tau": 0.02, "r": 1.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0}
    parameters = {name: np.full(1, changes.pop(name, each)) for name, each in values.items()}
    neurons = FloatPopulation("n", "lif", (1,), parameters, **changes)
    populations = {
        "input": FloatPopulation("input", "input", (1,)),
        "n": neurons,
        "output": FloatPopulation("output", "output", (1,)),
    }
    one = Taps.identity(1)
    joined = (Connection("input", "n", one), Connection("n", "output", one))
    return FloatGraph(populations, joined, 1.0)


NO_HARDWARE: dict[str, tuple[dict[str, Any], str]] = {
    "rest": (
        {"refractory": 300},
        (
            "node 'n' must have a refractory period of at most 255 steps in hardware, not 300; take"
            " a longer dt_ms."
        ),
    ),
    "rest and delay": (
        {"refractory": 3, "reset": "subtract", "reset_delay": True},
        (
            "node 'n' must have its reset at the spike in hardware, for it has a refractory period"
            " (3 steps); give reset_delay False for it."
        ),
    ),
    "large": (
        {"r": 1e300},
        (
            "node 'n' (LIF) must have weights of at most 1e+100, times the gain of its neurons, in"
            " hardware; look for what is so large in the network before the export."
        ),
    ),
}


@pytest.mark.parametrize("case", NO_HARDWARE)
def test_what_neurons_of_hardware_do_not_have(case: str) -> None:
    changes, text = NO_HARDWARE[case]
    with pytest.raises(InterchangeError) as caught:
        to_layers(one_neuron(**changes))
    assert str(caught.value) == text


@pytest.mark.parametrize("dt_ms", [1e-9, 1e12])
def test_a_step_that_no_design_has(dt_ms: float) -> None:
    graph = dataclasses.replace(one_neuron(tau=1e12), dt_ms=dt_ms)
    with pytest.raises(InterchangeError) as caught:
        to_layers(graph)
    text = f"dt_ms must be from 1e-06 to 1e+10 in hardware, not {dt_ms:g}."
    assert str(caught.value) == text


def test_a_model_that_can_not_be_is_refused_by_node() -> None:
    with pytest.raises(InterchangeError, match=r"^node 'n' \(LIF\): LIF.v_reset must be <"):
        to_network(one_neuron(v_threshold=-1.0))
    with pytest.raises(InterchangeError, match=r"^dt_ms must be a number of ms, not '1'\.$"):
        from_nir(to_nir(one_neuron()), dt_ms="1")  # type: ignore[arg-type]
