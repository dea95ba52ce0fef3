"""Layers drawn at random for the proof.

Every rule and every option of layer and neurons occurs, with parameters over their whole ranges.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any

from sc_model.graph.plastic import layer_rule
from sc_model.rules import load_rule, rule_families
from sc_model.spec import (
    ConfigError,
    Design,
    NeuronSpec,
    PlasticLayerSpec,
    RuleChoice,
    placement,
)
from sc_model.spec.errors import RuleError

# A product built of adders is proved for each value of its narrower factor separately
# (`sc_hw.proof.prover.SPLIT_BITS`): the calls of the solver double with each bit of that factor.
NARROW = {"reward_bits": 4, "trace_bits": 7}
WIDEST = {"weight_bits": 24, "trace_bits": 16, "reward_bits": 12}


def layer_families() -> list[str]:
    """The rules that run in a layer: with a spike before and one behind the synapse."""
    families = []
    for family in rule_families():
        rule = load_rule(family)
        with contextlib.suppress(RuleError):
            layer_rule(rule, rule.params_type())
            families.append(family)
    return families


def drawn_rule(rng: random.Random, narrow: bool) -> RuleChoice:
    """A rule and parameters that it accepts.

    A parameter is drawn from its own bounds; one without an upper bound goes up to about twice its
    default.

    Parameters
    ----------
    rng : source of the draws.
    narrow : keep factors of products narrow, for a fabric that builds products of adders.
    """
    family = rng.choice(layer_families())
    rule = load_rule(family)
    while True:
        parameters: dict[str, int] = {}
        for name, field in rule.params_type.model_fields.items():
            bounds = {
                key: getattr(item, key)
                for item in field.metadata
                for key in ("ge", "le")
                if hasattr(item, key)
            }
            most = bounds.get("le", 2 * field.default + 2)
            most = min(most, WIDEST.get(name, most), NARROW.get(name, most) if narrow else most)
            parameters[name] = rng.randint(bounds.get("ge", 0), most)
        # A rule may refuse a combination of parameters; then all of them are drawn again.
        with contextlib.suppress(ConfigError):
            choice = RuleChoice(family=family, parameters=parameters)
            rule.params_type(**parameters)
            return choice


def drawn_layer(rng: random.Random, rule: RuleChoice) -> tuple[PlasticLayerSpec, NeuronSpec]:
    """A small layer with any options, and a critic only with a rule that has a reward."""
    reward = rule.family == "reward_modulated_stdp"

    def optional(low: int, high: int) -> int:
        """0, which switches an option off, as often as a value of the range."""
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
            "critic_shift": optional(1, 15) if reward else 0,
        }
        competes, inhibition = rng.random() < 0.5, optional(1, 1 << 20)
        if competes and reward and options["neurons"] > 2 and not inhibition:
            # a neuron that predicts, in place of a mean
            options |= {
                "critic_shift": 0,
                "discount_shift": rng.randint(1, 15),
                "reward_shift": optional(1, 12),
                "surprise_shift": optional(1, 12),
            }
        neuron = NeuronSpec(
            threshold=rng.randint(1, 1 << rng.randint(1, 30)),
            leak_shift=optional(1, 12),
            reset=rng.choice(("zero", "subtract")),
            refractory=optional(1, 255),
            current_shift=optional(1, 12),
            potential_bits=optional(4, 40),
            inhibition=inhibition,
            winner_take_all=competes,
            noise_bits=optional(1, 24),
            threshold_step=optional(1, 1 << 20),
            threshold_decay_shift=optional(1, 12),
        )
        with contextlib.suppress(ConfigError, ValueError):
            layer = PlasticLayerSpec(**options)
            placement(layer)
            return layer, neuron


def layer_designs(fabric: str, count: int, seed: int = 5) -> Iterator[Design]:
    """Layers for a fabric: the same ones for the same fabric and seed."""
    rng = random.Random(f"{fabric} {seed}")
    for number in range(count):
        # iCE40 HX has no multipliers: its products are built of adders.
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
