"""The examples of boards learn something: rewards alone, in the golden model."""

from __future__ import annotations

import numpy as np
from support import ROOT

from sc_hw.boards import board_file, load_board
from sc_model.golden import PlasticLayer
from sc_model.rules import resolve
from sc_model.spec import load_design

TRIALS = 2_000
DESIGNS = ROOT / "sc_hw" / "boards" / "designs"
MIDDLE = 512  # of the weights


def test_the_smallest_example_learns_which_lever_pays() -> None:
    """Three steps a trial, as the digits: decision, silence, reward. Chance is 1 in 4."""
    design = load_design(DESIGNS / "bandit.toml")
    assert design.layer is not None
    assert design.neuron is not None
    rule, params = resolve(design.rule)
    random = np.random.default_rng(1)
    size = (design.layer.inputs, design.layer.neurons)
    layer = PlasticLayer(
        rule, params, design.layer, design.neuron, np.full(size, MIDDLE, np.uint16)
    )
    levers = random.integers(size[1], size=size[0])
    silence, right = np.zeros(size[0], np.uint8), []
    for _ in range(TRIALS):
        situation = int(random.integers(size[0]))
        lines = silence.copy()
        lines[situation] = 1
        fired = layer.step(lines, {"reward": 0}, decide=True)
        right.append(int(np.argmax(fired)) == levers[situation])
        layer.step(silence, {"reward": 0})
        layer.step(silence, {"reward": 24 if right[-1] else -8}, clear_trial=True)
    assert np.mean(right[:100]) < 0.5
    assert np.mean(right[-200:]) > 0.95


def test_the_digits_of_small_boards_are_those_of_the_demo_in_two_lanes() -> None:
    file = board_file(load_board("icebreaker"))
    assert file is not None
    small, demo = load_design(file), load_design(ROOT / "examples" / "digits" / "digits.toml")
    assert demo.layer is not None
    assert small.model_copy(update={"layer": demo.layer}) == demo
    assert small.layer == demo.layer.model_copy(update={"lanes": 2, "multipliers": 2})
