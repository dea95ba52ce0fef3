"""Conditions under which a step leaves synapses as they were."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support import Bits, made_up_rule

from sc_model.golden import Bank
from sc_model.graph.quiet import kept_fields, left_ranges, menu, quiet_conditions, require_quiet
from sc_model.rules import load_rule
from sc_model.spec import ConfigError, RuleInput, StateField

NOTHING = ()


@pytest.mark.parametrize(
    ("family", "block", "expected"),
    [
        ("error_triggered", "bank", (("trace",), ("signal",))),
        # its traces, which a bank keeps with each synapse, decay
        ("pair_stdp", "bank", NOTHING),
        ("pair_stdp", "layer", (("pre_spike", "post_spike"),)),
        # the eligibility of the exact rule decays in each step: nothing can be skipped
        ("reward_modulated_stdp", "layer", NOTHING),
        ("e_prop", "layer", NOTHING),
    ],
)
def test_conditions_of_a_rule(family: str, block: str, expected: Any) -> None:
    rule = load_rule(family)
    assert quiet_conditions(rule, rule.params_type(), kept_fields(rule, block)) == expected


def test_quiet_synapses_keep_their_state_in_the_golden_bank() -> None:
    rule = load_rule("error_triggered")
    params, rng, n = rule.params_type(), np.random.default_rng(3), 400
    for zero in ("trace", "signal"):
        bank = Bank(rule, params, n, {"weight": rng.integers(-127, 128, n)})
        before = bank.state["weight"].copy()
        inputs = {
            name: rng.integers(form.lo, form.hi, n, endpoint=True)
            for name, form in rule.step_formats(params).items()
        }
        after = bank.step({**inputs, zero: 0})["weight"]
        assert np.array_equal(after, before)


def test_a_state_that_no_step_leaves_is_another_matter() -> None:
    """A weight of -128 can be loaded, and the first step brings it into the range."""
    rule = load_rule("error_triggered")
    params = rule.params_type()
    assert str(left_ranges(rule, params)["weight"]) == "[-127, 127]"
    bank = Bank(rule, params, 1, {"weight": -128})
    assert bank.step({"trace": 0, "signal": 0, "shift": 0})["weight"].tolist() == [-127]


def test_no_random_input_is_in_the_menu() -> None:
    assert menu(load_rule("error_triggered")) == (
        (),
        ("trace",),
        ("signal",),
        ("shift",),
        ("trace", "signal"),
        ("trace", "shift"),
        ("signal", "shift"),
    )


def test_a_rule_that_never_changes_is_always_quiet() -> None:
    rule = made_up_rule(lambda ops, state, inputs, params: {"x": state.x}, inputs=(RuleInput("a"),))
    assert quiet_conditions(rule, Bits(), ("x",)) == ((),)


def test_a_field_that_is_not_kept_does_not_count() -> None:
    rule = made_up_rule(
        lambda ops, state, inputs, params: {"x": state.x, "y": inputs.a},
        (StateField("x", "n"), StateField("y", "n")),
        (RuleInput("a", "k"),),
    )
    assert quiet_conditions(rule, Bits(), ("x",)) == ((),)
    assert quiet_conditions(rule, Bits(), ("x", "y")) == ()


def test_hardware_without_a_licence_is_refused() -> None:
    rule = load_rule("error_triggered")
    params = rule.params_type()
    require_quiet(rule, params, ("weight",), ("trace", "signal"), "a bank")
    with pytest.raises(ConfigError) as error:
        require_quiet(rule, params, ("weight",), ("trace", "shift"), "a bank")
    assert str(error.value) == (
        "a bank skips synapses with shift = 0, but that does not keep every field of rule"
        " 'error_triggered'; its quiet conditions are: trace = 0, signal = 0."
    )
