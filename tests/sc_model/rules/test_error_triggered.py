"""The error-triggered rule: without bias over all noise, quiet without trace or signal."""

from __future__ import annotations

import bitwuzla as bz
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sc_model.graph import NumpyOps
from sc_model.graph.smt import K, SmtInt, SmtOps, Terms
from sc_model.rules import load_rule
from sc_model.rules.error_triggered import Params

RULE = load_rule("error_triggered")
SMALL = Params(noise_bits=6, shift_bits=3)


def steps(params: Params, weight: int, trace: int, signal: int, shift: int) -> np.ndarray:
    """The weights that a step may give, one for each value of the noise."""
    noise = np.arange(1 << params.noise_bits)
    inputs = {"trace": trace, "signal": signal, "shift": shift, "noise": noise}
    new = RULE.apply(NumpyOps(np.dtype(np.int64)), {"weight": weight}, inputs, params)["weight"]
    return np.broadcast_to(np.asarray(new), noise.shape)


@given(
    trace=st.integers(0, 31),
    signal=st.integers(-128, 127),
    shift=st.integers(0, 15),
    weight=st.integers(-127, 127),
)
def test_the_sum_over_all_noise_is_the_exact_step(
    trace: int, signal: int, shift: int, weight: int
) -> None:
    params = Params(weight_bits=20)  # nothing is clamped
    scaled = (signal * trace << 13) >> shift
    assert (steps(params, weight, trace, signal, shift) - weight).sum() == scaled


def test_rounding_has_no_bias_for_any_value() -> None:
    """Over all noise r of N bits, `(v + r) >> N` sums up to v.

    It is `v >> N`, and one more for the r that are at least 2^N - f, f the part of v that is cut
    off: those are f of the 2^N. The solver shows it for every v and r.
    """
    t, bits = Terms(), 13
    value, noise = t.var("v", 28), t.var("r", bits)
    v, r = SmtInt.signed(t, value), SmtInt.unsigned(t, noise)
    cut = SmtInt.unsigned(t, t(K.BV_EXTRACT, value, indices=(bits - 1, 0)))
    up = SmtOps(t).mux(r >= -cut + (1 << bits), 1, 0)
    solver = bz.Bitwuzla(t.tm)
    solver.assert_formula(((v.plus(r) >> bits) != (v >> bits).plus(up)).term)
    assert solver.check_sat() == bz.Result.UNSAT


def test_a_million_updates_have_no_bias() -> None:
    rng = np.random.default_rng(1)
    n, params = 1_000_000, Params()
    inputs = {
        "trace": rng.integers(0, 32, n),
        "signal": rng.integers(-128, 128, n),
        "shift": rng.integers(4, 13, n),
        "noise": rng.integers(0, 1 << 13, n),
    }
    new = RULE.apply(NumpyOps(np.dtype(np.int64)), {"weight": np.zeros(n, int)}, inputs, params)
    exact = inputs["signal"] * inputs["trace"] * 0.5 ** inputs["shift"]
    inside = np.abs(exact) < 126
    error = (new["weight"] - exact)[inside]
    # a rounding up or down has a variance of at most 1/4
    assert abs(error.mean()) < 5 * 0.5 / np.sqrt(inside.sum())
    floored = (np.floor(exact) - exact)[inside]
    assert floored.mean() < -0.2  # what the same steps lose when they are rounded down


@pytest.mark.parametrize(
    ("quiet", "proved"), [("trace", True), ("signal", True), ("noise", False), ("shift", False)]
)
def test_which_zero_input_keeps_the_weight(quiet: str, proved: bool) -> None:
    t = Terms()
    forms = RULE.input_formats(SMALL)
    inputs = {
        name: (SmtInt.signed if form.signed else SmtInt.unsigned)(t, t.var(name, form.width))
        for name, form in forms.items()
    }
    inputs[quiet] = SmtInt.unsigned(t, t.const(0, 1))
    weight = SmtInt.signed(t, t.var("weight", 8))
    solver = bz.Bitwuzla(t.tm)
    new = RULE.apply(SmtOps(t), {"weight": weight}, inputs, SMALL)["weight"]
    solver.assert_formula((weight >= -127).term)  # a weight that the rule can have left
    solver.assert_formula((weight != new).term)
    assert solver.check_sat() == (bz.Result.UNSAT if proved else bz.Result.SAT)
