"""The task of digits: its lines, its split, and what it refuses."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from sc_model.evaluation.digits import Loop, dataset, digits_accuracy, split, thresholds
from sc_model.spec import ConfigError, Design, NeuronSpec, PlasticLayerSpec, RuleChoice

pytest.importorskip("sklearn")


def design(**changes: Any) -> Design:
    rule = {"weight_bits": 8, "trace_bits": 4, "reward_bits": changes.pop("reward_bits", 6)}
    neuron = NeuronSpec(winner_take_all=changes.pop("competes", True), threshold=1 << 17)
    values = {"inputs": 128, "neurons": 10, "critic_shift": 4} | changes
    family = "reward_modulated_stdp"
    return Design(
        name="d",
        block="layer",
        rule=RuleChoice(family=family, parameters=rule),
        layer=PlasticLayerSpec(**values),
        neuron=neuron,
    )


def test_every_sample_has_as_many_active_lines() -> None:
    assert thresholds(2) == (5, 11)  # those of the shipped recording
    for count in (1, 2, 3):
        lines, labels = dataset(count)
        assert lines.shape == (1797, 128 * count)
        assert set(lines.sum(axis=1)) == {64 * count}
        assert set(labels) == set(range(10))


def test_held_out_samples_are_not_learned_from() -> None:
    train, test = split(1797)
    assert len(test) == 400
    assert sorted([*train, *test]) == list(range(1797))


def test_rewards_have_the_rules_width() -> None:
    assert Loop(design(reward_bits=6), 1).rewards == (24, 4)
    assert Loop(design(reward_bits=8), 1).rewards == (98, 16)


def test_the_compiled_layer_gives_the_same_accuracy() -> None:
    found = [digits_accuracy(design(), trials=40, seed=3, native=native) for native in (0, 1)]
    assert found[0] == found[1]
    assert found[0] == np.round(found[0] * 400) / 400


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"inputs": 64},
            "the task of digits needs 128 inputs for each threshold, 10 neurons and a",
        ),
        (
            {"neurons": 9},
            "and a rule with a reward, not 128 inputs, 9 neurons and reward_modulated",
        ),
        ({"competes": False}, "the task of digits needs a layer whose neurons compete"),
    ],
)
def test_another_layer_is_refused(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(line)):
        Loop(design(**changes), 1)
