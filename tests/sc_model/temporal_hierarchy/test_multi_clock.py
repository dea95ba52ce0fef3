"""Multi-clock networks against recorded vectors."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from support import VECTORS

from sc_model.temporal_hierarchy import ClockDomain, HetSynLayer, MultiClockSNN

EXAMPLES: list[dict[str, Any]] = json.loads(
    (VECTORS / "multi_clock.json").read_text(encoding="utf-8")
)

NUMBERS = range(len(EXAMPLES))


@pytest.fixture(scope="module")
def vectors() -> dict[str, np.ndarray]:
    with np.load(VECTORS / "multi_clock.npz") as archive:
        return {name: archive[name] for name in archive.files}


def network(k: int) -> MultiClockSNN:
    given = EXAMPLES[k]
    sizes = [given["n_inputs"], *given["n_neurons"]]
    layers = [
        HetSynLayer(
            sizes[i],
            sizes[i + 1],
            given["tau_mean"][i],
            given["tau_std"],
            given["threshold"][i],
            seed=given["seed"][i],
        )
        for i in range(len(given["n_neurons"]))
    ]
    return MultiClockSNN(layers, ["fast", "slow"], given["clock_intervals"])


def test_the_vectors_are_those_that_were_promised(vectors: dict[str, np.ndarray]) -> None:
    assert len(EXAMPLES) == 4
    assert sorted(vectors) == sorted(
        f"c{k}_{name}" for k in NUMBERS for name in ("x", "y", "tau0", "w0")
    )
    assert all(0.1 < vectors[f"c{k}_y"].mean() < 0.9 for k in NUMBERS)
    assert len({tuple(given["clock_intervals"]) for given in EXAMPLES}) == 4


@pytest.mark.parametrize("k", NUMBERS)
def test_draws(k: int, vectors: dict[str, np.ndarray]) -> None:
    net = network(k)
    first = net.layers[0]
    np.testing.assert_allclose(first.tau, vectors[f"c{k}_tau0"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(first.weight, vectors[f"c{k}_w0"], rtol=0, atol=1e-12)
    for layer, expected in zip(net.layers, EXAMPLES[k]["tau_stats"], strict=True):
        assert layer.tau_stats == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("k", NUMBERS)
def test_spikes_in_one_go(k: int, vectors: dict[str, np.ndarray]) -> None:
    assert (network(k).run(vectors[f"c{k}_x"], EXAMPLES[k]["dt"]) == vectors[f"c{k}_y"]).all()


@pytest.mark.parametrize("k", NUMBERS)
def test_spikes_step_by_step(k: int, vectors: dict[str, np.ndarray]) -> None:
    net, dt = network(k), EXAMPLES[k]["dt"]
    assert (np.array([net.step(x, dt) for x in vectors[f"c{k}_x"]]) == vectors[f"c{k}_y"]).all()


@pytest.mark.parametrize("k", NUMBERS)
def test_spikes_from_domains_after_a_reset_and_in_parts(
    k: int, vectors: dict[str, np.ndarray]
) -> None:
    x, y, dt = vectors[f"c{k}_x"], vectors[f"c{k}_y"], EXAMPLES[k]["dt"]
    layers = network(k).layers
    domains = [
        ClockDomain(n, i, [a])
        for n, i, a in zip("ab", EXAMPLES[k]["clock_intervals"], layers, strict=True)
    ]
    net = MultiClockSNN.from_domains(domains)
    net.run(x[:77], dt)
    net.reset()
    assert net.steps == 0
    found = np.concatenate(
        [net.run(x[:1], dt), net.run(x[1:1], dt), net.run(x[1:84], dt), net.run(x[84:], dt)]
    )
    assert (found == y).all()
    assert net.steps == len(x)
    assert (net.outputs["b"] == y[-1]).all()
