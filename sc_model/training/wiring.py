r"""The synapses of a projection as linear maps in torch: of a sequence or a step, dense or sparse.

Synapse k leads from source s[k] to target t[k] with a *lag* of L[k] steps: its delay, and one more
where the source is updated after the target (`sc_model.network.network`)::

    current[t, b, j] = sum over k with t[k] = j of w[k] x[t - L[k], b, s[k]]

Synapses with the same lag are a matrix (n_source, n_target). Dense, the matrices of all lags are a
stack, and a current is a sum of matrix products, which can be differentiated any number of times.
Sparse, they are a SciPy matrix with a row for each lag and source, and the gradients are written
out here; they can be differentiated once.

A learned delay lies between two lags, and its synapse has a weight at both: w (1 - f) at
floor(delay) and w f one step later, as in `sc_model.training.delay_linear`.

In a loop of connections the map is applied step by step. Its gradient by the weights would be a sum
of one matrix product for each step. `Steps` stores the gradients of the steps' currents instead,
and computes a single product over all steps at the end.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor
from torch.autograd.function import once_differentiable

from sc_model.network import Projection
from sc_model.training.straight_through import clamped

# The stack is dense where it has at most DENSE_SHARE entries for each synapse, or at most
# DENSE_SMALL entries, for which a sparse matrix gains nothing.
DENSE_SHARE = 8
DENSE_SMALL = 1 << 16
# With one synapse for GEMM_DENSITY pairs of neurons, a product of matrices for all pairs takes as
# long as gathering two rows for each synapse.
GEMM_DENSITY = 50
ROWS_AT_ONCE = 1 << 22  # numbers that are gathered at a time: 32 MB


class Wiring:
    """Sources, targets and lags of the synapses of a projection.

    Parameters
    ----------
    projection : whose synapses they are.
    late : steps that are added to every delay.
    learn_delay : whether delays are learned; there are then lags for all delays up to max_delay.
    dense : whether the stack is dense; None: decided by its size.

    Members
    -------
    lags : the lags that occur, rising.
    n_source, n_target : numbers of neurons.
    sources, targets : int64 (size,), neurons of each synapse.
    slots : int64 (size,), place in `lags` of each synapse.
    whole : whether there is one lag and a synapse for every pair.
    dense : whether the stack is dense.
    csr : that of the projection; another one means other synapses.
    """

    def __init__(
        self, projection: Projection, late: int, learn_delay: bool, dense: bool | None
    ) -> None:
        self.csr = projection.csr
        self.n_source, self.n_target = projection.source.n, projection.target.n
        self.late, self.max_delay, self.learn_delay = late, projection.max_delay, learn_delay
        delays = projection.delay_steps
        self.sources, self.targets = (
            torch.from_numpy(self.csr.sources.copy()),
            torch.from_numpy(self.csr.indices.copy()),
        )
        if learn_delay:
            self.lags = [late + age for age in range(self.max_delay + 1)]
            slots = delays
        else:
            different, slots = np.unique(delays, return_inverse=True)
            self.lags = [late + int(age) for age in different] or [late]
        entries = len(self.lags) * self.n_source * self.n_target
        self.dense = (
            learn_delay or entries <= max(DENSE_SHARE * self.csr.size, DENSE_SMALL)
            if dense is None
            else dense
        )
        self.slots = torch.from_numpy(slots.astype(np.int64))
        # with one lag and a synapse for every pair, CSR order is the order of a matrix
        self.whole = (
            not learn_delay
            and len(self.lags) == 1
            and self.csr.size == self.n_source * self.n_target
        )
        self._order: NDArray[np.int64] | None = None

    def operand(self, weight: Tensor, delay: Tensor | None = None) -> Tensor:
        """The tensor that the maps compute with, differentiable by weights and delays.

        Dense, it is the stack (lags, n_source, n_target); sparse, the weights (size,) themselves.
        `delay` (size,), in steps, is that of learned delays.
        """
        if not self.dense:
            return weight
        shape = (len(self.lags), self.n_source, self.n_target)
        if self.whole:
            return weight.view(shape)
        if delay is None:
            at = (self.slots * self.n_source + self.sources) * self.n_target + self.targets
            return (
                weight.new_zeros(shape)
                .view(-1)
                .index_put((at.to(weight.device),), weight)
                .view(shape)
            )
        delay = clamped(delay, 0.0, float(self.max_delay))
        whole = delay.detach().floor().clamp(0, self.max_delay - 1)
        part = delay - whole
        at = (
            whole.nan_to_num().long() * self.n_source + self.sources
        ) * self.n_target + self.targets
        both = torch.cat([at, at + self.n_source * self.n_target])
        return (
            weight.new_zeros(shape)
            .view(-1)
            .index_put((both,), torch.cat([weight * (1 - part), weight * part]))
            .view(shape)
        )

    def sequence(self, operand: Tensor, padded: Tensor, steps: int) -> Tensor:
        """Currents (T, B, n_target) of T = `steps` steps.

        `padded` (P + T, B, n_source) has the outputs of the source, P steps before the first one
        included; P is at least the longest lag.
        """
        if not self.dense:
            currents: Tensor = _SparseSequence.apply(operand, padded, self, steps)
            return currents
        summed: Tensor | None = None
        for matrix, x in zip(operand, self._shifted(padded, steps), strict=True):
            summed = x @ matrix if summed is None else summed + x @ matrix
        if summed is None:
            raise ValueError("operand must hold a lag at least")
        return summed

    def _shifted(self, padded: Tensor, steps: int) -> list[Tensor]:
        """The outputs that arrive in each step, (T, B, n_source), for each lag."""
        past = len(padded) - steps
        return [padded[past - lag : past - lag + steps] for lag in self.lags]

    def weight_gradient(self, operand: Tensor, padded: Tensor, grads: Tensor) -> Tensor:
        """The gradient by the operand, from gradients by the currents (T, B, n_target)."""
        shifted = self._shifted(padded, len(grads))
        after = grads.reshape(-1, self.n_target)
        if self.dense:
            return torch.stack([x.reshape(-1, self.n_source).T @ after for x in shifted])
        gradient = torch.zeros_like(operand)
        density = self.n_source * self.n_target / GEMM_DENSITY
        for slot, x in enumerate(shifted):
            own = torch.nonzero(self.slots == slot).ravel()  # synapses with that lag
            before = x.reshape(-1, self.n_source)
            if len(own) >= density:
                gradient[own] = (before.T @ after)[self.sources[own], self.targets[own]]
                continue
            rows, columns = before.T.contiguous(), after.T.contiguous()
            for few in own.split(max(1, ROWS_AT_ONCE // len(after))):
                gradient[few] = torch.einsum(
                    "kc,kc->k", rows[self.sources[few]], columns[self.targets[few]]
                )
        return gradient

    def stacked(self, operand: Tensor) -> Any:
        """The map of a step, (lags * n_source, n_target): a tensor, or sparse a SciPy matrix."""
        if self.dense:
            return operand.reshape(-1, self.n_target)
        rows = (self.slots * self.n_source + self.sources).numpy()
        if self._order is None:
            self._order = np.argsort(rows, kind="stable")
            height = len(self.lags) * self.n_source
            self._indptr = np.searchsorted(rows[self._order], np.arange(height + 1)).astype(
                np.int32
            )
            self._indices = self.targets.numpy()[self._order].astype(np.int32)
        values = operand.detach().numpy()[self._order]
        return sparse.csr_array(
            (values, self._indices, self._indptr), shape=(len(self._indptr) - 1, self.n_target)
        )

    def block(self, stacked: Any, slot: int) -> Any:
        """The rows of one lag of a sparse stack, (n_source, n_target)."""
        indptr = self._indptr[slot * self.n_source : (slot + 1) * self.n_source + 1]
        inside = slice(indptr[0], indptr[-1])
        parts = (stacked.data[inside], self._indices[inside], indptr - indptr[0])
        return sparse.csr_array(parts, shape=(self.n_source, self.n_target))


def forth(matrix: Any, x: Tensor) -> Tensor:
    """The product of x (rows, sources) with a tensor or SciPy matrix (sources, targets)."""
    if isinstance(matrix, Tensor):
        return x @ matrix
    return torch.from_numpy(
        np.ascontiguousarray((matrix.T @ np.ascontiguousarray(x.detach().numpy().T)).T)
    )


def back(matrix: Any, grads: Tensor) -> Tensor:
    """The gradient by x of `forth`, from gradients (rows, targets)."""
    if isinstance(matrix, Tensor):
        return grads @ matrix.T
    return torch.from_numpy(
        np.ascontiguousarray((matrix @ np.ascontiguousarray(grads.detach().numpy().T)).T)
    )


class _SparseSequence(torch.autograd.Function):
    """`Wiring.sequence` of a sparse stack."""

    @staticmethod
    def forward(ctx: Any, operand: Tensor, padded: Tensor, wiring: Wiring, steps: int) -> Tensor:
        ctx.save_for_backward(operand, padded)
        ctx.wiring, ctx.steps = wiring, steps
        stacked = wiring.stacked(operand)
        summed = padded.new_zeros(steps * padded.shape[1], wiring.n_target)
        for slot, x in enumerate(wiring._shifted(padded, steps)):
            summed += forth(wiring.block(stacked, slot), x.reshape(-1, wiring.n_source))
        return summed.view(steps, -1, wiring.n_target)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        operand, padded = ctx.saved_tensors
        wiring, steps = ctx.wiring, ctx.steps
        for_operand = for_padded = None
        if ctx.needs_input_grad[0]:
            for_operand = wiring.weight_gradient(operand, padded, grads[0])
        if ctx.needs_input_grad[1]:
            stacked, for_padded = wiring.stacked(operand), torch.zeros_like(padded)
            flat = grads[0].reshape(-1, wiring.n_target)
            for slot, part in enumerate(wiring._shifted(for_padded, steps)):
                part += back(wiring.block(stacked, slot), flat).view(part.shape)
        return for_operand, for_padded, None, None


class Steps:
    """The map of one projection for the steps of a run, in order.

    Parameters
    ----------
    wiring, operand : the map.
    outputs : outputs of the source, (B, n_source) each, to which the run appends; the first `past`
        are from before the first step.
    past : see `outputs`.
    twice : whether autograd differentiates the steps itself, for derivatives of derivatives; needs
        a dense stack.
    """

    def __init__(
        self, wiring: Wiring, operand: Tensor, outputs: list[Tensor], past: int, twice: bool
    ) -> None:
        self.wiring, self.outputs, self.past, self.twice = wiring, outputs, past, twice
        if twice and not wiring.dense:
            raise ValueError(
                "derivatives of derivatives need dense projections; make the module with dense=True"
            )
        self.matrix = wiring.stacked(operand if twice else operand.detach())
        self.step_grads: dict[int, Tensor] = {}  # by the currents of each step
        self.token = operand if twice else _Anchor.apply(operand, self)

    def __call__(self, step: int) -> Tensor:
        """Currents (B, n_target) of a step."""
        late = [self.outputs[self.past + step - lag] for lag in self.wiring.lags]
        x = late[0] if len(late) == 1 else torch.cat(late, 1)
        if self.twice:
            return x @ self.matrix
        currents: Tensor = _Send.apply(self.token, x, self, step)
        return currents

    def gradient(self, operand: Tensor) -> Tensor:
        """The gradient by the operand, from the stored gradients of all steps, which it removes."""
        stored, self.step_grads = self.step_grads, {}
        steps = max(stored, default=-1) + 1
        if not steps:
            return torch.zeros_like(operand)
        zero = torch.zeros_like(next(iter(stored.values())))
        grads = torch.stack([stored.get(step, zero) for step in range(steps)])
        return self.wiring.weight_gradient(
            operand, torch.stack(self.outputs[: self.past + steps]), grads
        )

    def close(self) -> None:
        """End the run: detach the stored tensors from the graph.

        The graph holds this object; if the object held the graph, neither would ever be freed.
        """
        self.outputs = [each.detach() for each in self.outputs]
        self.token = self.token.detach()


class _Anchor(torch.autograd.Function):
    """An empty tensor on which all steps depend, so that its backward runs after all of theirs."""

    @staticmethod
    def forward(ctx: Any, operand: Tensor, steps: Steps) -> Tensor:
        ctx.save_for_backward(operand)
        ctx.steps = steps
        return operand.new_zeros(0)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (operand,) = ctx.saved_tensors
        return ctx.steps.gradient(operand), None


class _Send(torch.autograd.Function):
    """One step of a map; backward it stores the gradient by its currents."""

    @staticmethod
    def forward(ctx: Any, token: Tensor, x: Tensor, steps: Steps, step: int) -> Tensor:
        ctx.steps, ctx.step = steps, step
        return forth(steps.matrix, x)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        if ctx.needs_input_grad[0]:
            ctx.steps.step_grads[ctx.step] = grads[0]
        through = back(ctx.steps.matrix, grads[0]) if ctx.needs_input_grad[1] else None
        return grads[0].new_zeros(0), through, None, None
