"""Compiled recurrent networks: bit for bit the golden ones; and a task that needs what they do."""

from __future__ import annotations

from typing import Any

import pytest
from recurrent_networks import network, samples, weights_of

from sc_model.golden.recurrent_network import RecurrentNetwork
from sc_model.native.recurrent_network import NativeRecurrentNetwork


@pytest.mark.parametrize(
    "others",
    [
        {},
        # every width another one, a group that is not full, a readout that soon forgets
        pytest.param(
            {
                "hidden": {
                    "neurons": 7,
                    "lanes": 2,
                    "weight_bits": 10,
                    "slope_bits": 6,
                    "signal_bits": 10,
                },
                "readout": {"neurons": 5, "weight_bits": 12, "right_shift": 2},
                "readout_shift": 1,
            },
            marks=pytest.mark.soak,
        ),
    ],
)
def test_samples_are_those_of_the_golden_network(others: dict[str, Any]) -> None:
    spec = network(**others)
    golden, native = (
        kind(spec, weights_of(spec)) for kind in (RecurrentNetwork, NativeRecurrentNetwork)
    )
    spikes, targets = samples(spec, 12)
    for part, frozen in (
        (slice(0, 8), "none"),
        (slice(8, 10), "hidden"),
        (slice(10, 12), "output"),
    ):
        for one in (golden, native):
            for layer in ("hidden", "output"):
                one.freeze(layer, learn=layer != frozen)
            one.set_shift("hidden", 10)
        answers = [one.run(spikes[part], targets[part]) for one in (golden, native)]
        assert (answers[0] == answers[1]).all()
        assert (golden.scores == native.scores).all()
        assert golden.counts == native.counts
        for space, fields in golden.state.items():
            for name, values in fields.items():
                assert (native.state[space][name] == values).all(), (space, name)
    assert golden.counts.errors
