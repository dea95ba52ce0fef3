"""Izhikevich's neuron against the program of his paper."""

from __future__ import annotations

import numpy as np
import pytest
from population_runs import outputs

from sc_model.network import (
    Izhikevich,
)


def scalar_izhikevich(
    current: list[float], a: float, b: float, c: float, d: float
) -> tuple[list[int], list[float]]:
    """The program of the 2003 paper, one neuron, 1 ms: it looks for a spike before it
    integrates.
    """
    v, fired, seen = -65.0, [], []
    u = b * v
    for now, value in enumerate(current):
        if v >= 30:
            fired.append(now)
            v, u = c, u + d
        v += 0.5 * (0.04 * (v * v) + 5 * v + 140 - u + value)
        v += 0.5 * (0.04 * (v * v) + 5 * v + 140 - u + value)
        u += a * (b * v - u)
        seen.append(v)
    return fired, seen


@pytest.mark.parametrize(
    "abcd", [(0.02, 0.2, -65.0, 8.0), (0.1, 0.2, -65.0, 2.0), (0.02, 0.2, -50.0, 2.0)]
)
def test_izhikevich_is_the_papers_program(abcd: tuple[float, float, float, float]) -> None:
    levels = np.array([0.0, 4.0, 6.0, 10.0, 14.0])
    x = np.tile(levels, (600, 1)) * (np.arange(600) >= 50)[:, None]
    spikes, state = outputs(Izhikevich(**dict(zip("abcd", abcd, strict=True))), x, 1.0)
    for neuron in range(5):
        fired, v = scalar_izhikevich(
            [*x[:, neuron], 0.0], *abcd
        )  # one more: it sees the last spike a step later
        assert list(np.flatnonzero(spikes[:, neuron]) + 1) == fired
        quiet = spikes[:, neuron] == 0
        np.testing.assert_array_equal(state["v"][quiet, neuron], np.array(v[:-1])[quiet])
    assert spikes[:, 3].sum() > 5
    assert spikes[:, 0].sum() == 0
