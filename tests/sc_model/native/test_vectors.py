"""The text of vector kernels: parameters of a rule are data, unless another element is needed."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from sc_model.native import NativeError
from sc_model.native.bank import BankKernel
from sc_model.native.build import narrowest_fit
from sc_model.native.open_loop import LayerKernel
from sc_model.native.scalar import Constants
from sc_model.native.synapse import NativeSynapse
from sc_model.native.vectors import OuterValue
from sc_model.rules import load_rule, rule_families
from sc_model.spec import ConfigError, Rule, RuleParams

# What a parameter can be without leaving a part of the rule out: a shift of 0 is no decay, a gain
# of 0 no change, and a shift by the width of a value or more leaves nothing of it.
RANGES: dict[str, dict[str, Iterable[int]]] = {
    "pair_stdp": {
        "headroom_bits": range(1, 12),
        "pre_decay_shift": range(1, 12),
        "post_decay_shift": range(1, 12),
        "potentiation_gain": (1, 2, 3, 7, 8, 16, 17, 31, 64, 100, 128, 254, 255),
        "depression_gain": (1, 2, 3, 7, 8, 16, 17, 31, 64, 100, 128, 254, 255),
        "learning_shift": range(16),
    },
    "reward_modulated_stdp": {"learning_shift": range(17), "trace_decay_shift": range(1, 12)},
    "triplet_stdp": {
        "fast_headroom_bits": range(1, 16),
        "slow_headroom_bits": range(1, 16),
        "pre_decay_shift": range(1, 16),
        "post_decay_shift": range(1, 16),
        "slow_decay_shift": range(1, 16),
        "read_shift": range(1, 14),
        "pair_term": (0, 1, 2, 100, 1023),
        "learning_shift": range(17),
        "depression_gain": (1, 2, 17, 64, 255),
        "depression_shift": range(21),
    },
}


def constants_of(rule: Rule) -> list[str]:
    """The rule's parameters that are the width of nothing."""
    widths = {item.width for item in (*rule.state, *rule.inputs)}
    return [name for name in rule.params_type.model_fields if name not in widths]


def neighbours(default: int) -> range:
    """The values next to a default, without 0."""
    return range(max(1, default - 1), default + 2)


def texts(rule: Rule, params: RuleParams) -> dict[tuple[str, int], str]:
    """The text of each kernel of a rule, by kind and element's width."""
    found = {("synapse", 64): NativeSynapse.source(rule, params)[0]}
    for kind in (BankKernel, LayerKernel):
        try:
            kernel = narrowest_fit(rule, 16, lambda bits, kind=kind: kind(rule, params, bits))
        except (NativeError, ConfigError):  # a rule of values too wide, or for no layer
            continue
        found[kind.__name__, kernel.bits] = kernel.source
    return found


@pytest.mark.parametrize("family", rule_families())
def test_kernels_with_other_parameters_are_one_text(family: str) -> None:
    """One by one, and some at a time."""
    rule = load_rule(family)
    first = rule.params_type()
    ranges = {
        name: tuple(RANGES.get(family, {}).get(name, neighbours(getattr(first, name))))
        for name in constants_of(rule)
    }
    assert set(RANGES.get(family, ())) <= set(ranges)
    rng = np.random.default_rng(1)
    changes: list[dict[str, int]] = [{}]
    changes += [{name: value} for name, values in ranges.items() for value in values]
    changes += [
        {name: int(rng.choice(neighbours(getattr(first, name)))) for name in ranges}
        for _ in range(10)
    ]
    found: dict[tuple[str, int], dict[str, dict[str, int]]] = {}
    for change in changes:
        for key, text in texts(rule, rule.params_type(**change)).items():
            found.setdefault(key, {}).setdefault(text, change)
    assert {key: list(by_text.values())[1:] for key, by_text in found.items()} == {
        key: [] for key in found
    }


def test_outer_values() -> None:
    constants = Constants()
    assert OuterValue(7, mask=True).element(constants) == "(E)-n7"
    assert OuterValue(7, bias=5).element(constants) == "(E)(((uint64_t)n7 - (uint64_t)k0))"
    shifted = OuterValue(7, shift=3, user=9).element(constants)
    assert shifted == "(E)(((uint64_t)n7 - (uint64_t)k1) << k2)"
    assert constants.values == [5, 0, 3]
