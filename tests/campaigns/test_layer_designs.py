"""Layers drawn at random: valid, the same for a seed, narrow where products are made of adders."""

from __future__ import annotations

import random

import pytest

from campaigns.layer_designs import NARROW, WIDEST, drawn_rule, layer_designs
from campaigns.proof_sweep import LAYER_FABRICS
from sc_model.rules import load_rule, rule_families
from sc_model.spec.plastic_layer import placement


@pytest.mark.parametrize("narrow", [False, True])
def test_rules_are_valid_and_within_the_widths(narrow: bool) -> None:
    rng = random.Random(1)
    choices = [drawn_rule(rng, narrow) for _ in range(200)]
    # random bits, or a synapse that delivers something else than its weight
    not_in_layers = {"e_prop", "error_triggered", "tsodyks_markram", "unbiased_rstdp"}
    assert {choice.family for choice in choices} == set(rule_families()) - not_in_layers
    limits = WIDEST | (NARROW if narrow else {})
    for choice in choices:
        load_rule(choice.family).params_type(**choice.parameters)
        for name, value in choice.parameters.items():
            assert value <= limits.get(name, value)
    traces = [choice.parameters.get("trace_bits", 0) for choice in choices]
    assert (max(traces) > NARROW["trace_bits"]) is not narrow


@pytest.mark.parametrize("fabric", LAYER_FABRICS)
def test_layers_can_be_placed_and_are_the_same_for_a_seed(fabric: str) -> None:
    designs = list(layer_designs(fabric, 30))
    assert designs == list(layer_designs(fabric, 30))
    assert designs != list(layer_designs(fabric, 30, seed=6))
    for number, design in enumerate(designs):
        assert (design.name, design.fabric) == (f"layer_{fabric}_{number}", fabric)
        assert design.layer is not None
        place = placement(design.layer)
        assert place.chains * place.columns == design.layer.lanes
        if design.rule.family != "reward_modulated_stdp":
            assert design.layer.critic_shift == 0


def test_every_option_occurs() -> None:
    designs = [design for fabric in LAYER_FABRICS for design in layer_designs(fabric, 40)]
    layers = [design.layer for design in designs if design.layer is not None]
    neurons = [design.neuron for design in designs if design.neuron is not None]
    assert len(layers) == len(neurons) == 160
    assert {layer.memory for layer in layers} == {"auto", "joined", "split", "single_port"}
    for name in ("signed_weights", "counters"):
        assert {getattr(layer, name) for layer in layers} == {False, True}
    assert {neuron.reset for neuron in neurons} == {"zero", "subtract"}
    for name in ("leak_shift", "refractory", "inhibition", "noise_bits", "threshold_step"):
        values = {getattr(neuron, name) for neuron in neurons}
        assert min(values) == 0 < max(values)
