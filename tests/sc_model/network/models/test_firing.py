"""Threshold, reset and refractory period."""

from __future__ import annotations

import numpy as np
import pytest
from population_runs import outputs

from sc_model.network import (
    IF,
    LIF,
    Model,
)


@pytest.mark.parametrize(
    "model", [LIF(tau_ms=8.0, method="euler", resistance=80.0), IF(resistance=10.0)]
)
def test_threshold_is_strict(model: Model) -> None:
    """A current of 1 raises v by exactly 1 in the first step of 0.1 ms."""
    spikes, _ = outputs(model, np.array([[1.0, np.nextafter(1.0, 2.0)]]))
    assert list(spikes[0]) == [0.0, 1.0]


def test_refractory_neuron_stays_where_the_reset_put_it() -> None:
    given = {"resistance": 1.0, "threshold": 1.0, "refractory_ms": 3.0}
    for reset, expected in (
        ("zero", [0, 0, 0, 0, 1.5 - 1.5]),
        ("subtract", [0.5, 0.5, 0.5, 0.5, 1.0]),
    ):
        spikes, state = outputs(IF(reset=reset, **given), np.array([[1.5]] * 4 + [[0.5]]), 1.0)
        expected[-1] = expected[0] + 0.5
        assert list(state["v"][:, 0]) == expected
        assert list(spikes[:, 0]) == [1, 0, 0, 0, 0]


def test_subtract_keeps_what_is_above_and_takes_the_distance_to_v_reset() -> None:
    _, state = outputs(
        IF(threshold=-50.0, v_reset=-65.0, reset="subtract"), np.array([[17.0], [0.0]]), 1.0
    )
    assert list(state["v"][:, 0]) == [-48.0 - 15.0, -63.0]
