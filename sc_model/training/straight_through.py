"""The straight-through estimator, and a clamp whose gradient leads back into its range.

A rounded number is a step function of the trained one, with a gradient of 0. The straight-through
estimator (Bengio, Leonard & Courville 2013, arXiv:1308.3432) takes the gradient of the identity.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, value: Tensor, replaced: Tensor) -> Tensor:
        return replaced.to(value.dtype, copy=True)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        return grads[0], None


class _Clamped(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, value: Tensor, low: float, high: float) -> Tensor:
        ctx.save_for_backward(value)
        ctx.range = low, high
        return value.clamp(low, high)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (value,), (grad,), (low, high) = ctx.saved_tensors, grads, ctx.range
        # an optimiser goes against the gradient: a positive one makes the value smaller
        outward = ((value < low) & (grad > 0)) | ((value > high) & (grad < 0))
        return grad.masked_fill(outward, 0), None, None


def straight_through(value: Tensor, replaced: Tensor) -> Tensor:
    """The number `replaced`, to the last bit; its gradient goes to `value` unchanged."""
    result: Tensor = _StraightThrough.apply(value, replaced)
    return result


def clamped(value: Tensor, low: float, high: float = math.inf) -> Tensor:
    """The value clamped to [low, high].

    Of a value outside, a gradient passes that moves it towards the range, and none that moves it
    further away. With torch's clamp no gradient would pass, and the value would stay outside.
    """
    result: Tensor = _Clamped.apply(value, low, high)
    return result
