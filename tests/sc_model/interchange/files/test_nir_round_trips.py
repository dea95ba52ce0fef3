"""Export then import is the identity, and what runs is what NIR's equations say."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import nir
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nir_graphs import DT_MS, difference, graphs
from nir_interpreter import interpret

from sc_model.interchange import (
    FloatGraph,
    from_network,
    from_nir,
    read,
    run,
    to_network,
    to_nir,
    write,
)

EXAMPLES = settings(
    max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


@EXAMPLES
@given(graphs())
def test_lanes_out_and_in_are_the_identity(graph: FloatGraph) -> None:
    assert difference(graph, from_nir(to_nir(graph))) is None


@EXAMPLES
@given(graphs(compact=True))
def test_compact_out_and_in_is_the_identity(graph: FloatGraph) -> None:
    assert difference(graph, from_nir(to_nir(graph, "compact"))) is None


@settings(EXAMPLES, max_examples=15)
@given(graphs(), st.sampled_from(("lanes", "compact")))
def test_files_out_and_in_are_the_identity(
    tmp_path_factory: pytest.TempPathFactory, graph: FloatGraph, form: str
) -> None:
    several = any(each.taps.twofold() for each in graph.connections if each.source)
    form = "lanes" if several else form
    file = write(tmp_path_factory.mktemp("nir") / "g.nir", graph, form)
    assert difference(graph, read(file)) is None


@EXAMPLES
@given(graphs())
def test_a_network_out_and_in_is_the_same(graph: FloatGraph) -> None:
    frozen = dataclasses.replace(
        graph,
        connections=tuple(each for each in graph.connections if each.plasticity is None),
        # what a network says with a refractory step, and below its threshold, the graph says
        # otherwise
        populations={
            name: dataclasses.replace(
                each, strict=True, reset_delay=each.reset_delay and each.reset == "subtract"
            )
            for name, each in graph.populations.items()
        },
    )
    unused = {
        each.name
        for each in frozen.populations.values()
        if each.kind == "input" and not frozen.out_of(each.name)
    }
    twin = from_network(to_network(frozen))
    same = dataclasses.replace(
        frozen,
        populations={
            name: dataclasses.replace(each, kind="output") if name in unused else each
            for name, each in frozen.populations.items()
        },
    )
    assert difference(same, twin, 1e-12) is None


@EXAMPLES
@given(graphs(), st.integers(0, 2**32 - 1))
def test_a_network_runs_as_the_equations_of_its_graph(graph: FloatGraph, seed: int) -> None:
    rng = np.random.default_rng(seed)
    steps = 25
    inputs = {
        each.name: rng.integers(0, 2, (steps, each.size)).astype(float)
        for each in graph.of_kind("input")
    }
    resets = {name: (each.reset, each.reset_delay) for name, each in graph.populations.items()}
    expected = interpret(to_nir(graph), graph.place, DT_MS / 1e3, resets, inputs)
    found = run(to_network(graph, plasticity="freeze"), inputs)
    for name in graph.populations:
        assert np.allclose(found[name], expected[name], rtol=1e-9, atol=1e-9), name


def test_files_are_the_same_bytes_again(tmp_path: Path) -> None:
    graph = from_nir(
        nir.NIRGraph.from_list(
            nir.Linear(np.eye(3) * 2),
            nir.LIF(*(np.full(3, each) for each in (0.01, 1.0, 0.0, 1.0))),
        ),
        dt_ms=1.0,
        reset="zero",
        reset_delay=False,
    )
    first, second = (write(tmp_path / name, graph) for name in ("a.nir", "b.nir"))
    assert first.read_bytes() == second.read_bytes()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.nir", "b.nir"]
