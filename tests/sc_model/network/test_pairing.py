"""Pairs of spikes at one synapse, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sc_model.network import Population, Projection, Relay
from sc_model.network.pairing import no_spikes, pair_step


@pytest.mark.parametrize("delay", [0, 2])
def test_a_pair_each_way_and_one_at_the_same_time(delay: int) -> None:
    """Arrivals in steps 0 and 3, spikes of the target in steps 1 and 3."""
    source, target = Population(Relay, 1), Population(Relay, 1)
    projection = Projection(source, target, 1.0, delay=delay)
    memory, seen = no_spikes(projection), []
    for step in range(-delay, 4):
        sent = np.array([float(step + delay in (0, 3))])
        target.step(float(step in (1, 3)), 1.0)
        pairs = pair_step(memory, projection, sent, (0.5, 0.25), 3.0, 5.0)
        memory = pairs.memory
        if step >= 0:
            seen.append((pairs.depression.tolist(), pairs.potentiation.tolist()))
    assert seen == [
        ([0.0], []),  # an arrival, and no spike of the target before it
        ([], [3.0 * 0.5]),  # a spike one step after it
        ([], []),
        ([5.0 * 0.25**2], [3.0 * 0.5**3]),  # two steps after that spike; three after the arrival
    ]


def test_a_step_is_pure() -> None:
    source, target = Population(Relay, 2), Population(Relay, 3)
    projection = Projection(source, target, 1.0, delay=1)
    memory = no_spikes(projection)
    before = {name: values.copy() for name, values in memory.items()}
    after = pair_step(memory, projection, np.ones(2), (0.5, 0.5), 1.0, 1.0).memory
    assert all(np.array_equal(memory[name], before[name]) for name in before)
    assert {name: values.shape for name, values in after.items()} == {
        "x": (2,),
        "y": (3,),
        "spikes": (2, 2),
        "traces": (2, 2),
    }
