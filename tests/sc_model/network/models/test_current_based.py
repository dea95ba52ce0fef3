"""LIF with a synaptic current, one neuron at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from population_runs import outputs

from sc_model.network import (
    CubaLI,
    CubaLIF,
)


def test_cuba_lif_steps_the_current_first() -> None:
    given: dict[str, Any] = {
        "tau_syn_ms": 4.0,
        "tau_ms": 15.0,
        "resistance": 3.0,
        "v_rest": 0.1,
        "w_in": 2.0,
    }
    x = (np.random.default_rng(6).random((400, 5)) < 0.2).astype(float)
    spikes, state = outputs(CubaLIF(threshold=0.9, **given), x, 1.0)
    silent, _ = outputs(CubaLI(**given), x, 1.0)
    for neuron in range(5):
        i, v, u = 0.0, 0.1, 0.1
        for t in range(400):
            i += (-i + 2.0 * x[t, neuron]) / 4.0
            v += (0.1 - v + 3.0 * i) / 15.0
            u += (0.1 - u + 3.0 * i) / 15.0
            fired = v > 0.9
            v = 0.0 if fired else v
            assert spikes[t, neuron] == fired
            assert state["v"][t, neuron] == pytest.approx(v, abs=1e-12)
            assert silent[t, neuron] == pytest.approx(u, abs=1e-12)
    assert spikes.sum() > 20
