"""Short-term plasticity: the vectors, Brian2's traces, the analytic steady state."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from support import VECTORS

from sc_model.learning import ShortTermPlasticity
from sc_model.learning.short_term import Method

BRIAN: dict[str, Any] = json.loads((VECTORS / "short_term_brian2.json").read_text(encoding="utf-8"))


def test_releases_are_those_of_the_vectors() -> None:
    plasticity = ShortTermPlasticity(tau_d=150, tau_f=500, u_se=0.25)
    with np.load(VECTORS / "learners.npz") as z:
        found = [plasticity.update(spikes) for spikes in z["stp_spikes"]]
        np.testing.assert_allclose(found, z["stp_release"], rtol=0, atol=1e-12)


@pytest.mark.parametrize("method", ["exact", "euler"])
def test_releases_are_those_of_brian2(method: Method) -> None:
    """The traces of `record_brian2.py`."""
    given, events = BRIAN["parameters"], BRIAN["release"][method]
    spikes = np.zeros((given["steps"], given["lines"]))
    for step, line, _ in events:
        spikes[step, line] = 1
    assert len(events) == np.count_nonzero(spikes) > 150
    plasticity = ShortTermPlasticity(given["tau_d"], given["tau_f"], given["u_se"], method=method)
    found = np.array([plasticity.update(row) for row in spikes])
    for step, line, release in events:
        assert found[step, line] == pytest.approx(release, rel=1e-12)


def test_the_two_methods_differ() -> None:
    """Else one agreement with Brian2 would say nothing about the other."""
    exact, euler = (
        np.array([release for *_, release in BRIAN["release"][method]])
        for method in ("exact", "euler")
    )
    assert np.abs(exact / euler - 1).max() > 1e-4


@pytest.mark.parametrize("rate_period", [5, 20, 100])
def test_steady_state_of_a_regular_train(rate_period: int) -> None:
    """u and x just before a spike of an endless train, from the fixed point of one period."""
    tau_d, tau_f, big_u = 200.0, 600.0, 0.2
    plasticity = ShortTermPlasticity(tau_d, tau_f, big_u, method="exact")
    for k in range(rate_period * 200):
        release = plasticity.update([k % rate_period == rate_period - 1])
    forget, recover = np.exp(-rate_period / tau_f), np.exp(-rate_period / tau_d)
    u = big_u * (1 + (1 - big_u) * (1 - forget)) / (1 - (1 - big_u) * forget)  # just after a spike
    x = (1 - recover) / (1 - (1 - u) * recover)  # just before it
    assert release[0] == pytest.approx(u * x, rel=1e-12)


def test_reset_and_checkpoint() -> None:
    spikes = np.random.default_rng(3).random((200, 4)) < 0.1
    plasticity, other = ShortTermPlasticity(), ShortTermPlasticity()
    first = [plasticity.update(row) for row in spikes[:100]]
    other.load_state_dict(plasticity.state_dict())
    np.testing.assert_array_equal(
        [plasticity.update(r) for r in spikes[100:]], [other.update(r) for r in spikes[100:]]
    )
    plasticity.reset()
    np.testing.assert_array_equal([plasticity.update(row) for row in spikes[:100]], first)
    fresh = ShortTermPlasticity()
    fresh.load_state_dict(ShortTermPlasticity().state_dict())
    assert fresh.u is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"u_se": 1.5}, "u_se must be in (0, 1], a fraction of the resources, not 1.5"),
        ({"tau_d": 0}, "tau_d must be > 0 and finite, not 0.0"),
        (
            {"method": "exakt"},
            "method must be 'euler' or 'exact', not 'exakt'; did you mean 'exact'?",
        ),
        (
            {"tau_d": 0.5},
            (
                "dt (1.0 ms) must be at most tau_d and tau_f (0.5, 600.0 ms) with method 'euler';"
                " take 'exact'"
            ),
        ),
    ],
)
def test_what_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        ShortTermPlasticity(**arguments)


def test_another_number_of_lines_is_refused() -> None:
    plasticity = ShortTermPlasticity()
    plasticity.update([1, 0])
    with pytest.raises(ValueError, match=r"^pre_spikes must have shape \(2,\), not \(3,\)$"):
        plasticity.update([1, 0, 1])
