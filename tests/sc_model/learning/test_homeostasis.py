"""Homeostatic scaling: rates it drives a network to, each synapse in a plain loop, calls however
rare, checkpoints, errors.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sc_model.learning import HomeostaticPlasticity
from sc_model.network import LI, LIF, STDP, Network, PoissonStimulus, Population, Projection, Relay


def driven(weight: float, n: int = 15, **excitation: Any) -> tuple[Network, Population]:
    """Excitatory and inhibitory Poisson inputs, two projections; the weights decide how fast the
    cells are.
    """
    plus, minus = Population(Relay, 60, "plus"), Population(Relay, 15, "minus")
    cells = Population(LIF(tau_ms=20.0, refractory_ms=2.0), n, "cells")
    net = Network(
        1.0,
        [
            plus,
            minus,
            cells,
            PoissonStimulus(plus, 40.0, seed=1),
            PoissonStimulus(minus, 40.0, seed=2),
        ],
    )
    net.add(
        Projection(
            plus,
            cells,
            lambda r, k: weight * r.uniform(0.5, 1.5, k),
            probability=0.5,
            seed=3,
            label="e",
            **excitation,
        )
    )
    net.add(
        Projection(
            minus,
            cells,
            lambda r, k: -weight * r.uniform(0.5, 1.5, k),
            probability=0.5,
            seed=4,
            delay=2,
            label="i",
        )
    )
    return net, cells


def rate(
    net: Network, cells: Population, act: HomeostaticPlasticity | None, ms: int, every: int
) -> float:
    """Mean rate over so many ms, with a call every so many steps."""
    before = cells.spike_counts.sum()
    for _ in range(ms // every):
        net.run(every)
        if act is not None:
            act.update(cells)
    return float(1000.0 * (cells.spike_counts.sum() - before) / (cells.n * ms))


@pytest.mark.parametrize(("weight", "every"), [(4.5, 1), (4.5, 100), (0.56, 50)])
def test_ten_times_too_fast_or_too_slow_becomes_right(weight: float, every: int) -> None:
    free = rate(*driven(weight), None, 2000, 100)
    assert free > 95 if weight > 1 else free < 1.2
    net, cells = driven(weight)
    homeostasis = HomeostaticPlasticity(target_rate=10.0, tau=400.0)
    rate(net, cells, homeostasis, 4000, every)
    assert rate(net, cells, homeostasis, 4000, every) == pytest.approx(10.0, rel=0.1)
    assert net.projections["e"].weights.min() > 0
    assert net.projections["i"].weights.max() < 0


@pytest.mark.parametrize(("inhibitory", "sign"), [("opposite", -1), ("same", 1), ("fixed", 0)])
@pytest.mark.parametrize("target", [200.0, 5.0])
def test_every_synapse_is_scaled_as_written(inhibitory: Any, sign: int, target: float) -> None:
    """The equations once more, one neuron and one synapse after the other; the calls are
    irregular.
    """
    net, cells = driven(4.0, n=5)
    act = HomeostaticPlasticity(target, 300.0, tau_scaling=700.0, inhibitory=inhibitory)
    weights = {label: [float(w) for w in each.weights] for label, each in net.projections.items()}
    mean, norm, counted = [0.0] * 5, 0.0, [0] * 5
    for steps in (1, 1, 30, 2, 400, 5):
        net.run(steps)
        done = act.update(cells)
        kept, factors, changed = math.exp(-steps / 300), [], 0
        norm = kept * norm + 1 - kept
        for j in range(5):
            latest = 1000 * (int(cells.spike_counts[j]) - counted[j]) / steps
            counted[j] = int(cells.spike_counts[j])
            mean[j] = kept * mean[j] + (1 - kept) * latest
            share = (1 - math.exp(-steps / 700)) * max(-1.0, min(1.0, 1 - mean[j] / norm / target))
            factors.append(max(-0.1, min(0.1, share)))
        for label, each in net.projections.items():
            for k, j in enumerate(each.indices):
                weights[label][k] *= 1 + factors[j] * (1 if label == "e" else sign)
                changed += label == "e" or sign != 0
            np.testing.assert_allclose(each.weights, weights[label], rtol=1e-13)
        np.testing.assert_allclose(act.rates(cells), np.array(mean) / norm, rtol=1e-13)
        assert done.mean_rate == pytest.approx(np.mean(mean) / norm)
        assert (done.smallest, done.largest) == pytest.approx((1 + min(factors), 1 + max(factors)))
        assert (done.synapses, done.changed, done.saturated) == (
            sum(map(len, weights.values())),
            changed,
            0,
        )


@pytest.mark.parametrize(("weight", "factor"), [(40.0, 0.9), (1e-6, 1.1)])
def test_a_call_changes_ten_percent_at_most(weight: float, factor: float) -> None:
    net, cells = driven(weight)
    before = {label: each.weights.copy() for label, each in net.projections.items()}
    net.run(2000)
    done = HomeostaticPlasticity(tau=100.0).update(cells)
    assert (done.smallest, done.largest) == pytest.approx((factor, factor))
    np.testing.assert_allclose(net.projections["e"].weights, factor * before["e"], rtol=1e-12)
    np.testing.assert_allclose(net.projections["i"].weights, (2 - factor) * before["i"], rtol=1e-12)


def test_a_rate_is_not_taken_for_slow_because_the_run_is_young() -> None:
    net, cells = driven(4.0)
    homeostasis = HomeostaticPlasticity(tau=1e5)
    for _ in range(100):
        net.step()
        homeostasis.update(cells)
    np.testing.assert_allclose(
        homeostasis.rates(cells), 10 * cells.spike_counts, rtol=2e-3, atol=0.1
    )


def test_bounds_of_the_learner_and_of_stdp() -> None:
    for excitation, act in (
        (dict[str, Any](), {"w_max": 5.0}),
        ({"plasticity": STDP(a_plus=0.0, a_minus=0.0, w_max=5.0)}, {}),
    ):
        net, cells = driven(3.0, **excitation)
        homeostasis = HomeostaticPlasticity(500.0, 100.0, tau_scaling=1.0, **act)
        saturated = 0
        for _ in range(20):
            net.run(10)
            saturated += homeostasis.update(cells).saturated
        assert net.projections["e"].weights.max() == 5.0
        assert saturated > 0
        net.reset()  # STDP would refuse a weight that is out of its bounds


def test_a_weight_that_is_out_of_bounds_is_not_moved_further() -> None:
    net, cells = driven(3.0)
    net.projections["e"].weights[:] = 9.0
    net.run(10)
    HomeostaticPlasticity(500.0, 100.0, w_max=5.0).update(cells)
    np.testing.assert_array_equal(net.projections["e"].weights, 9.0)


def test_before_a_step_there_is_nothing_to_scale_and_a_reset_is_noticed() -> None:
    net, cells = driven(3.0)
    homeostasis = HomeostaticPlasticity()
    before = net.projections["e"].weights.copy()
    assert homeostasis.update(cells).changed == 0
    np.testing.assert_array_equal(net.projections["e"].weights, before)
    with pytest.raises(
        ValueError,
        match=r"^Population\(LIF, 15, label='cells'\) must have been updated after a step;",
    ):
        homeostasis.rates(cells)
    net.run(500)
    homeostasis.update(cells)
    net.reset()
    net.run(400)
    homeostasis.update(cells)
    kept = math.exp(-0.5), math.exp(-0.4)
    assert homeostasis.state_dict()["cells/norm"] == pytest.approx(1 - kept[0] * kept[1])


def test_a_killed_run_goes_on_with_the_same_bits(tmp_path: Path) -> None:
    net, cells = driven(4.0)
    act = HomeostaticPlasticity(tau=100.0)
    rate(net, cells, act, 300, 7)
    np.savez(tmp_path / "net.npz", **net.state_dict())  # type: ignore[arg-type]
    np.savez(tmp_path / "act.npz", **act.state_dict())  # type: ignore[arg-type]
    rate(net, cells, act, 300, 7)
    again, others = driven(4.0)
    resumed = HomeostaticPlasticity(tau=100.0)
    with np.load(tmp_path / "net.npz") as one, np.load(tmp_path / "act.npz") as two:
        again.load_state_dict(one)
        resumed.load_state_dict(two)
    rate(again, others, resumed, 300, 7)
    for mine, other in (
        (net.state_dict(), again.state_dict()),
        (act.state_dict(), resumed.state_dict()),
    ):
        for name, values in mine.items():
            np.testing.assert_array_equal(values, other[name], err_msg=name)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"target_rate": 0.0}, ValueError, "target_rate must be > 0 and finite, not 0.0"),
        ({"tau": math.nan}, ValueError, "tau must be > 0 and finite, not nan"),
        ({"tau_scaling": "1"}, TypeError, "tau_scaling must be a number, not '1' (str)"),
        (
            {"inhibitory": "opposit"},
            ValueError,
            (
                "inhibitory must be 'opposite', 'same' or 'fixed', not 'opposit'; did you mean"
                " 'opposite'?"
            ),
        ),
    ],
)
def test_parameters_that_are_refused(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        HomeostaticPlasticity(**arguments)


def test_populations_that_are_refused() -> None:
    homeostasis = HomeostaticPlasticity()
    with pytest.raises(TypeError, match=r"^population must be a Population, not 'cells' \(str\)$"):
        homeostasis.update("cells")  # type: ignore[arg-type]
    with pytest.raises(
        ValueError, match=r"^Population\(LIF, 3, label='a'\) must be in a network; add it first$"
    ):
        homeostasis.update(Population(LIF, 3, "a"))
    net, cells = driven(1.0)
    with pytest.raises(
        ValueError,
        match=(
            r"^Population\(Relay, 60, label='plus'\) must have a projection that leads to it;"
            r" add one"
        ),
    ):
        homeostasis.update(net.populations["plus"])
    with pytest.raises(
        ValueError, match=r"^Population\(LI, 2, label='li'\) must be of a model that spikes$"
    ):
        homeostasis.update(net.add(Population(LI, 2, "li")))
    homeostasis.update(cells)
    with pytest.raises(
        ValueError,
        match=r"must be in the network of the calls before; make a HomeostaticPlasticity for each$",
    ):
        homeostasis.update(driven(1.0)[1])
    with pytest.raises(
        ValueError,
        match=(
            r"^homeostatic state must hold mean, norm, spike_counts and steps of each label, not"
            r" \['a/x'\]$"
        ),
    ):
        homeostasis.load_state_dict({"a/x": np.zeros(1)})
