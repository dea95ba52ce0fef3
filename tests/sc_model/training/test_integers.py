"""A trained layer in integers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sc_model.golden.trained.layer import TrainedLayer
from sc_model.spec import HetSynSpec
from sc_model.spec.decay import decay_codes
from sc_model.spec.network import CrossingSpec
from sc_model.training import HetSyn, Quantiser, leak_tau, to_integers
from sc_model.training.integers import leak_shift

CODES = decay_codes(5, 2)

TEMPLATE = HetSynSpec(
    name="hidden",
    inputs=1,
    neurons=1,
    weight_bits=8,
    code_bits=8,
    terms=3,
    trace_fraction=12,
    trace_bits=20,
)
SCALE_OF_A_NEW_LAYER = float(Quantiser(8, CODES).scale(HetSyn(2, 2, seed=1).weight))


@pytest.mark.parametrize("dt", [1.0, 3.0])
def test_the_fixed_point_layer_fires_nearly_as_the_float_one(dt: float) -> None:
    """Weights of 8 bits, 256 codes, 12 binary places: a few spikes in a hundred move, none of the
    counts by much.
    """
    module = HetSyn(10, 8, seed=6, tau_mean=6.0, dt=dt, leak_tau=leak_tau(2, dt), threshold=1.5)
    made = to_integers(module, TEMPLATE.model_copy(update={"tick_interval": int(dt)}))
    assert (made.spec.inputs, made.spec.neurons, made.spec.neuron.leak_shift) == (10, 8, 2)
    assert made.spec.neuron.threshold == round(1.5 * 4096 / made.scale)
    assert made.spec.neuron.reset == "subtract"
    assert np.abs(made.weight).max() == 127
    golden = TrainedLayer(
        made.spec,
        CrossingSpec(10, 1, 1, "hold", 4),
        1.0,
        {"weight": made.weight, "code": made.code},
    )
    x = (np.random.default_rng(0).random((200, 10)) < 0.2).astype(np.uint8)
    fixed = np.array([golden.step(word) for word in x])
    exact = module.export().run(x, dt)
    assert 0.05 < exact.mean() < 0.95
    assert np.mean(fixed != exact) < 0.05
    assert np.abs(fixed.sum(0, dtype=int) - exact.sum(0)).max() <= 4
    assert golden.saturations == 0


def test_integers_of_a_shared_time_constant_are_those_of_every_synapse() -> None:
    made = to_integers(HetSyn(3, 2, "shared", tau_mean=20.0), TEMPLATE)
    assert made.code.shape == made.weight.shape == (2, 3)
    assert set(made.code.ravel().tolist()) == {TEMPLATE.codes(1.0).nearest(20.0)}
    assert made.spec.neuron.leak_shift == 0


def test_a_leak_is_a_shift() -> None:
    for shift in (1, 2, 5, 9):
        for dt in (0.5, 1.0, 7.0):
            assert leak_shift(leak_tau(shift, dt), dt) == shift
            assert np.exp(-dt / leak_tau(shift, dt)) == pytest.approx(1 - 2.0**-shift, rel=1e-12)


@pytest.mark.parametrize(
    ("made", "kind", "message"),
    [
        (
            lambda: Quantiser(1, CODES),
            ValueError,
            "weight_bits must be >= 2, not 1; one bit is the sign",
        ),
        (
            lambda: to_integers(HetSyn(2, 2, leak_tau=3.0), TEMPLATE),
            ValueError,
            (
                "leak_tau must lose a part of 2^-shift in a tick of 1.0 ms, not 3.0 ms; the nearest"
                " is 3.476059496782207"
            ),
        ),
        (
            lambda: to_integers(HetSyn(2, 2, dt=2.0), TEMPLATE),
            ValueError,
            "module.dt must be tick_ms times tick_interval, 1.0 x 1 ms, not 2.0 ms",
        ),
        (
            lambda: to_integers(HetSyn(2, 2, threshold=1e9, seed=1), TEMPLATE),
            ValueError,
            (
                "the trained layer does not fit layer 'hidden': its neurons' threshold must be <="
                " 2147483647, not "
                f"{round(1e9 * 4096 / SCALE_OF_A_NEW_LAYER)}."
            ),
        ),
    ],
)
def test_errors(made: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        made()
