"""Designs drawn at random for the price model: blocks, sizes, rules and targets.

Sizes are small, so that a hundred designs can be placed and routed in an hour; parameters of a
rule lie around their defaults, and options of layers and neurons are drawn as often as not.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Literal

from sc_model.rules import load_rule
from sc_model.spec import (
    ConfigError,
    Design,
    NetworkSpec,
    NeuronSpec,
    PlasticLayerSpec,
    RuleChoice,
    placement,
)
from sc_model.spec.learning import (
    HiddenLayerSpec,
    LearningNetworkSpec,
    OutputLayerSpec,
    RecurrentLayerSpec,
    RecurrentNetworkSpec,
)

TARGETS = ("ice40-up5k", "ice40-hx8k", "ecp5-25f-6")
BLOCKS = ("lane", "bank", "bank", "layer", "layer", "layer", "network", "network")
# Named, so that a new rule does not change what was drawn; the second tuple runs in layers, too.
FAMILIES = ("error_triggered", "pair_stdp", "reward_modulated_stdp", "triplet_stdp")
LAYER_FAMILIES = FAMILIES[1:]
KINDS = ("dense", "hetsyn", "integrator")
MOST_BITS = 16  # of a drawn width: a product of wider factors takes minutes on a fabric of adders
SEED = 7
# Networks that learn have numbers and draws of their own: the older ones stay what they are.
FIRST_LEARNING = 1000
LEARNING_BLOCKS = ("learning_network", "recurrent_network")
LEARNING_TARGETS = ("ice40-up5k", "ecp5-25f-6")
# As many as the multipliers last: UP5K has 8, ECP5-25F 28; a lane takes one, a recurrent one two.
LANES = {
    ("ice40-up5k", "learning_network"): (2, 4, 8),
    ("ice40-up5k", "recurrent_network"): (1, 2, 4),
    ("ecp5-25f-6", "learning_network"): (2, 4, 8, 16),
    ("ecp5-25f-6", "recurrent_network"): (1, 2, 4, 8),
}


def drawn_rule(rng: random.Random, families: tuple[str, ...]) -> RuleChoice:
    """A rule with parameters between half and twice their defaults, within their own bounds."""
    family = rng.choice(families)
    rule = load_rule(family)
    while True:
        parameters: dict[str, int] = {}
        for name, field in rule.params_type.model_fields.items():
            if not isinstance(field.default, int) or isinstance(field.default, bool):
                continue
            bounds = {
                key: getattr(item, key)
                for item in field.metadata
                for key in ("ge", "le")
                if hasattr(item, key)
            }
            low = max(bounds.get("ge", 0), field.default // 2)
            high = min(bounds.get("le", 1 << 30), 2 * field.default + 1)
            if name.endswith("_bits"):
                high = max(low, min(high, MOST_BITS))
            parameters[name] = rng.randint(low, high)
        # A rule may refuse a combination of parameters; then all of them are drawn again.
        with contextlib.suppress(ConfigError):
            rule.params_type(**parameters)
            return RuleChoice(family=family, parameters=parameters)


def drawn_layer(rng: random.Random, family: str) -> dict[str, Any]:
    """Tables `[layer]` and `[neuron]`; a critic only with a rule that has a reward."""

    def optional(low: int, high: int) -> int:
        return rng.choice((0, rng.randint(low, high)))

    rewarded = any(item.name == "reward" for item in load_rule(family).inputs)
    while True:
        with contextlib.suppress(ConfigError, ValueError):
            layer = PlasticLayerSpec(
                inputs=rng.choice((8, 16, 24, 32, 48, 64)),
                neurons=rng.randint(2, 16),
                lanes=rng.choice((1, 1, 2, 2, 3, 4, 6)),
                signed_weights=rng.random() < 0.3,
                counters=rng.random() < 0.3,
                critic_shift=optional(2, 8) if rewarded else 0,
            )
            placement(layer)
            neuron = NeuronSpec(
                threshold=rng.randint(1, 1 << rng.randint(8, 20)),
                leak_shift=optional(1, 8),
                reset=rng.choice(("zero", "subtract")),
                refractory=optional(1, 15),
                inhibition=rng.choice((0, 0, rng.randint(1, 1 << 12))),
                winner_take_all=rng.random() < 0.5,
                noise_bits=rng.choice((0, 0, rng.randint(1, 12))),
                threshold_step=rng.choice((0, 0, rng.randint(1, 1 << 10))),
            )
            return {"layer": layer, "neuron": neuron}


def drawn_network(rng: random.Random) -> NetworkSpec:
    """One or two trained layers in one clock."""
    while True:
        sizes = [rng.choice((4, 8, 16, 24, 32, 48)) for _ in range(rng.choice((2, 2, 3)))]
        layers = []
        for number, (inputs, neurons) in enumerate(pairwise(sizes)):
            kind = rng.choice(KINDS if number == len(sizes) - 2 else KINDS[:2])
            layer: dict[str, Any] = {
                "name": f"layer_{number}",
                "kind": kind,
                "inputs": inputs,
                "neurons": neurons,
                "lanes": rng.choice((1, 1, 2, 3)),
                "weight_bits": rng.randint(4, 12),
                "max_delay": rng.choice((0, 0, 0, 5)),
                "recurrent": rng.random() < 0.2,
                "bias": rng.random() < 0.3,
            }
            if kind == "hetsyn":
                layer["trace_bits"] = rng.randint(10, 18)
                layer["trace_fraction"] = rng.randint(4, 8)
                layer["terms"] = rng.choice((0, 2, 3))
            elif kind == "dense":
                layer["engine"] = rng.choice(("sweep", "events"))
                layer["neuron"] = {
                    "leak": rng.choice(("factor", "shift", "none")),
                    "synaptic": rng.random() < 0.2,
                    "refractory": rng.choice((0, 0, 3)),
                }
            layers.append(layer)
        with contextlib.suppress(ConfigError, ValueError):
            return NetworkSpec.model_validate({"layers": layers})


def price_designs(count: int, seed: int = SEED) -> Iterator[tuple[Design, str]]:
    """Designs and the target of each: the same ones for the same seed.

    Parameters
    ----------
    count : number of designs.
    seed : of the draws.
    """
    for number in range(count):
        rng = random.Random(f"price {seed} {number}")
        target = TARGETS[number % len(TARGETS)]
        block = rng.choice(BLOCKS)
        values: dict[str, Any] = {"name": f"priced_{number}", "block": block}
        if block == "network":
            values["network"] = drawn_network(rng)
        elif block == "layer":
            rule = drawn_rule(rng, LAYER_FAMILIES)
            values |= {"rule": rule, **drawn_layer(rng, rule.family)}
        else:
            values["rule"] = drawn_rule(rng, FAMILIES)
            if block == "bank":
                values["synapses"] = rng.choice((16, 100, 256, 500, 1024, 2048))
        yield Design(**values), target


def drawn_learning_network(rng: random.Random, lanes: int) -> LearningNetworkSpec:
    """One or two hidden layers and a readout; hardware has the same lanes and widths in all."""
    shared: dict[str, Any] = {"lanes": lanes, "weight_bits": rng.randint(5, 10), "initial": 8}
    potential_bits = rng.randint(12, 18)
    neurons: dict[str, Any] = {
        "potential_bits": potential_bits,
        "signal_bits": rng.randint(5, 10),
        "age_bits": rng.randint(4, 9),
    }
    hidden = tuple(
        HiddenLayerSpec(
            name=f"hidden_{number}",
            neurons=rng.choice((8, 16, 24, 32, 48, 64, 96)),
            threshold=rng.randint(16, 1 << (potential_bits - 2)),
            shift=rng.randint(0, 4),
            signal_shift=rng.randint(2, 6),
            **shared,
            **neurons,
        )
        for number in range(rng.choice((1, 1, 2)))
    )
    output = OutputLayerSpec(
        neurons=rng.randint(2, 10),
        shift=rng.randint(2, 8),
        margin=rng.randint(32, 2048),
        error_shift=rng.randint(2, 7),
        most_error=rng.choice((7, 15, 31)),
        right_shift=rng.choice((0, 0, 1, 2)),
        **shared,
    )
    feedback: Literal["label", "reward"] = rng.choice(("label", "reward"))
    return LearningNetworkSpec(
        inputs=rng.choice((16, 32, 64, 128, 196, 256)),
        value_bits=rng.randint(4, 8),
        steps=rng.choice((8, 16, 32)),
        bias=rng.random() < 0.7,
        feedback=feedback,
        exploration=rng.choice((0, 16)) if feedback == "reward" else 0,
        noise_bits=rng.randint(10, 15),
        hidden=hidden,
        output=output,
    )


def drawn_recurrent_network(rng: random.Random, lanes: int) -> RecurrentNetworkSpec:
    """A recurrent layer and its readout; hardware wants neurons that fill the lanes."""
    potential_bits = rng.randint(10, 15)
    hidden = RecurrentLayerSpec(
        neurons=lanes * rng.choice((2, 3, 4, 6, 8)),
        lanes=lanes,
        weight_bits=rng.randint(7, 10),
        initial=16,
        initial_recurrent=8,
        shift=rng.randint(8, 15),
        threshold=rng.randint(32, 1 << (potential_bits - 2)),
        potential_bits=potential_bits,
        membrane_shift=rng.randint(2, 6),
        slope_bits=rng.randint(3, 5),
        slope_shift=rng.randint(2, 6),
        signal_bits=rng.randint(6, 9),
        signal_shift=rng.randint(2, 6),
    )
    readout = OutputLayerSpec(
        neurons=rng.randint(2, 8),
        weight_bits=rng.randint(7, 10),
        initial=16,
        shift=rng.randint(4, 9),
        margin=rng.randint(32, 512),
        error_shift=rng.randint(1, 6),
    )
    return RecurrentNetworkSpec(
        inputs=rng.choice((4, 8, 16, 32, 48)),
        readout_shift=rng.randint(2, 5),
        hidden=hidden,
        readout=readout,
    )


def learning_designs(count: int, seed: int = SEED) -> Iterator[tuple[int, Design, str]]:
    """Networks that learn, by turns of both kinds and on both targets: number, design, target.

    Parameters
    ----------
    count : number of designs; a longer list begins with the shorter one.
    seed : of the draws.
    """
    for place in range(count):
        number = FIRST_LEARNING + place
        rng = random.Random(f"price {seed} {number}")
        block = LEARNING_BLOCKS[place % 2]
        target = LEARNING_TARGETS[place // 2 % 2]
        values: dict[str, Any] = {"name": f"priced_{number}", "block": block}
        lanes = rng.choice(LANES[target, block])
        if block == "learning_network":
            values["learning"] = drawn_learning_network(rng, lanes)
        else:
            values["recurrent"] = drawn_recurrent_network(rng, lanes)
        yield number, Design(**values), target
