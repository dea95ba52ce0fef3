r"""The synapses of a projection as linear maps in torch, over a sequence or a step, dense or
sparse.

Synapse k leads from source s[k] to target t[k] and is L[k] steps late (its delay, and one more
where the source is updated after the target, `sc_model.network.network`)::

    current[t, b, j] = sum over k with t[k] = j of w[k] x[t - L[k], b, s[k]]

Synapses with the same lag are a matrix (n_source, n_target). Dense, the lags' matrices are a stack,
and a current is a sum of matrix products: differentiable any number of times. Sparse, they are a
SciPy matrix with a row for each lag and source, and gradients are written out here, once
differentiable.

Delays that are learned lie between two lags, and synapses have a part in both: w (1 - f) at
floor(delay) and w f behind it, as in `sc_model.training.delay_linear`.

In a recurrent network each step needs the map. The gradient of its weights is then not added up
step by step, each a matrix: the steps leave what came back to them (`Steps`), and a single product
over all steps makes the gradient in the end.
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

DENSE_SHARE = 8  # dense where the stack holds at most so many entries for each synapse,
DENSE_SMALL = 1 << 16  # or so few in all that a sparse matrix gains nothing
# A product of matrices is as fast as gathering one pair of rows for each synapse, 1 in so many
# there
GEMM_DENSITY = 50
ROWS_AT_ONCE = 1 << 22  # numbers gathered at a time: 32 MB


class Wiring:
    """Where the synapses of a projection lead, and when.

    Parameters
    ----------
    projection : its synapses.
    late : steps added to every delay.
    learn_delay : lags are those that delays may come to.
    dense : True, False, or None to choose by size.

    Members
    -------
    lags : sorted, those that occur. n_source, n_target.
    dense : what was chosen.
    csr : of the projection, to know it again.
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
            found, slots = np.unique(delays, return_inverse=True)
            self.lags = [late + int(age) for age in found] or [late]
        entries = len(self.lags) * self.n_source * self.n_target
        self.dense = (
            learn_delay or entries <= max(DENSE_SHARE * self.csr.size, DENSE_SMALL)
            if dense is None
            else dense
        )
        self.slots = torch.from_numpy(slots.astype(np.int64))
        # without lags of its own, and with every pair there, CSR order is that of a matrix
        self.whole = (
            not learn_delay
            and len(self.lags) == 1
            and self.csr.size == self.n_source * self.n_target
        )
        self._order: NDArray[np.int64] | None = None

    def operand(self, weight: Tensor, delay: Tensor | None = None) -> Tensor:
        """What maps are made with: dense, a stack (lags, n_source, n_target); sparse, the weights
        (size,) themselves.
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
        """Currents (T, B, n_target) for what the source put out, (P + T, B, n_source) with P >= the
        longest lag.
        """
        if not self.dense:
            found: Tensor = _SparseSequence.apply(operand, padded, self, steps)
            return found
        summed: Tensor | None = None
        for matrix, x in zip(operand, self._shifted(padded, steps), strict=True):
            summed = x @ matrix if summed is None else summed + x @ matrix
        if summed is None:
            raise ValueError("operand must hold a lag at least")
        return summed

    def _shifted(self, padded: Tensor, steps: int) -> list[Tensor]:
        past = len(padded) - steps
        return [padded[past - lag : past - lag + steps] for lag in self.lags]

    def weight_gradient(self, operand: Tensor, padded: Tensor, grads: Tensor) -> Tensor:
        """Gradient by the operand, for gradients by the currents (T, B, n_target)."""
        shifted = self._shifted(padded, len(grads))
        after = grads.reshape(-1, self.n_target)
        if self.dense:
            return torch.stack([x.reshape(-1, self.n_source).T @ after for x in shifted])
        found = torch.zeros_like(operand)
        density = self.n_source * self.n_target / GEMM_DENSITY
        for slot, x in enumerate(shifted):
            mine = torch.nonzero(self.slots == slot).ravel()
            before = x.reshape(-1, self.n_source)
            if len(mine) >= density:
                found[mine] = (before.T @ after)[self.sources[mine], self.targets[mine]]
                continue
            rows, columns = before.T.contiguous(), after.T.contiguous()
            for few in mine.split(max(1, ROWS_AT_ONCE // len(after))):
                found[few] = torch.einsum(
                    "kc,kc->k", rows[self.sources[few]], columns[self.targets[few]]
                )
        return found

    def stacked(self, operand: Tensor) -> Any:
        """The map of a step: dense, a matrix (lags * n_source, n_target); sparse, a SciPy one of
        that shape.
        """
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
        """The rows of one lag of a sparse stack."""
        indptr = self._indptr[slot * self.n_source : (slot + 1) * self.n_source + 1]
        inside = slice(indptr[0], indptr[-1])
        parts = (stacked.data[inside], self._indices[inside], indptr - indptr[0])
        return sparse.csr_array(parts, shape=(self.n_source, self.n_target))


def forth(matrix: Any, x: Tensor) -> Tensor:
    """x (rows, sources) through a dense or SciPy matrix (sources, targets)."""
    if isinstance(matrix, Tensor):
        return x @ matrix
    return torch.from_numpy(
        np.ascontiguousarray((matrix.T @ np.ascontiguousarray(x.detach().numpy().T)).T)
    )


def back(matrix: Any, grads: Tensor) -> Tensor:
    """Gradients (rows, targets) back through it."""
    if isinstance(matrix, Tensor):
        return grads @ matrix.T
    return torch.from_numpy(
        np.ascontiguousarray((matrix @ np.ascontiguousarray(grads.detach().numpy().T)).T)
    )


class _SparseSequence(torch.autograd.Function):
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
    """One projection's map for the steps of a run, in order.

    Parameters
    ----------
    wiring, operand : the map.
    outputs : what the source put out, (B, n_source) each, `past` from before the first step; the
        run appends to it.
    twice : have plain autograd instead, for derivatives of derivatives; dense alone.
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
        self.came_back: dict[int, Tensor] = {}
        self.token = operand if twice else _Anchor.apply(operand, self)

    def __call__(self, step: int) -> Tensor:
        """Currents (B, n_target) of a step."""
        late = [self.outputs[self.past + step - lag] for lag in self.wiring.lags]
        x = late[0] if len(late) == 1 else torch.cat(late, 1)
        if self.twice:
            return x @ self.matrix
        found: Tensor = _Send.apply(self.token, x, self, step)
        return found

    def gradient(self, operand: Tensor) -> Tensor:
        """By the operand, from all that came back; it is forgotten then."""
        came, self.came_back = self.came_back, {}
        steps = max(came, default=-1) + 1
        if not steps:
            return torch.zeros_like(operand)
        nothing = torch.zeros_like(next(iter(came.values())))
        grads = torch.stack([came.get(step, nothing) for step in range(steps)])
        return self.wiring.weight_gradient(
            operand, torch.stack(self.outputs[: self.past + steps]), grads
        )

    def close(self) -> None:
        """The run is over. What is kept for the way back must not lead to the graph that keeps
        this: it would never be freed.
        """
        self.outputs = [each.detach() for each in self.outputs]
        self.token = self.token.detach()


class _Anchor(torch.autograd.Function):
    """Nothing, that all steps depend on: its backward comes after all of theirs."""

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
    @staticmethod
    def forward(ctx: Any, token: Tensor, x: Tensor, steps: Steps, step: int) -> Tensor:
        ctx.steps, ctx.step = steps, step
        return forth(steps.matrix, x)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        if ctx.needs_input_grad[0]:
            ctx.steps.came_back[ctx.step] = grads[0]
        through = back(ctx.steps.matrix, grads[0]) if ctx.needs_input_grad[1] else None
        return grads[0].new_zeros(0), through, None, None
