"""Forward another number, backward the identity; and a clamp that gradients find their way out of.

A number that hardware has is a step function of the one that is trained. The straight-through
estimator (Bengio, Leonard & Courville 2013, arXiv:1308.3432) takes it for the identity where
gradients pass.
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
        outward = ((value < low) & (grad > 0)) | (
            (value > high) & (grad < 0)
        )  # an optimiser goes against the gradient
        return grad.masked_fill(outward, 0), None, None


def straight_through(value: Tensor, replaced: Tensor) -> Tensor:
    """`replaced` forward, to the last bit; the gradient of `value` backward."""
    taken: Tensor = _StraightThrough.apply(value, replaced)
    return taken


def clamped(value: Tensor, low: float, high: float = math.inf) -> Tensor:
    """The value clamped to [low, high]. Outside, a gradient that leads back passes and one that
    leads further out does not.
    """
    made: Tensor = _Clamped.apply(value, low, high)
    return made
