"""The eligibility trace: vectors, the sum written out, checkpoints, a large projection."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from support import VECTORS

from sc_model.learning import EligibilityTrace


def test_changes_are_those_of_the_vectors() -> None:
    trace = EligibilityTrace(tau_e=15)
    with np.load(VECTORS / "learners.npz") as z:
        changes = [
            trace.update(*row)
            for row in zip(z["elig_pre"], z["elig_post"], z["elig_err"], strict=True)
        ]
        np.testing.assert_allclose(changes, z["elig_delta"], rtol=0, atol=1e-12)


@pytest.mark.parametrize("n_post", [3, 9000])  # one block of rows, and a block for every row
def test_the_trace_is_a_sum_of_what_has_decayed(n_post: int) -> None:
    draws = np.random.default_rng(1)
    pre, post, error = (
        draws.normal(size=(70, 4)),
        draws.normal(size=(70, n_post)),
        draws.normal(size=n_post),
    )
    pre[::3] = 0.0
    trace = EligibilityTrace(tau_e=12.5, dt=0.5)
    for k in range(70):
        change = trace.update(pre_spike=pre[k], post_spike=post[k], error_signal=error)
    left = np.exp(-0.5 / 12.5) ** np.arange(69, -1, -1)
    np.testing.assert_allclose(
        change, np.einsum("t,ti,tj->ij", left, pre, post) * error, rtol=1e-9, atol=1e-12
    )


def test_what_is_next_to_nothing_becomes_nothing() -> None:
    trace = EligibilityTrace(tau_e=1)
    trace.update([1.0], [1.0], [1.0])
    for _ in range(1000):
        last = trace.update([0.0], [0.0], [1.0])
    assert last == 0.0  # e^-1000 would be subnormal zero anyway; e^-640 is not
    trace.reset()
    trace.update([1.0], [1.0], [1.0])
    for _ in range(639):
        last = trace.update([0.0], [0.0], [1.0])
    assert last == 0.0
    assert np.exp(-639.0) > 0


def test_reset_checkpoint_and_out() -> None:
    draws = np.random.default_rng(2)
    rows = [(draws.random(3), draws.random(2), draws.normal(size=2)) for _ in range(100)]
    trace = EligibilityTrace()
    for row in rows[:50]:
        trace.update(*row)
    other = EligibilityTrace()
    other.load_state_dict(trace.state_dict())
    out = np.empty((3, 2))
    for row in rows[50:]:
        expected = trace.update(*row)
        assert other.update(*row, out=out) is out
        np.testing.assert_array_equal(out, expected)
    trace.reset()
    np.testing.assert_array_equal(trace.update(*rows[0]), EligibilityTrace().update(*rows[0]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 0], [1, 1, 1], [1, 1, 1]), "pre_spike must have shape (3,), not (2,)"),
        (([1, 0, 1], [1, 1], [1, np.nan]), "error_signal must be finite, not nan at (1,)"),
        (([1, 0, 1], [1, 1], [1, 1, 1]), "error_signal must have shape (2,), not (3,)"),
    ],
)
def test_what_is_refused(arguments: tuple[Any, ...], message: str) -> None:
    trace = EligibilityTrace()
    trace.update(np.zeros(3), np.zeros(2), np.zeros(2))
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        trace.update(*arguments)
