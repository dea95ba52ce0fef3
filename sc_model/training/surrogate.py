r"""A spike that gradients can pass: a step forward, a smooth slope backward.

Forward 1 where the distance d to the threshold is > 0 (or >= 0, with ``strict=False``), else 0.
Backward a function stands in place of the step's derivative (surrogate gradients: Neftci, Mostafa &
Zenke 2019, doi:10.1109/MSP.2019.2931595)::

    fast sigmoid  1 / (1 + slope |d|)^2                     SuperSpike: Zenke & Ganguli 2018, doi:10.1162/neco_a_01086
    atan          (alpha / 2) / (1 + (pi alpha d / 2)^2)    Fang et al. 2021, arXiv:2007.05785

Scale: these are the numbers that `snntorch.surrogate.fast_sigmoid(slope)` and
`snntorch.surrogate.atan(alpha)` have. At d = 0 the fast sigmoid is 1 for every slope, so that a
steeper one passes less in all and not more near the threshold; some write it with a factor `slope`
in front. That of atan is alpha / 2 at 0, with an area of 1 under it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Surrogate = Callable[[Tensor], Tensor]
"""From distances to the threshold to spikes: either function below, with its scale bound by `functools.partial`."""


def step_function(distance: Tensor, strict: bool = True) -> Tensor:
    """1 where `distance` > 0 (>= 0 if not `strict`), else 0, in its dtype; without a gradient."""
    return (distance > 0 if strict else distance >= 0).to(distance.dtype)


class _Step(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        distance: Tensor,
        scale: float,
        strict: bool,
        slope: Callable[[Tensor, float], Tensor],
    ) -> Tensor:
        ctx.save_for_backward(distance)
        ctx.scale, ctx.slope = scale, slope
        return step_function(distance, strict)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        (distance,) = ctx.saved_tensors
        return grads[0] * ctx.slope(distance, ctx.scale), None, None, None


def fast_sigmoid_slope(distance: Tensor, slope: float) -> Tensor:
    """What stands for the derivative of a spike, of the shape of `distance`."""
    return 1 / (1 + slope * distance.abs()) ** 2


def atan_slope(distance: Tensor, alpha: float) -> Tensor:
    """What stands for the derivative of a spike, of the shape of `distance`."""
    return (alpha / 2) / (1 + (math.pi / 2 * alpha * distance) ** 2)


def fast_sigmoid_surrogate(x: Tensor, *, slope: float = 25.0, strict: bool = True) -> Tensor:
    """1 where `x` > 0 (>= 0 if not `strict`), else 0, of any shape; `slope` (> 0) is how
    fast the gradient falls.
    """
    fired: Tensor = _Step.apply(x, slope, strict, fast_sigmoid_slope)
    return fired


def atan_surrogate(x: Tensor, *, alpha: float = 2.0, strict: bool = True) -> Tensor:
    """1 where `x` > 0 (>= 0 if not `strict`), else 0, of any shape; `alpha` (> 0) is how
    narrow and high the slope is.
    """
    fired: Tensor = _Step.apply(x, alpha, strict, atan_slope)
    return fired
