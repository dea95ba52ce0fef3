"""Quantisers, their straight-through gradients, and the way from a trained layer to the integers of
a fixed-point one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from sc_model.golden.trained.layer import TrainedLayer
from sc_model.spec import HetSynSpec
from sc_model.spec.decay import decay_codes
from sc_model.spec.network import CrossingSpec
from sc_model.training import HetSyn, Quantiser, leak_tau, to_integers
from sc_model.training.integers import leak_shift

CODES = decay_codes(5, 2)
QUANTISER = Quantiser(6, CODES)


def test_weights() -> None:
    """The largest is 31; 0.5 of a step is rounded to even, as torch.round does."""
    weight = torch.tensor(
        [[-3.1, 0.04, 0.05], [3.0, 0.1, -0.151]], dtype=torch.float64, requires_grad=True
    )
    assert float(QUANTISER.scale(weight)) == pytest.approx(0.1)
    assert QUANTISER.integers(weight).tolist() == [[-31, 0, 0], [30, 1, -2]]
    made = QUANTISER.weight(weight)
    torch.testing.assert_close(
        made, torch.tensor([[-31, 0, 0], [30, 1, -2]], dtype=torch.float64) * 0.1
    )
    (made * torch.arange(6.0).reshape(2, 3)).sum().backward()
    assert weight.grad is not None
    assert weight.grad.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_weights_that_are_all_zero() -> None:
    assert QUANTISER.integers(torch.zeros(2, 2)).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(
    "codes", [CODES, decay_codes(1, 1), decay_codes(6, 0, 4.0), decay_codes(8, 3)]
)
def test_codes_are_the_nearest(codes: Any) -> None:
    taus = np.exp(np.random.default_rng(0).uniform(np.log(0.3), np.log(150), 500))
    taus = np.concatenate(
        [
            taus,
            codes.taus_ms,
            [(a + b) / 2 for a, b in zip(codes.taus_ms, codes.taus_ms[1:], strict=False)],
        ]
    )
    assert Quantiser(8, codes).code(torch.tensor(taus)).tolist() == codes.encode(taus)


def test_time_constants() -> None:
    log_tau = torch.tensor([[0.1, 1.0, 3.0, 4.5]], dtype=torch.float64, requires_grad=True)
    made = QUANTISER.log_tau(log_tau)
    factors = torch.exp(-1.0 / made.exp()) * 2**CODES.shift
    assert factors.detach().ravel().tolist() == pytest.approx(
        [CODES.factors[c] for c in CODES.encode(np.exp([0.1, 1, 3, 4.5]))]
    )
    (made * torch.tensor([1.0, 2.0, 3.0, 4.0])).sum().backward()
    assert log_tau.grad is not None
    assert log_tau.grad.tolist() == [[1, 2, 3, 4]]


def test_a_quantised_module_computes_with_what_hardware_has() -> None:
    module = HetSyn(6, 4, seed=3, quantiser=QUANTISER)
    layer = module.export()
    np.testing.assert_allclose(
        layer.tau, np.array(CODES.taus_ms)[CODES.encode(layer.tau.ravel())].reshape(4, 6), rtol=1e-6
    )
    scaled = layer.weight / float(QUANTISER.scale(module.weight))
    assert np.allclose(scaled, np.round(scaled), atol=1e-4)
    assert np.abs(scaled).max() == pytest.approx(31)
    plain = HetSyn(6, 4, seed=3)
    assert not np.allclose(layer.tau, plain.export().tau, rtol=1e-3)


def test_a_quantised_module_learns() -> None:
    """Gradients reach what was there before it was rounded, and move it over to other codes."""
    torch.manual_seed(0)
    module = HetSyn(5, 3, "synapse", tau_mean=8.0, seed=1, quantiser=QUANTISER, leak_tau=2.0)
    x = (torch.rand(60, 8, 5) < 0.3).float()
    before = QUANTISER.code(module.effective()[0])
    optimiser = torch.optim.Adam(module.parameters(), lr=0.05)
    losses = []
    for _ in range(30):
        loss = (module(x).mean(0) - torch.tensor([0.1, 0.5, 0.3])).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        module.project()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]
    assert (QUANTISER.code(module.effective()[0]) != before).any()


# --- integers -------------------------------------------------------------------------------------

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
                "the trained layer does not fit layer 'hidden': NeuronSpec.threshold must be <="
                " 2147483647, not "
                f"{round(1e9 * 4096 / float(Quantiser(8, CODES).scale(HetSyn(2, 2, seed=1).weight)))}."
            ),
        ),
    ],
)
def test_errors(made: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        made()
