"""Surrogate gradients: the numbers of snnTorch, and both sides of the threshold."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from snntorch import surrogate as theirs
from support import python

from sc_model.training import atan_surrogate, fast_sigmoid_surrogate


def gradient(surrogate: Any, distance: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    at = distance.clone().requires_grad_()
    fired = surrogate(at)
    (fired * torch.arange(1.0, len(at) + 1)).sum().backward()
    assert at.grad is not None
    return fired.detach(), at.grad


@pytest.mark.parametrize(
    ("ours", "snntorch"),
    [
        (fast_sigmoid_surrogate, theirs.fast_sigmoid(25)),
        (partial(fast_sigmoid_surrogate, slope=3.0), theirs.fast_sigmoid(3)),
        (atan_surrogate, theirs.atan(2.0)),
        (partial(atan_surrogate, alpha=5.0), theirs.atan(5.0)),
    ],
)
def test_values_and_gradients_are_those_of_snntorch(ours: Any, snntorch: Any) -> None:
    distance = torch.cat(
        [torch.zeros(1), torch.randn(500, generator=torch.Generator().manual_seed(0))]
    ).double()
    fired, slope = gradient(ours, distance)
    expected, same = gradient(snntorch, distance)
    assert torch.equal(fired, expected.double())
    torch.testing.assert_close(slope, same, rtol=1e-14, atol=1e-14)


def test_heights_and_areas() -> None:
    """At the threshold: 1 for every slope; alpha / 2. Under them: 2 / slope; 1."""
    d = torch.linspace(-400, 400, 800_001, dtype=torch.float64)
    for surrogate, height, area in (
        (partial(fast_sigmoid_surrogate, slope=4.0), 1.0, 0.5),
        (partial(atan_surrogate, alpha=6.0), 3.0, 1.0),
    ):
        at = d.clone().requires_grad_()
        surrogate(at).sum().backward()
        assert at.grad is not None
        assert at.grad.max().item() == pytest.approx(height)
        assert (at.grad.sum() * 1e-3).item() == pytest.approx(area, rel=2e-3)


@pytest.mark.parametrize("surrogate", [fast_sigmoid_surrogate, atan_surrogate])
def test_at_the_threshold(surrogate: Any) -> None:
    d = torch.tensor([-1e-9, 0.0, 1e-9])
    assert surrogate(d).tolist() == [0, 0, 1]
    assert surrogate(d, strict=False).tolist() == [0, 1, 1]


WITHOUT = """
import sys
sys.modules["torch"] = None
try:
    import sc_model.training
except ImportError as error:
    print(error)
"""


def test_without_torch_there_is_one_clear_error() -> None:
    assert (
        python(WITHOUT).strip()
        == "sc_model.training must have PyTorch; install it with: pip install 'sc-hw[training]'"
    )
