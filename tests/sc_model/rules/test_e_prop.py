"""e-prop against the paper's filters in real numbers, and its change without bias."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sc_model.graph import INTS, NumpyOps
from sc_model.rules import load_rule
from sc_model.rules.e_prop import Params

RULE = load_rule("e_prop")
WIDE = {"trace_bits": 24, "eligibility_bits": 24, "increment": 65_535, "slope_bits": 8}


def of_the_paper(spikes: np.ndarray, slopes: np.ndarray, alpha: float, kappa: float) -> np.ndarray:
    """Filtered eligibility of Bellec et al. 2020, equations 4 and 23, without adaptation.

    z_bar[t] = alpha z_bar[t-1] + z[t], e[t] = psi[t] z_bar[t-1], and
    e_bar[t] = kappa e_bar[t-1] + e[t].
    """
    z_bar, e_bar, found = 0.0, 0.0, []
    for z, psi in zip(spikes, slopes, strict=True):
        e_bar = kappa * e_bar + psi * z_bar
        z_bar = alpha * z_bar + z
        found.append(e_bar)
    return np.array(found)


def test_wide_integers_are_the_filters_of_the_paper() -> None:
    params = Params(**WIDE, membrane_shift=3, readout_shift=4)
    rng = np.random.default_rng(5)
    spikes, slopes = (rng.random(300) < 0.2).astype(int), rng.integers(0, 256, 300)
    expected = of_the_paper(spikes, slopes / 256, 1 - 2**-3, 1 - 2**-4) * params.increment
    state, found = RULE.initial_state(), []
    for z, psi in zip(spikes.tolist(), slopes.tolist(), strict=True):
        inputs = {"pre_spike": z, "slope": psi, "signal": 0, "noise": 0}
        state = RULE.apply(INTS, state, inputs, params)
        found.append(state["eligibility"])
    assert np.abs(np.array(found) - expected).max() < 2e-3 * expected.max()


def test_the_gradient_is_signal_times_eligibility() -> None:
    """The sum of the changes over a run is the paper's -eta L e_bar, but for single units."""
    params = Params(weight_bits=32, **WIDE, learning_shift=15)
    rng, ops = np.random.default_rng(6), NumpyOps(np.dtype(np.int64))
    copies = 2000  # of the synapse, each with noise of its own
    state = {name: np.full(copies, v) for name, v in RULE.initial_state().items()}
    spikes, slopes = (rng.random(60) < 0.3).astype(int), rng.integers(0, 256, 60)
    signals = rng.integers(-100, 101, 60)
    for z, psi, signal in zip(spikes, slopes, signals, strict=True):
        noise = rng.integers(0, 1 << 15, copies)
        inputs = {"pre_spike": z, "slope": psi, "signal": signal, "noise": noise}
        state = RULE.apply(ops, state, inputs, params)
    filtered = of_the_paper(spikes, slopes / 256, 7 / 8, 7 / 8) * params.increment
    expected = (signals * filtered).sum() / 2**15
    assert abs(state["weight"].mean() - expected) < 0.01 * np.abs(signals * filtered).sum() / 2**15


@given(signal=st.integers(-127, 127), eligibility=st.integers(0, 255), shift=st.integers(0, 15))
def test_the_sum_over_all_noise_is_the_exact_step(
    signal: int, eligibility: int, shift: int
) -> None:
    params = Params(weight_bits=40)
    noise = np.arange(1 << params.noise_bits)
    state = {"weight": 0, "pre_trace": 0, "eligibility": eligibility}
    inputs = {"pre_spike": 0, "slope": 0, "signal": signal, "noise": noise}
    new = RULE.apply(
        NumpyOps(np.dtype(np.int64)), state, {**inputs, "learning_shift": shift}, params
    )
    change = np.broadcast_to(np.asarray(new["weight"]), noise.shape).sum()
    assert int(change) << shift == signal * int(new["eligibility"]) << params.noise_bits


def test_all_traces_end() -> None:
    state = {"weight": 5, "pre_trace": 255, "eligibility": 255}
    steps = 0
    while state["pre_trace"] or state["eligibility"]:
        inputs = {"pre_spike": 0, "slope": 0, "signal": 0, "noise": 0}
        state = RULE.apply(INTS, state, inputs, Params())
        steps += 1
    assert steps <= 40
    assert state["weight"] == 5
