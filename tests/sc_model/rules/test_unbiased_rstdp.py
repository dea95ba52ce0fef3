"""The statements of the second R-STDP family: no dead band, and no bias."""

from __future__ import annotations

from typing import Any

import bitwuzla as bz
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sc_model.graph import INTS, NumpyOps
from sc_model.graph.smt import K, SmtInt, SmtOps, Terms
from sc_model.rules import load_rule
from sc_model.rules.unbiased_rstdp import Params
from sc_model.spec.rule_kit import rounded_at_random

RULE = load_rule("unbiased_rstdp")
EXACT = load_rule("reward_modulated_stdp")
PARAMS = Params()
ZERO = {"pre_spike": 0, "post_spike": 0, "reward": 0, "noise": 0}
TRACES = {"pre_trace": 4095, "post_trace": 4095, "eligibility": 8191}
# steps without spikes after which each trace is 0, whatever it was
WITHIN = {"pre_trace": 96, "post_trace": 96, "eligibility": 193}


def proved(t: Terms, violation: Any, *assumptions: Any) -> bool:
    solver = bz.Bitwuzla(t.tm)
    for formula in (*assumptions, violation):
        solver.assert_formula(formula)
    return bool(solver.check_sat() == bz.Result.UNSAT)


def silent_step(t: Terms, field: str, value: SmtInt) -> SmtInt:
    """A field after a step without spikes, in the solver's integers; all else is 0."""
    none = SmtInt(t, t.const(0, 1), 0, 0)
    state = {name: value if name == field else none for name in RULE.state_formats(PARAMS)}
    inputs = dict.fromkeys(RULE.input_formats(PARAMS), none)
    ops = SmtOps(t)
    return ops.mux(True, RULE.apply(ops, state, inputs, PARAMS)[field], 0)


@pytest.mark.parametrize("field", list(TRACES))
def test_without_spikes_every_trace_is_0_within_n_steps(field: str) -> None:
    """The solver shows that a silent step keeps the order of values and is odd.

    So no value needs more steps than the greatest one, whose steps are counted.
    """
    t, form = Terms(), RULE.state_formats(PARAMS)[field]
    a, b = (
        (SmtInt.signed if form.signed else SmtInt.unsigned)(t, t.var(name, form.width))
        for name in "ab"
    )
    inside = [(x <= TRACES[field]).term for x in (a, b)] + [
        (x >= -TRACES[field]).term for x in (a, b)
    ]
    after_a, after_b = (silent_step(t, field, x) for x in (a, b))
    assert proved(t, (after_a > after_b).term, (a <= b).term, *inside)
    if form.signed:
        assert proved(t, (silent_step(t, field, -a) != -after_a).term, *inside)
    state, steps = RULE.initial_state() | {field: TRACES[field]}, 0
    while state[field]:
        state = RULE.apply(INTS, state, ZERO, PARAMS)
        steps += 1
    assert steps == WITHIN[field]


def test_the_exact_rule_never_gets_there() -> None:
    """The same number of steps leaves its traces at 15, and a reward then changes the weight."""
    state = EXACT.initial_state() | {"pre_trace": 4095, "eligibility": 2047}
    for _ in range(1000):
        state = EXACT.apply(
            INTS, state, {"pre_spike": 0, "post_spike": 0, "reward": 0}, EXACT.params_type()
        )
    assert (state["pre_trace"], state["eligibility"]) == (15, 15)


def test_no_bit_is_cut_off_before_the_noise_comes() -> None:
    """`scaled = (product << N) >> shift` is exact for every product and every setting.

    With the rounding of `test_error_triggered`, which the solver has shown without bias, the
    change has the exact mean product 2^-shift.
    """
    t = Terms()
    product, shift = SmtInt.signed(t, t.var("product", 22)), SmtInt.unsigned(t, t.var("shift", 4))
    ops = SmtOps(t)
    none = SmtInt(t, t.const(0, 1), 0, 0)
    rounded_at_random(ops, product, shift, 4, none, PARAMS.noise_bits)
    scaled = ops.lets["scaled"].low(64)
    by = t(K.BV_ZERO_EXTEND, t.resize(shift.term, 5), indices=(59,))
    exact = t(K.BV_SHL, product.low(64), t.const(PARAMS.noise_bits, 64))
    assert proved(t, t.differ(t(K.BV_SHL, scaled, by), exact))
    # the control: with fewer random bits than the greatest shift it is false
    ops = SmtOps(t)
    rounded_at_random(ops, product, shift, 4, none, 10)
    exact = t(K.BV_SHL, product.low(64), t.const(10, 64))
    assert not proved(t, t.differ(t(K.BV_SHL, ops.lets["scaled"].low(64), by), exact))


def sum_of_changes(reward: int, eligibility: int, shift: int) -> int:
    """Sum of the weight's changes over all values of the noise."""
    params = Params(weight_bits=40)  # nothing is clamped
    noise = np.arange(1 << params.noise_bits)
    middle = 1 << 39
    state = {"weight": middle, "pre_trace": 0, "post_trace": 0, "eligibility": eligibility}
    inputs = {**ZERO, "reward": reward, "noise": noise, "learning_shift": shift}
    new = RULE.apply(NumpyOps(np.dtype(np.int64)), state, inputs, params)["weight"]
    return int((np.broadcast_to(np.asarray(new), noise.shape) - middle).sum())


@given(
    reward=st.integers(-127, 127), eligibility=st.integers(-8191, 8191), shift=st.integers(0, 15)
)
def test_the_expected_change_is_exact_and_0_for_zero_mean_rewards(
    reward: int, eligibility: int, shift: int
) -> None:
    decayed = RULE.apply(INTS, RULE.initial_state() | {"eligibility": eligibility}, ZERO, PARAMS)[
        "eligibility"
    ]
    up = sum_of_changes(reward, eligibility, shift)
    assert up << shift == reward * decayed << PARAMS.noise_bits
    assert up + sum_of_changes(-reward, eligibility, shift) == 0


def test_small_rewards_do_not_drift() -> None:
    """100,000 rewards of +-1 at random: the exact rule loses weight, this one does not."""
    rng, n = np.random.default_rng(4), 100_000
    reward = rng.choice([-1, 1], n)
    ops = NumpyOps(np.dtype(np.int64))
    begin = {"weight": np.full(n, 30_000), "pre_trace": 0, "post_trace": 0, "eligibility": 20}
    inputs = {**ZERO, "reward": reward, "noise": rng.integers(0, 1 << 15, n)}
    unbiased = (RULE.apply(ops, begin, inputs, PARAMS)["weight"] - 30_000).mean()
    inputs = {name: inputs[name] for name in ("pre_spike", "post_spike", "reward")}
    exact = (EXACT.apply(ops, begin, inputs, EXACT.params_type())["weight"] - 30_000).mean()
    assert abs(unbiased) < 5 * 1.3 / np.sqrt(n)
    assert exact < -0.4


def test_widths_that_the_statements_need_are_bounds() -> None:
    (setting,) = RULE.settings
    assert setting.hi is not None
    assert Params.model_fields["noise_bits"].metadata[0].ge >= setting.hi
