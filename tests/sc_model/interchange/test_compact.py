"""Convolutions, pools, pruned weights and readouts of NIR graphs as compact layers.

The reference is the network in floating point (`to_network`), whose convolutions other tests
compare with PyTorch. Weights are multiples of a quarter: nothing is rounded, and spikes are equal.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import nir
import numpy as np
import pytest

from sc_model.evaluation import float_potentials, run_floats
from sc_model.interchange import InterchangeError, from_nir, import_design, run, to_network
from sc_model.interchange.compact import kernel_rows, list_rows, zeros
from sc_model.interchange.layers import from_layers, to_layers
from sc_model.interchange.taps import Taps
from sc_model.native import NativeNetwork
from sc_model.quantisation import save_design
from sc_model.spec import (
    ConfigError,
    ConvSpec,
    IntegratorSpec,
    NetworkSpec,
    SparseSpec,
    load_design,
)

ANSWERS: dict[str, Any] = {"dt_ms": 1.0, "reset": "zero", "reset_delay": False}


def quarters(rng: np.random.Generator, *shape: int) -> Any:
    return rng.integers(-3, 5, shape) / 4


def integrate_and_fire(*shape: int, threshold: Any = 1.0) -> Any:
    """A neuron that sums up its inputs as they are."""
    one = np.ones(shape)
    return nir.IF(r=one * 1000, v_threshold=one * threshold, v_reset=one * 0)


def chain(inputs: tuple[int, ...], *nodes: tuple[str, Any], outputs: int) -> Any:
    """A graph of nodes in a row between Input and Output."""
    everything = {
        "input": nir.Input({"input": np.array(inputs)}),
        **dict(nodes),
        "output": nir.Output({"output": np.array([outputs])}),
    }
    names = list(everything)
    return nir.NIRGraph(everything, list(pairwise(names)), type_check=False)


def pool(kind: Any, *size: int) -> Any:
    return kind(np.array(size), np.array(size), np.array([0, 0]))


def network_of(graph: Any, **options: Any) -> tuple[NetworkSpec, dict[str, Any]]:
    design, parameters, _ = import_design(
        graph, name="net", **{**ANSWERS, "weight_bits": 8, "compact": True, **options}
    )
    assert design.network is not None
    return design.network, parameters


def check_equal(graph: Any, spec: NetworkSpec, parameters: dict[str, Any]) -> int:
    """Spikes of all layers are those in floating point, of NIR's nodes and of layers; how many."""
    floats = from_nir(graph, **ANSWERS)
    rng = np.random.default_rng(5)
    samples = (rng.random((2, 15, spec.layers[0].inputs)) < 0.3).astype(np.uint8)
    found = NativeNetwork(spec, parameters).run_layers(samples)
    layers = to_layers(floats, compact=True, potentials=True)
    in_layers = run_floats(layers, samples)
    network, spikes = to_network(floats), 0
    for sample, *numbers in zip(samples, *found, strict=True):
        outputs = run(network, {"input": sample.astype(float)})
        for layer, words in zip(spec.layers, numbers, strict=True):
            if not isinstance(layer, IntegratorSpec):
                np.testing.assert_array_equal(outputs[layer.name], words)
                spikes += int(words.sum())
    for one, other in zip(in_layers, found, strict=True):
        np.testing.assert_array_equal(one, other)
    return spikes


def test_a_convolutional_network_is_its_kernels() -> None:
    rng = np.random.default_rng(0)
    graph = chain(
        (2, 12, 12),
        ("conv", nir.Conv2d((12, 12), quarters(rng, 4, 2, 3, 3), 1, 1, 1, 1, quarters(rng, 4))),
        ("first", integrate_and_fire(4, 12, 12, threshold=1.5)),
        ("pool", pool(nir.SumPool2d, 2, 2)),
        ("grouped", nir.Conv2d((6, 6), quarters(rng, 6, 2, 2, 3), (2, 1), 0, 1, 2, np.zeros(6))),
        ("second", integrate_and_fire(6, 3, 4, threshold=4.0)),
        ("mean", pool(nir.AvgPool2d, 3, 2)),
        ("flatten", nir.Flatten({"input": np.array([6, 1, 2])}, 0, -1)),
        ("linear", nir.Affine(quarters(rng, 5, 12), quarters(rng, 5))),
        ("third", integrate_and_fire(5, threshold=0.5)),
        outputs=5,
    )
    spec, parameters = network_of(graph)
    assert all(isinstance(layer, ConvSpec) for layer in spec.layers)
    sizes = {name: array.shape for name, array in parameters.items() if name.endswith("weight")}
    assert sizes == {
        "first.weight": (4, 2, 3, 3),
        "second.weight": (6, 2, 2, 3),
        "third.weight": (5, 6, 1, 2),  # behind the mean, and as large as its image
    }
    assert check_equal(graph, spec, parameters) > 500


@pytest.mark.parametrize(
    ("nodes", "inputs", "kernel"),
    [
        ([("a", pool(nir.SumPool2d, 2, 3))], (3, 4, 6), (3, 1, 1, 1)),
        (
            [
                ("a", nir.Conv1d(9, np.ones((2, 3, 4)) / 4, 2, 1, 1, 1, np.zeros(2))),
            ],
            (3, 9),
            (2, 3, 1, 4),
        ),
        (
            [
                ("s", nir.Scale(np.array([0.5, 2.0, 1.0]).reshape(3, 1, 1))),
                ("a", nir.Conv2d((5, 5), np.ones((2, 3, 3, 3)) / 4, 1, "same", 1, 1, np.zeros(2))),
            ],
            (3, 5, 5),
            (2, 3, 3, 3),
        ),
    ],
    ids=["a pool alone", "one dimension", "scaled channels"],
)
def test_kernels_of_single_nodes(nodes: Any, inputs: Any, kernel: Any) -> None:
    shapes = {(3, 4, 6): (3, 2, 2), (3, 9): (2, 4), (3, 5, 5): (2, 5, 5)}
    out = shapes[inputs]
    graph = chain(
        inputs, *nodes, ("n", integrate_and_fire(*out, threshold=2.0)), outputs=int(np.prod(out))
    )
    spec, parameters = network_of(graph)
    assert isinstance(spec.layers[0], ConvSpec)
    assert parameters["n.weight"].shape == kernel
    assert check_equal(graph, spec, parameters) > 10


@pytest.mark.parametrize(
    ("node", "shape"),
    [
        (nir.Conv2d((6, 6), np.full((2, 1, 2, 2), 0.5), 1, 0, 2, 1, np.zeros(2)), (2, 4, 4)),
        (nir.Conv2d((6, 6), np.full((2, 1, 2, 2), 0.5), 1, "same", 1, 1, np.zeros(2)), (2, 6, 6)),
        (nir.SumPool2d(np.array([3, 3]), np.array([1, 1]), np.array([0, 0])), (1, 4, 4)),
    ],
    ids=["dilation", "unequal margins", "windows that overlap"],
)
def test_what_is_no_kernel_becomes_a_list(node: Any, shape: tuple[int, ...]) -> None:
    neurons = integrate_and_fire(*shape, threshold=1.5)
    graph = chain((1, 6, 6), ("a", node), ("n", neurons), outputs=int(np.prod(shape)))
    spec, parameters = network_of(graph)
    assert isinstance(spec.layers[0], SparseSpec)
    assert check_equal(graph, spec, parameters) > 10


def test_neurons_of_a_channel_that_differ_make_a_list() -> None:
    rng = np.random.default_rng(2)
    threshold = np.ones((2, 5, 5))
    threshold[1, 2, 3] = 2.5
    graph = chain(
        (1, 6, 6),
        ("a", nir.Conv2d((6, 6), quarters(rng, 2, 1, 2, 2), 1, 0, 1, 1, np.zeros(2))),
        ("n", integrate_and_fire(2, 5, 5, threshold=threshold)),
        outputs=50,
    )
    spec, parameters = network_of(graph)
    assert isinstance(spec.layers[0], SparseSpec)
    assert check_equal(graph, spec, parameters) > 10


def test_pruned_recurrent_delayed_weights_become_lists() -> None:
    """And a bias; a matrix with fewer zeros stays dense."""
    rng = np.random.default_rng(4)

    def pruned(*shape: int, kept: float) -> Any:
        return quarters(rng, *shape) * (rng.random(shape) < kept)

    nodes = {
        "input": nir.Input({"input": np.array([30])}),
        "late": nir.Delay(rng.integers(0, 4, 30) / 1000),
        "w": nir.Affine(pruned(20, 30, kept=0.2), quarters(rng, 20)),
        "n": integrate_and_fire(20, threshold=1.5),
        "own": nir.Linear(pruned(20, 20, kept=0.1)),
        "full": nir.Linear(pruned(6, 20, kept=0.8)),
        "m": integrate_and_fire(6),
        "output": nir.Output({"output": np.array([6])}),
    }
    edges = [("input", "late"), ("late", "w"), ("w", "n"), ("n", "own"), ("own", "n")]
    edges += [("n", "full"), ("full", "m"), ("m", "output")]
    graph = nir.NIRGraph(nodes, edges, type_check=False)
    spec, parameters = network_of(graph)
    first, second = spec.layers
    assert isinstance(first, SparseSpec)
    assert (first.recurrent, first.bias, first.max_delay, second.kind) == (True, True, 3, "dense")
    there = int(np.count_nonzero(nodes["w"].weight) + np.count_nonzero(nodes["own"].weight))
    biases = 20  # those that are 0 too
    assert first.synapses == there + biases == len(parameters["n.weight"])
    assert check_equal(graph, spec, parameters) > 100
    with_dense, _ = network_of(graph, compact=False)
    assert [layer.kind for layer in with_dense.layers] == ["dense", "dense"]


@pytest.mark.parametrize("kind", ["li", "i", "cubali"])
def test_a_readout_by_potentials(kind: str) -> None:
    """Integers are the potentials in floating point, but for the rounding of weights and leaks."""
    rng = np.random.default_rng(1)
    one = np.ones(4)
    last = {
        "li": nir.LI(tau=one * 0.004, r=one * 2, v_leak=one * 0),
        "i": nir.I(r=one * 1000),
        "cubali": nir.CubaLI(one * 0.002, one * 0.008, one * 4, one * 0, one * 2),
    }[kind]
    graph = chain(
        (9,),
        ("w", nir.Linear(quarters(rng, 12, 9))),
        ("n", integrate_and_fire(12)),
        ("out", nir.Linear(rng.normal(0, 1, (4, 12)))),
        ("li", last),
        outputs=4,
    )
    spec, parameters = network_of(graph, readout="largest_potential", weight_bits=12)
    assert isinstance(spec.layers[1], IntegratorSpec)
    assert spec.readout is not None
    samples = (rng.random((6, 20, 9)) < 0.3).astype(np.uint8)
    _, potentials = NativeNetwork(spec, parameters).run_last(samples)
    floats = from_nir(graph, **ANSWERS)
    network = to_network(floats)
    exact = np.array([run(network, {"input": x.astype(float)})["li"] for x in samples])
    layers = to_layers(floats, potentials=True)
    np.testing.assert_allclose(float_potentials(layers, samples), exact, atol=1e-12)
    unit = np.abs(exact).max() / np.abs(potentials).max()
    assert np.abs(potentials * unit - exact).max() < 0.005 * np.abs(exact).max()
    answers = NativeNetwork(spec, parameters).answers(samples)
    np.testing.assert_array_equal(answers.winners, exact.max(axis=1).argmax(axis=1))


def test_what_is_refused_by_name(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    unlike = nir.LI(tau=np.full(2, 0.004), r=np.ones(2), v_leak=np.array([0.0, 1.0]))
    graph = chain((3,), ("w", nir.Linear(quarters(rng, 2, 3))), ("li", unlike), outputs=2)
    with pytest.raises(InterchangeError, match=r"^node 'li' \(li\) must have one v_leak for all"):
        network_of(graph, readout="last_potential")
    with pytest.raises(InterchangeError, match=r"^node 'li' \(li\) gives potentials: say by which"):
        network_of(graph)
    wide = chain(
        (1, 40, 40),
        ("a", nir.Conv2d((40, 40), quarters(rng, 1, 1, 3, 3), 1, 0, 1, 1, np.zeros(1))),
        ("n", integrate_and_fire(1, 38, 38)),
        outputs=1444,
    )
    with pytest.raises(InterchangeError, match=r"^node 'n' \(IF\) must have at most 1,024 inputs"):
        network_of(wide, compact=False)
    spec, parameters = network_of(wide, compact=None)
    assert [layer.kind for layer in spec.layers] == ["conv"]
    assert parameters["n.weight"].size == 9
    layers = to_layers(from_nir(wide, **ANSWERS))
    with pytest.raises(InterchangeError, match=r"^layer 'n' must be dense and fire to be written"):
        from_layers(layers, dt_ms=1.0)
    design, parameters, _ = import_design(wide, name="wide", weight_bits=8, **ANSWERS)
    toml, _ = save_design(tmp_path, design, parameters)
    assert load_design(toml) == design


def test_kernels_and_lists_of_matrices() -> None:
    shape = ConvSpec(name="a", image=(1, 3, 3), channels=1, kernel=(2, 2))
    matrix = np.zeros((4, 9))
    for neuron, first in enumerate((0, 1, 3, 4)):
        matrix[neuron, [first, first + 1, first + 3, first + 4]] = (1, 2, 3, 4)
    taps = Taps((4, 9), {0: matrix})
    rows = kernel_rows(taps.at(0), shape)
    assert rows is not None
    assert rows.weight.tolist() == [[1, 2, 3, 4]]
    for place in ((0, 0), (0, 8)):  # another number, and a synapse that no kernel has
        other = matrix.copy()
        other[place] = 5
        assert kernel_rows(Taps((4, 9), {0: other}).at(0), shape) is None
    assert zeros(taps) == 1 - 16 / 36
    listed = list_rows(
        "a", Taps((2, 3), {0: [[0, 5, 0], [0, 0, 0]], 2: [[7, 0, 0], [0, 0, 8]]}), None
    )
    assert listed.connections.column.tolist() == [[0, 1], [2, -1]]  # type: ignore[union-attr]
    assert listed.weight.tolist() == [[7, 5], [8, 0]]
    assert listed.delay is not None
    assert listed.delay.tolist() == [[2, 0], [2, 0]]


def test_a_readout_that_is_none_is_refused_in_one_line() -> None:
    graph = chain((2,), ("w", nir.Linear(np.ones((1, 2)))), ("n", integrate_and_fire(1)), outputs=1)
    with pytest.raises(ConfigError, match=r"^ReadoutSpec\.kind must be 'count', 'first_spike', "):
        network_of(graph, readout="loudest")


@pytest.mark.parametrize("stride", [1, 2])
def test_by_default_a_kernel_is_taken_that_has_hardware(stride: int) -> None:
    rng = np.random.default_rng(6)
    out = 4 // stride
    graph = chain(
        (1, 6, 6),
        ("a", nir.Conv2d((6, 6), quarters(rng, 2, 1, 3, 3), stride, 0, 1, 1, np.zeros(2))),
        ("n", integrate_and_fire(2, out, out)),
        outputs=2 * out * out,
    )
    spec, parameters = network_of(graph, compact=None)
    assert spec.layers[0].kind == "conv"
    assert check_equal(graph, spec, parameters) > 10
