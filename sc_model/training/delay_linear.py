r"""`DelayLinear`: a linear layer whose synapses each have a weight and a delay, both learned.

For inputs x(t), 0 before the sequence began, weights W and delays D in steps::

    out[b, j](t) = sum_i W[j, i] * interp(x[b, i], t - D[j, i])  (+ bias[j])
    interp(x, t - 2.3) = 0.7 * x(t - 2) + 0.3 * x(t - 3)

So a synapse is a kernel over the last `max_delay` + 1 steps that has two weights, W (1 - f) at
floor(D) and W f one step later, with f = D - floor(D). The layer is a sum of matrix products over
these steps. Between two integers, the derivative by D is W (x(t - 3) - x(t - 2)) in this example;
at an integer it is that of the interval above. Hammouamri, Khalfaoui-Hassani & Masquelier 2023
(arXiv:2306.17670) learn delays with such kernels (DCLS), wide ones that shrink in training. Here
they are always two steps wide, and `step` computes one step at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sc_model.checks import integer
from sc_model.training.straight_through import clamped

INIT_SD = 0.1  # standard deviation of the initial weights


def kernel(weight: Tensor, delay: Tensor, max_delay: int) -> Tensor:
    """Weights of the last steps, (max_delay + 1, in, out), the present step first.

    Parameters
    ----------
    weight : (out, in).
    delay : (out, in), steps in [0, max_delay]. A NaN gives NaN in the kernel.
    max_delay : steps.
    """
    # a delay of max_delay has all its weight in the second of its two steps
    whole = delay.detach().floor().clamp(0, max_delay - 1)
    part = delay - whole
    first = whole.nan_to_num().long().unsqueeze(-1)
    values = torch.stack([weight * (1 - part), weight * part], -1)
    spread = weight.new_zeros(*weight.shape, max_delay + 1).scatter(
        -1, torch.cat([first, first + 1], -1), values
    )
    return spread.permute(2, 1, 0).contiguous()


def delayed(x: Tensor, weight: Tensor, delay: Tensor, max_delay: int) -> Tensor:
    """T steps from rest: x (T, B, in) to (T, B, out).

    It is a sum of max_delay + 1 matrix products, which is exact for small integers; an FFT is not.
    """
    steps = len(x)
    weights = kernel(weight, delay, max_delay)
    padded = torch.cat([x.new_zeros(max_delay, *x.shape[1:]), x])
    summed = x @ weights[0]
    for age in range(1, max_delay + 1):
        summed = summed + padded[max_delay - age : max_delay - age + steps] @ weights[age]
    return summed


class DelayLinear(torch.nn.Module):
    """A linear layer with a delay for each synapse.

    Parameters
    ----------
    in_features, out_features : sizes, >= 1.
    max_delay : longest delay, steps, >= 1.
    learn_delay : whether the delays are a parameter; otherwise they are a buffer.
    init_delay : initial delays, steps in [0, max_delay]: one number or (out_features, in_features).
    bias : whether the layer has a bias, which begins at 0.
    device, dtype : as in `torch.nn.Linear`.

    Members
    -------
    weight : (out_features, in_features); begins normally distributed with standard deviation 0.1.
    delay : (out_features, in_features), steps. The layer computes with it clamped to
        [0, max_delay]. Outside, only gradients that lead back into the range pass, and `project`
        clamps the delays themselves.
    bias : (out_features,) or None.

    `step` keeps the inputs of the last `max_delay` steps, for each sample of the batch, with their
    autograd graph: gradients go back through it until `detach` cuts it. These inputs are no part of
    `state_dict`, copies and pickles.

    Raises TypeError or ValueError for sizes, delays or input shapes that are not allowed. NaN in
    inputs, weights or delays is not an error; the outputs are then NaN.
    """

    bias: Tensor | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        max_delay: int = 16,
        learn_delay: bool = True,
        init_delay: float | Tensor = 1.0,
        *,
        bias: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        for name, value in (
            ("in_features", in_features),
            ("out_features", out_features),
            ("max_delay", max_delay),
        ):
            integer(name, value)
        self.in_features, self.out_features, self.max_delay, self.learn_delay = (
            in_features,
            out_features,
            max_delay,
            learn_delay,
        )
        shape, kind = (out_features, in_features), {"device": device, "dtype": dtype}
        self.weight = torch.nn.Parameter(torch.randn(shape, **kind) * INIT_SD)
        first = torch.as_tensor(init_delay, **kind).detach()
        if first.shape not in ((), shape):
            raise ValueError(
                f"init_delay must be a number or have shape {shape}, not {tuple(first.shape)}"
            )
        if not bool(((first >= 0) & (first <= max_delay)).all()):
            raise ValueError(
                f"init_delay must be in [0, max_delay] = [0, {max_delay}], not {init_delay!r}"
            )
        delay = first.to(self.weight.dtype).expand(shape).clone()
        if learn_delay:
            self.delay = torch.nn.Parameter(delay)
        else:
            self.register_buffer("delay", delay)
        if bias:
            self.bias = torch.nn.Parameter(torch.zeros(out_features, **kind))
        else:
            self.register_parameter("bias", None)
        self._history: Tensor | None = None

    def effective_delay(self) -> Tensor:
        """The delays with which the layer computes, steps, (out_features, in_features)."""
        return clamped(self.delay, 0.0, float(self.max_delay))

    def forward(self, x: Tensor) -> Tensor:
        """T steps from rest: x (T, batch, in_features), T >= 1, to (T, batch, out_features).

        The inputs that `step` keeps do not change.
        """
        if x.ndim != 3 or x.shape[2] != self.in_features or not len(x):
            raise ValueError(
                f"x must have shape (T, batch, {self.in_features}) with T >= 1, not"
                f" {tuple(x.shape)}"
            )
        out = delayed(x, self.weight, self.effective_delay(), self.max_delay)
        return out if self.bias is None else out + self.bias

    def step(self, x: Tensor) -> Tensor:
        """One step: x (in_features,) or (batch, in_features) to the same shape of out_features.

        ValueError for another shape, dtype or device than in the step before.
        """
        if x.ndim not in (1, 2) or x.shape[-1] != self.in_features:
            raise ValueError(
                f"x must have shape ({self.in_features},) or (batch, {self.in_features}), not"
                f" {tuple(x.shape)}"
            )
        past = self._history
        if past is None:
            past = x.new_zeros(self.max_delay, *x.shape)
        elif past.shape[1:] != x.shape:
            raise ValueError(
                f"x must have the shape of the step before, {tuple(past.shape[1:])}, not"
                f" {tuple(x.shape)}; call reset() where a sequence of another batch begins"
            )
        elif past.device != x.device or past.dtype != x.dtype:
            raise ValueError(
                f"x must be of the kind of the step before, {past.dtype} on {past.device}, not"
                f" {x.dtype} on {x.device}; call reset()"
            )
        window = torch.cat([x.unsqueeze(0), past])
        self._history = window[:-1]
        weights = kernel(self.weight, self.effective_delay(), self.max_delay)
        # a single product over steps and inputs together is faster than one for each step
        flat = window.movedim(0, -2).flatten(-2)
        out = flat @ weights.flatten(0, 1)
        return out if self.bias is None else out + self.bias

    def reset(self) -> None:
        """Forget the inputs that `step` keeps; the next step begins a sequence."""
        self._history = None

    def detach(self) -> None:
        """Cut the graph of the inputs that `step` keeps, for truncated backpropagation."""
        if self._history is not None:
            self._history = self._history.detach()

    def project(self) -> None:
        """Clamp the delays to [0, max_delay] after an optimiser's step."""
        with torch.no_grad():
            self.delay.clamp_(0, self.max_delay)

    @property
    def delays_int(self) -> Tensor:
        """The delays in hardware, int64 (out_features, in_features): rounded, halves to even.

        ValueError for a delay that is not finite.
        """
        delays = self.delay.detach()
        if not bool(torch.isfinite(delays).all()):
            raise ValueError(
                "delays must be finite; training has diverged: lower the learning rate"
            )
        return delays.clamp(0, self.max_delay).round().long()

    def to_nir_delay_array(self, *, rounded: bool = True) -> NDArray[np.float64]:
        """Delays of an all-to-all `Projection` from in_features to out_features neurons, in steps.

        Float64 (in_features * out_features,): synapse i * out_features + j goes from i to j, for
        the rows of a projection's CSR are source neurons. With `rounded` they are the integers of
        `delays_int`, otherwise those that training has found.
        """
        return _rows_are_sources(
            self.delays_int if rounded else self.delay.detach().clamp(0, self.max_delay)
        )

    def to_nir_weight_array(self) -> NDArray[np.float64]:
        """Weights in the same order, float64 (in_features * out_features,)."""
        return _rows_are_sources(self.weight.detach())

    def rounded(self) -> DelayLinear:
        """A copy with the delays of hardware."""
        copy = DelayLinear(
            self.in_features,
            self.out_features,
            self.max_delay,
            bias=self.bias is not None,
            learn_delay=self.learn_delay,
            device=self.weight.device,
            dtype=self.weight.dtype,
        )
        copy.load_state_dict(self.state_dict() | {"delay": self.delays_int.to(self.delay.dtype)})
        return copy

    def extra_repr(self) -> str:
        """As in `torch.nn.Linear`."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features},"
            f" max_delay={self.max_delay}, bias={self.bias is not None},"
            f" learn_delay={self.learn_delay}"
        )

    def __getstate__(self) -> dict[str, Any]:
        # what is kept of a sequence hangs on an autograd graph, which can't be copied
        return self.__dict__ | {"_history": None}


def _rows_are_sources(matrix: Tensor) -> NDArray[np.float64]:
    flat: NDArray[np.float64] = matrix.to("cpu", torch.float64).t().reshape(-1).numpy()
    return flat
