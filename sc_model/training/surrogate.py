r"""Surrogate gradients: a step function whose gradient is a smooth function.

Forward, a spike is 1 where the distance d to the threshold is > 0 (>= 0 with ``strict=False``),
otherwise 0. Backward, a function stands for the derivative of the step (Neftci, Mostafa & Zenke
2019, doi:10.1109/MSP.2019.2931595)::

    fast sigmoid  1 / (1 + slope |d|)^2
    atan          (alpha / 2) / (1 + (pi alpha d / 2)^2)

after Zenke & Ganguli 2018 (SuperSpike, doi:10.1162/neco_a_01086) and Fang et al. 2021
(arXiv:2007.05785).

Scale: these are the numbers of `snntorch.surrogate.fast_sigmoid(slope)` and
`snntorch.surrogate.atan(alpha)`. The fast sigmoid is 1 at d = 0 for every slope, so a steeper one
passes less gradient in all, and not more near the threshold; some authors put a factor `slope` in
front of it. atan is alpha / 2 at d = 0, and has an area of 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Surrogate = Callable[[Tensor], Tensor]
"""From distances to spikes: a function below; `functools.partial` binds another scale to it."""


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
    """The fast sigmoid's stand-in for the derivative of a spike, of the shape of `distance`."""
    return 1 / (1 + slope * distance.abs()) ** 2


def atan_slope(distance: Tensor, alpha: float) -> Tensor:
    """The stand-in of atan for the derivative of a spike, of the shape of `distance`."""
    return (alpha / 2) / (1 + (math.pi / 2 * alpha * distance) ** 2)


def fast_sigmoid_surrogate(x: Tensor, *, slope: float = 25.0, strict: bool = True) -> Tensor:
    """1 where `x` > 0 (>= 0 if not `strict`), else 0; with the gradient of a fast sigmoid.

    Parameters
    ----------
    x : distances to the threshold, any shape.
    slope : how fast the gradient falls with the distance, > 0.
    strict : whether a distance of 0 is no spike.
    """
    fired: Tensor = _Step.apply(x, slope, strict, fast_sigmoid_slope)
    return fired


def atan_surrogate(x: Tensor, *, alpha: float = 2.0, strict: bool = True) -> Tensor:
    """1 where `x` > 0 (>= 0 if not `strict`), else 0; with the gradient of an arcus tangens.

    Parameters
    ----------
    x : distances to the threshold, any shape.
    alpha : how narrow and high the gradient is, > 0.
    strict : whether a distance of 0 is no spike.
    """
    fired: Tensor = _Step.apply(x, alpha, strict, atan_slope)
    return fired
