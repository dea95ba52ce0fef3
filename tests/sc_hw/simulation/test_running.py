"""Portions of a run on a model; boards are in the tests of the self-test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support import ROOT

from sc_hw.simulation.running import BINS, PORTIONS, run_design
from sc_model.golden import Synapse
from sc_model.rules import resolve
from sc_model.spec import ConfigError, RuleChoice

LANE = ROOT / "examples" / "lane.toml"


@pytest.mark.parametrize(
    ("steps", "ends"),
    [
        (1, [1]),
        (20, list(range(1, 21))),
        # 45 steps are not 20 portions of 3: the run ends with its steps
        (45, list(range(3, 46, 3))),
        (41, [*range(3, 40, 3), 41]),
    ],
)
def test_portions_end_with_the_steps(steps: int, ends: list[int]) -> None:
    portions = list(run_design(LANE, steps=steps))
    assert [now.step for now in portions] == ends
    assert len(portions) <= PORTIONS
    assert {now.steps for now in portions} == {steps}
    for now in portions:
        assert (len(now.histogram), sum(now.histogram)) == (BINS, 1)  # a lane has one weight
        assert (now.spikes, now.rate) == (None, None)
        assert now.least == now.greatest == now.mean


def test_recording_is_replayed(tmp_path: Path) -> None:
    """The weight is what the golden synapse has after as many of the recorded steps."""
    steps = 12
    rng = np.random.default_rng(3)
    inputs = {
        "pre_spike": rng.integers(0, 2, (steps, 1)),
        "post_spike": rng.integers(0, 2, (steps, 1)),
        "reward": rng.integers(-128, 128, (steps, 1)),
    }
    np.savez(tmp_path / "events.npz", initial_weight=np.array([40_000]), **inputs)
    synapse = Synapse(*resolve(RuleChoice(family="reward_modulated_stdp")))
    synapse.load({"weight": 40_000})
    weights = []
    for t in range(steps):
        synapse.step({name: int(values[t, 0]) for name, values in inputs.items()})
        weights.append(synapse.state["weight"])
    for asked, last in ((None, steps), (5, 5)):
        portions = list(run_design(LANE, steps=asked, events=tmp_path / "events.npz"))
        assert [now.least for now in portions] == weights[:last]
        reward = float(inputs["reward"][last - 1, 0])
        assert portions[-1].as_json()["modulators"]["reward"] == reward
    text = r"^steps must be at most the recording's 12, not 13\.$"
    with pytest.raises(ConfigError, match=text):
        next(run_design(LANE, steps=13, events=tmp_path / "events.npz"))


def test_a_learning_network_shows_its_right_answers_and_all_weights() -> None:
    design = ROOT / "examples" / "on_chip" / "digits.toml"
    portions = list(run_design(design, steps=40))
    assert (portions[-1].spikes, portions[-1].rate) == (None, None)
    assert all(0 <= now.modulators["right"] <= 1 for now in portions)
    assert {sum(now.histogram) for now in portions} == {65 * 128 + 128 * 10}
    for now in portions:
        counts = {name: sum(each) for name, each in now.layers.items()}
        assert counts == {"hidden": 65 * 128, "output": 128 * 10}
        assert np.array_equal(np.sum([*now.layers.values()], 0), now.histogram)
    assert -127 <= min(now.least or 0 for now in portions) <= -24
