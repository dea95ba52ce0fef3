"""What holds for every model."""

from __future__ import annotations

import numpy as np
import pytest
from population_runs import DT

from sc_model.network import (
    Model,
)


@pytest.mark.parametrize("name", sorted(Model.known))
def test_a_step_is_pure(name: str) -> None:
    """The same from the same state, and nothing written into."""
    model, x = Model.known[name](), np.full(4, 3.0)
    state = model.initial(4)
    for _ in range(20):
        state, _ = model.step(state, x, DT)
    kept = {field: values.copy() for field, values in state.items()}
    for values in (*state.values(), x):
        values.flags.writeable = False
    first, again = model.step(state, x, DT), model.step(state, x, DT)
    np.testing.assert_array_equal(first[1], again[1])
    assert first[1].dtype == np.float64
    assert first[1].shape == (4,)
    for field, values in kept.items():
        np.testing.assert_array_equal(state[field], values)
        np.testing.assert_array_equal(first[0][field], again[0][field])
