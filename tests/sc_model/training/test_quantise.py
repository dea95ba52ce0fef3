"""Rounded weights and time constants, and their gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from sc_model.spec.decay import decay_codes
from sc_model.training import HetSyn, Quantiser

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
