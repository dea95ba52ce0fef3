"""A spike that gradients can pass: a step forward, a smooth slope backward.

Forward: 1 where the distance to the threshold is >= 0, else 0. Backward: the derivative of a fast sigmoid,
1 / (1 + slope |d|)^2, in place of the step's (SuperSpike: Zenke & Ganguli 2018, doi:10.1162/neco_a_01086; surrogate gradients
in general: Neftci, Mostafa & Zenke 2019, doi:10.1109/MSP.2019.2931595).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class _SuperSpike(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, distance: Tensor, slope: float) -> Tensor:
        ctx.save_for_backward(distance)
        ctx.slope = slope
        return (distance >= 0).to(distance.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (distance,) = ctx.saved_tensors
        return grads[0] * derivative(distance, ctx.slope), None


def derivative(distance: Tensor, slope: float) -> Tensor:
    """What stands for the derivative of a spike, of the shape of `distance`."""
    return 1 / (1 + slope * distance.abs()) ** 2


def spike(distance: Tensor, slope: float) -> Tensor:
    """1 where `distance` >= 0, else 0, of any shape; `slope` (> 0) is how fast the gradient falls on both sides."""
    fired: Tensor = _SuperSpike.apply(distance, slope)
    return fired
