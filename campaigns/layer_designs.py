"""Layers drawn at random for the proof: every rule, every option of layer and neurons, parameters
over their ranges.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any

from sc_model.rules import load_rule, rule_families
from sc_model.spec import ConfigError, Design, NeuronSpec, PlasticLayerSpec, RuleChoice, placement

# A product built of adders is proved value by value of its narrower factor (see `claims.Cuts`).
NARROW = {"reward_bits": 4, "trace_bits": 7}
WIDEST = {"weight_bits": 24, "trace_bits": 16, "reward_bits": 12}


def drawn_rule(rng: random.Random, narrow: bool) -> RuleChoice:
    """A rule and parameters that it accepts: from their own bounds, else up to about twice their
    defaults.
    """
    family = rng.choice(rule_families())
    rule = load_rule(family)
    while True:
        drawn: dict[str, int] = {}
        for name, field in rule.params_type.model_fields.items():
            bounds = {
                key: getattr(item, key)
                for item in field.metadata
                for key in ("ge", "le")
                if hasattr(item, key)
            }
            most = bounds.get("le", 2 * field.default + 2)
            most = min(most, WIDEST.get(name, most), NARROW.get(name, most) if narrow else most)
            drawn[name] = rng.randint(bounds.get("ge", 0), most)
        with contextlib.suppress(ConfigError):
            choice = RuleChoice(family=family, parameters=drawn)
            rule.params_type(**drawn)
            return choice


def drawn_layer(rng: random.Random, rule: RuleChoice) -> tuple[PlasticLayerSpec, NeuronSpec]:
    """A small layer with any options; a critic where the rule has what it needs."""
    reward = rule.family == "reward_modulated_stdp"

    def some(low: int, high: int) -> int:
        return rng.choice((0, rng.randint(low, high)))

    while True:
        chains, columns = rng.choice((1, 1, 2, 3)), rng.randint(1, 4)
        options: dict[str, Any] = {
            "inputs": rng.randint(2 * chains, 50),
            "neurons": rng.randint(1, 20),
            "lanes": chains * columns,
            "chains": chains,
            "signed_weights": rng.random() < 0.5,
            "counters": rng.random() < 0.5,
            "cluster": rng.randint(1, 4),
            "memory": rng.choice(("auto", "joined", "split", "single_port")),
            "critic_shift": some(1, 15) if reward else 0,
        }
        neuron = NeuronSpec(
            threshold=rng.randint(1, 1 << rng.randint(1, 30)),
            leak_shift=some(1, 12),
            reset=rng.choice(("zero", "subtract")),
            refractory=some(1, 255),
            current_shift=some(1, 12),
            potential_bits=some(4, 40),
            inhibition=some(1, 1 << 20),
            winner_take_all=rng.random() < 0.5,
            noise_bits=some(1, 24),
            threshold_step=some(1, 1 << 20),
            threshold_decay_shift=some(1, 12),
        )
        with contextlib.suppress(ConfigError, ValueError):
            layer = PlasticLayerSpec(**options)
            placement(layer)
            return layer, neuron


def layer_designs(fabric: str, count: int, seed: int = 5) -> Iterator[Design]:
    """Layers for a fabric."""
    rng = random.Random(f"{fabric} {seed}")
    for number in range(count):
        rule = drawn_rule(rng, narrow=fabric == "ice40_hx")
        layer, neuron = drawn_layer(rng, rule)
        yield Design(
            name=f"layer_{fabric}_{number}",
            block="layer",
            fabric=fabric,
            rule=rule,
            layer=layer,
            neuron=neuron,
        )
