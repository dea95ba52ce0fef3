"""Layers that tests of devices share, and a stimulus for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from sc_model.spec import Design, NeuronSpec, PlasticLayerSpec, RuleChoice

LAYER = Design(
    name="device_layer",
    block="layer",
    layer=PlasticLayerSpec(inputs=21, neurons=7, lanes=4, critic_shift=3),
    neuron=NeuronSpec(winner_take_all=True, noise_bits=6, threshold=60_000, refractory=2),
)
INHIBITED = Design(
    name="device_inhibited",
    block="layer",
    rule=RuleChoice(family="pair_stdp"),
    layer=PlasticLayerSpec(inputs=16, neurons=7, lanes=2, signed_weights=True),
    neuron=NeuronSpec(
        threshold=9000, inhibition=300, threshold_step=50, threshold_decay_shift=4, leak_shift=3
    ),
)


def stimulus(design: Design, steps: int, seed: int = 1) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    assert design.layer is not None
    drawn: dict[str, Any] = {
        "spikes": rng.random((steps, design.layer.inputs)) < 0.3,
        "clear_trial": rng.random(steps) < 0.05,
    }
    if design.rule.family == "reward_modulated_stdp":
        drawn |= {
            "reward": rng.integers(-128, 128, steps),
            "outcome": rng.random(steps) < 0.2,
            "decide": rng.random(steps) < 0.3,
        }
    return drawn
