"""R-STDP over a network: each synapse alone in a plain loop, the network's own STDP, checkpoints,
changing topology, errors.
"""

from __future__ import annotations

import importlib.util
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import ROOT

from sc_model.learning import RewardModulatedLearner
from sc_model.network import LI, LIF, STDP, Network, PoissonStimulus, Population, Projection, Relay


def graph(seed: int, plasticity: STDP | None = None) -> Network:
    """Inputs, cells and a loop back, in an order that makes some connections wait a step; delays of
    all three modes.
    """
    draws = np.random.default_rng(seed)
    n = [int(size) for size in draws.integers(1, 6, 3)]
    relay = Population(Relay, n[0], "in")
    cells = [
        Population(LIF(tau_ms=10.0), size, label)
        for size, label in zip(n[1:], ("a", "b"), strict=True)
    ]
    parts: list[Any] = [relay, *cells] if draws.random() < 0.5 else [cells[0], relay, cells[1]]
    net = Network(
        float(draws.choice([0.5, 1.0])), [*parts, PoissonStimulus(relay, 200.0, seed=seed)]
    )
    everyone = [relay, *cells]
    ends = [(0, 1), (1, 2), (2, 1), (1, 1)] + [(0, 2)] * int(draws.integers(2))
    for source, target in ends:
        weights = draws.uniform(0.2, 0.8, n[source] * n[target])
        mode = int(draws.integers(3))
        delay: Any = (0, 3, draws.integers(0, 6, len(weights)))[mode]
        there = Projection(
            everyone[source],
            everyone[target],
            weights,
            delay=delay,
            topology="all_to_all",
            plasticity=plasticity,
        )
        net.add(there)
    for cell in cells:
        net.add(PoissonStimulus(cell, 60.0, weight=30.0, seed=seed + 1000 + cell.n))
    return net


class Loop:
    """One synapse after the other, from rasters of what each population has put out; no arrays."""

    def __init__(
        self,
        net: Network,
        rate: float,
        taus: tuple[float, float, float, float],
        steps: tuple[float, float],
    ) -> None:
        (
            self.net,
            self.rate,
            (self.plus, self.minus, self.slow, self.reward),
            (self.a_plus, self.a_minus),
        ) = (
            net,
            rate,
            taus,
            steps,
        )
        order = list(net.populations)
        self.synapses = []
        for label, projection in net.projections.items():
            late = order.index(str(projection.source.label)) >= order.index(
                str(projection.target.label)
            )
            for k in range(projection.size):
                i = int(projection.csr.sources[k])
                self.synapses.append(
                    {
                        "label": label,
                        "k": k,
                        "i": i,
                        "j": int(projection.indices[k]),
                        "wait": int(projection.delay_steps[k]) + late,
                        "w": float(projection.weights[k]),
                        "x": 0.0,
                        "y": 0.0,
                        "e": 0.0,
                    }
                )
        self.raster: list[dict[str, list[bool]]] = []
        self.dopamine = 0.0

    def step(self, reward: float) -> None:
        dt = self.net.dt_ms
        self.raster.append(
            {label: [bool(s) for s in each.spikes] for label, each in self.net.populations.items()}
        )
        self.dopamine = reward + (
            math.exp(-dt / self.reward) * self.dopamine if self.reward else 0.0
        )
        for s in self.synapses:
            projection = self.net.projections[s["label"]]
            when = len(self.raster) - 1 - s["wait"]
            arrives = when >= 0 and self.raster[when][str(projection.source.label)][s["i"]]
            fires = self.raster[-1][str(projection.target.label)][s["j"]]
            s["x"] *= math.exp(-dt / self.plus)
            s["y"] *= math.exp(-dt / self.minus)
            s["e"] *= math.exp(-dt / self.slow)
            if arrives:
                s["e"] -= self.a_minus * s["y"]
            if fires:
                s["e"] += self.a_plus * s["x"]
            s["x"] += arrives
            s["y"] += fires
            s["w"] = min(1.0, max(0.0, s["w"] + self.rate * self.dopamine * s["e"]))

    def of(self, label: str, what: str) -> list[float]:
        return [s[what] for s in self.synapses if s["label"] == label]


@settings(max_examples=10, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    taus=st.tuples(
        st.floats(1, 50),
        st.floats(1, 50),
        st.sampled_from([0.3, 20.0, 1000.0]),
        st.sampled_from([0.0, 5.0, 100.0]),
    ),
    steps=st.tuples(st.floats(0, 2), st.floats(0, 2)),
    rate=st.sampled_from([0.003, 0.1]),
)
def test_a_network_learns_as_each_of_its_synapses_would(
    seed: int, taus: tuple[float, float, float, float], steps: tuple[float, float], rate: float
) -> None:
    net = graph(seed)
    loop = Loop(net, rate, taus, steps)
    learner = RewardModulatedLearner(
        net,
        taus[3],
        learning_rate=rate,
        **dict(zip(("tau_plus_ms", "tau_minus_ms", "tau_eligibility_ms"), taus[:3], strict=True)),
        **dict(zip(("a_plus", "a_minus"), steps, strict=True)),
    )
    draws = np.random.default_rng(seed + 1)
    for _ in range(120):
        net.step()
        reward = float(draws.normal()) if draws.random() < 0.3 else 0.0
        before = np.concatenate([each.weights.copy() for each in net.projections.values()])
        done = learner.step(reward)
        after = np.concatenate([each.weights for each in net.projections.values()])
        loop.step(reward)
        assert done.reward == reward
        assert done.synapses == len(after)
        assert done.changed == np.count_nonzero(after != before)
        assert done.mean_change == pytest.approx(np.abs(after - before).mean(), abs=1e-15)
        assert done.dopamine == pytest.approx(loop.dopamine, abs=1e-12)
        assert done.saturated <= np.count_nonzero((after == 0) | (after == 1))
        for label, projection in net.projections.items():
            np.testing.assert_allclose(projection.weights, loop.of(label, "w"), rtol=0, atol=1e-12)
            np.testing.assert_allclose(
                learner.eligibility(label), loop.of(label, "e"), rtol=1e-12, atol=1e-12
            )


def test_the_graphs_of_that_test_fire_everywhere() -> None:
    counts = []
    for seed in range(20):
        net = graph(seed)
        net.run(120)
        counts += [each.spike_counts.mean() for each in net.populations.values()]
    assert np.mean(np.array(counts) > 2) > 0.9


def test_without_memory_and_with_a_reward_of_one_it_is_stdp() -> None:
    """An eligibility that lasts one step, and dopamine that does, leave the network's own pair
    rule.
    """
    plain, own = (
        graph(3),
        graph(3, STDP(tau_plus_ms=12.0, tau_minus_ms=25.0, a_plus=1e-4, a_minus=2e-4)),
    )
    learner = RewardModulatedLearner(
        plain,
        0.0,
        learning_rate=1.0,
        a_plus=1e-4,
        a_minus=2e-4,
        tau_plus_ms=12.0,
        tau_minus_ms=25.0,
        tau_eligibility_ms=1e-3,
    )
    for _ in range(300):
        plain.step()
        learner.step(1.0)
        own.step()
    moved = 0.0
    for label, projection in own.projections.items():
        np.testing.assert_allclose(
            plain.projections[label].weights, projection.weights, rtol=0, atol=1e-12
        )
        moved += float(np.abs(projection.weights - graph(3).projections[label].weights).sum())
    assert moved > 0.01


def test_no_reward_changes_nothing_and_its_sign_decides() -> None:
    moved = []
    for reward in (0.0, 1.0, -1.0):
        net = graph(5)
        before = net.projections["in->a"].weights.copy()
        learner = RewardModulatedLearner(net, 50.0, learning_rate=1e-4)
        steps = []
        for _ in range(100):
            net.step()
            steps.append(learner.step(reward))
        moved.append(net.projections["in->a"].weights - before)
        assert all(step.changed == 0 for step in steps) == (reward == 0)
    assert not moved[0].any()
    assert moved[1].any()


def test_bounds_hold_and_are_counted() -> None:
    net = graph(5)
    learner = RewardModulatedLearner(net, 50.0, learning_rate=10.0, w_min=0.1, w_max=0.9)
    saturated = 0
    for _ in range(100):
        net.step()
        saturated += learner.step(1.0).saturated
    weights = np.concatenate([each.weights for each in net.projections.values()])
    assert weights.min() == 0.1
    assert weights.max() == 0.9
    assert saturated > 0


def test_projections_that_are_not_chosen_stay() -> None:
    net = graph(5)
    learner = RewardModulatedLearner(net, projections=["in->a", net.projections["a->b"]])
    before = {label: each.weights.copy() for label, each in net.projections.items()}
    for _ in range(100):
        net.step()
        learner.step(1.0)
    changed = {
        label
        for label, each in net.projections.items()
        if not np.array_equal(each.weights, before[label])
    }
    assert changed == {"in->a", "a->b"}


def test_a_killed_run_goes_on_with_the_same_bits(tmp_path: Path) -> None:
    def begin() -> tuple[Network, RewardModulatedLearner]:
        net = graph(11)
        # so short a memory that the common factor is multiplied in several times
        return net, RewardModulatedLearner(net, 30.0, tau_eligibility_ms=0.4)

    rewards = np.random.default_rng(0).normal(size=300)
    net, learner = begin()
    for step, reward in enumerate(rewards):
        if step == 150:
            np.savez(tmp_path / "net.npz", **net.state_dict())  # type: ignore[arg-type]
            np.savez(tmp_path / "learner.npz", **learner.state_dict())  # type: ignore[arg-type]
        net.step()
        learner.step(float(reward))
    again, resumed = begin()
    with np.load(tmp_path / "net.npz") as one, np.load(tmp_path / "learner.npz") as two:
        again.load_state_dict(one)
        resumed.load_state_dict(two)
    for reward in rewards[150:]:
        again.step()
        resumed.step(float(reward))
    for mine, other in (
        (net.state_dict(), again.state_dict()),
        (learner.state_dict(), resumed.state_dict()),
    ):
        for name, values in mine.items():
            np.testing.assert_array_equal(values, other[name], err_msg=name)


def test_synapses_that_stay_keep_their_eligibility() -> None:
    net = graph(7)
    learner = RewardModulatedLearner(net)
    for _ in range(60):
        net.step()
        learner.step(0.0)
    there = net.projections["a->b"]
    held = learner.eligibility(there)
    kept = np.arange(there.size) % 2 == 0
    delays = there.delay_steps[kept] if there.delay_mode == "per_synapse" else None
    indptr = np.searchsorted(there.csr.sources[kept], np.arange(there.source.n + 1))
    full = there.csr
    there.replace(indptr, there.indices[kept], there.weights[kept], delays)
    assert held.any()
    np.testing.assert_array_equal(learner.eligibility(there), held[kept])
    net.step()
    learner.step(1.0)
    half = learner.eligibility(there)
    delays = np.zeros(full.size) if there.delay_mode == "per_synapse" else None
    there.replace(full.indptr, full.indices, np.full(full.size, 0.5), delays)
    np.testing.assert_array_equal(learner.eligibility(there)[kept], half)
    assert not learner.eligibility(there)[~kept].any()


def test_a_trial_begins_with_a_reset() -> None:
    ends = []
    for _ in range(2):
        net = graph(9)
        learner = RewardModulatedLearner(net)
        if ends:
            for _ in range(40):
                net.step()
                learner.step(0.0)
            net.reset()
            learner.reset()
        for _ in range(40):
            net.step()
            learner.step(1.0)
        ends.append(np.concatenate([each.weights for each in net.projections.values()]))
    np.testing.assert_array_equal(*ends)


@pytest.mark.parametrize(
    ("reward", "error", "message"),
    [
        (math.nan, ValueError, "reward must be finite, not nan"),
        (-math.inf, ValueError, "reward must be finite, not -inf"),
        ("1", TypeError, "reward must be a number, not '1' (str)"),
    ],
)
def test_rewards_that_are_refused_change_nothing(
    reward: Any, error: type[Exception], message: str
) -> None:
    net = graph(1)
    learner = RewardModulatedLearner(net)
    net.step()
    before = learner.state_dict()
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        learner.step(reward)
    for name, values in learner.state_dict().items():
        np.testing.assert_array_equal(values, before[name])


def test_a_step_that_was_missed_is_an_error() -> None:
    net = graph(1)
    learner = RewardModulatedLearner(net)
    wanted = (
        "network must have taken 1 step since the learner's last, not {}; call step(reward) after"
        " each network.step(), and reset() after network.reset()"
    )
    for steps in (0, 2):
        net.run(steps)
        with pytest.raises(ValueError, match=f"^{re.escape(wanted.format(steps))}$"):
            learner.step(0.0)


def pair(weight: float = 0.5, model: Any = LIF, plasticity: STDP | None = None) -> Network:
    source, target = Population(Relay, 2, "in"), Population(model, 2, "out")
    return Network(
        1.0, [source, target, Projection(source, target, weight, label="p", plasticity=plasticity)]
    )


@pytest.mark.parametrize(
    ("net", "arguments", "error", "message"),
    [
        (None, {}, TypeError, "network must be a Network, not None (NoneType)"),
        (
            pair(),
            {"projections": ["q"]},
            ValueError,
            "projections must be in the network, not 'q'; there are p",
        ),
        (
            pair(),
            {"projections": ["p", "p"]},
            ValueError,
            "projections must name each once, not 'p' twice",
        ),
        (
            pair(),
            {"projections": []},
            ValueError,
            "projections must be at least one; add one to the network first",
        ),
        (pair(), {"tau_reward": -1.0}, ValueError, "tau_reward must be >= 0 and finite, not -1.0"),
        (pair(), {"w_max": 0.0}, ValueError, "w_min must be < w_max (0.0), not 0.0"),
        (
            pair(-0.5),
            {},
            ValueError,
            (
                "weights of 'p' must be in [0.0, 1.0], not -0.5; give w_min and w_max, or leave it"
                " out of projections"
            ),
        ),
        (
            pair(plasticity=STDP()),
            {},
            ValueError,
            "projection 'p' must have no plasticity of its own; leave it out of projections",
        ),
    ],
)
def test_what_a_learner_refuses(
    net: Any, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        RewardModulatedLearner(net, **arguments)


def test_another_networks_projection_or_state_is_refused() -> None:
    net = pair()
    with pytest.raises(
        ValueError,
        match=r"^projections must be in the network, not Projection\(.*\); did you mean .p.\?$",
    ):
        RewardModulatedLearner(net, projections=[pair().projections["p"]])
    learner = RewardModulatedLearner(net)
    with pytest.raises(ValueError, match=r"^projection must be one of p, not 'q'$"):
        learner.eligibility("q")
    state = learner.state_dict()
    with pytest.raises(
        ValueError,
        match=(
            r"^state must be of a learner of the same projections; 'p/x' is in one of them alone$"
        ),
    ):
        learner.load_state_dict({name: values for name, values in state.items() if name != "p/x"})
    with pytest.raises(ValueError, match=r"^p/eligibility must have shape \(4,\), not \(5,\)$"):
        learner.load_state_dict({**state, "p/eligibility": np.zeros(5)})


def test_a_target_that_never_spikes_makes_nothing_eligible() -> None:
    net = pair(model=LI)
    learner = RewardModulatedLearner(net)
    net.step({"in": 1.0, "out": 5.0})
    learner.step(1.0)
    assert not learner.eligibility("p").any()


def test_a_bandit_is_learned_and_not_without_modulation(monkeypatch: pytest.MonkeyPatch) -> None:
    """The task of examples/learners, shorter; 0.9 is the most that can be had, 0.3 is chance."""
    found = importlib.util.spec_from_file_location(
        "reward_bandit_task", ROOT / "examples" / "learners" / "reward_bandit.py"
    )
    if found is None or found.loader is None:
        raise FileNotFoundError("examples/learners/reward_bandit.py")
    task = importlib.util.module_from_spec(found)
    found.loader.exec_module(task)
    monkeypatch.setattr(task, "TRIALS", 900)
    monkeypatch.setattr(task, "LAST", 300)
    assert task.spiking(100, True) > 0.75
    assert task.spiking(100, False) < 0.45
    assert task.rivals(100, "thompson")[-task.LAST :].mean() > 0.75
