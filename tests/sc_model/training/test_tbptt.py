"""`TBPTTLearner`: BPTT for k >= T to the bit, the sum of windows' gradients by plain autograd,
memory that T does not change.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from sc_model.learning import BPTTLearner, TBPTTLearner, TrainingError
from sc_model.network import LI, LIF, Network, Population, Projection, Relay

STEPS, N_IN, N, N_OUT, LEAK, OUT_LEAK = 90, 6, 8, 2, 0.9, 0.95
mse = torch.nn.functional.mse_loss


def network(delay: int = 2) -> Network:
    draws = np.random.default_rng(0)
    source = Population(Relay, N_IN, "in")
    cells = Population(LIF.from_beta(LEAK, 1.0, reset="subtract", reset_delay=True), N, "cells")
    out = Population(
        LI(tau_ms=1 / (1 - OUT_LEAK), resistance=1 / (1 - OUT_LEAK), method="euler"), N_OUT, "out"
    )
    net = Network(1.0, [source, cells, out])
    for a, b, sd, late in (
        (source, cells, 0.5, delay),
        (cells, cells, 0.3, delay),
        (cells, out, 0.2, 0),
    ):
        net.add(
            Projection(a, b, draws.normal(0.1, sd, (a.n, b.n)), topology="all_to_all", delay=late)
        )
    return net


def data(steps: int = STEPS) -> tuple[Tensor, Tensor]:
    draws = np.random.default_rng(1)
    return torch.tensor((draws.random((steps, N_IN)) < 0.2) * 1.0), torch.tensor(
        draws.normal(0, 1, (steps, N_OUT))
    )


def gradients(learner: BPTTLearner, x: Any, targets: Any) -> tuple[Any, list[np.ndarray]]:
    before = [each.weights.copy() for each in learner.network.projections.values()]
    made = learner.train_step(x, targets)
    return made, [
        old - each.weights
        for old, each in zip(before, learner.network.projections.values(), strict=True)
    ]


def descent(kind: type[BPTTLearner], **how: Any) -> BPTTLearner:
    return kind(network(), mse, 1.0, optimiser=torch.optim.SGD, **how)


@pytest.mark.parametrize("k", [STEPS, STEPS + 1, 10 * STEPS])
def test_one_chunk_is_bptt_to_the_bit(k: int) -> None:
    x, targets = data()
    whole, expected = gradients(descent(BPTTLearner), x, targets)
    made, found = gradients(descent(TBPTTLearner, k=k), x, targets)
    assert made == whole
    assert all(np.array_equal(mine, theirs) for mine, theirs in zip(found, expected, strict=True))


class Fired(torch.autograd.Function):
    """The spike and its slope, written again."""

    @staticmethod
    def forward(ctx: Any, v: Tensor) -> Tensor:
        ctx.save_for_backward(v)
        return (v > 0).double()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        return grads[0] / (1 + 25 * ctx.saved_tensors[0].abs()) ** 2


def windows(x: Tensor, targets: Tensor, k: int, delay: int = 2) -> tuple[float, list[Tensor]]:
    """Plain autograd over a network written in matrices; everything that goes from window to window
    is cut.
    """
    weights = [
        torch.tensor(each.dense(), requires_grad=True) for each in network().projections.values()
    ]
    w_in, w_rec, w_out = weights
    v, y = torch.zeros(N).double(), torch.zeros(N_OUT).double()
    past = [torch.zeros(N).double()] * (delay + 1)
    total = torch.zeros(()).double()
    for t, row in enumerate(x):
        if t % k == 0:
            v, y, past = v.detach(), y.detach(), [each.detach() for each in past]
        arrived = x[t - delay] if t >= delay else torch.zeros_like(row)
        v = LEAK * v + arrived @ w_in + past[-1 - delay] @ w_rec - past[-1].detach()
        past.append(Fired.apply(v - 1.0))
        y = OUT_LEAK * y + past[-1] @ w_out
        total = total + (y - targets[t]).square().sum() / targets.numel()
    total.backward()
    assert 0.05 < float(torch.stack(past).detach().mean()) < 0.6
    return total.item(), [each.grad.ravel() for each in weights if each.grad is not None]


@pytest.mark.parametrize("k", [1, 7, 30, 89])
def test_gradients_are_the_sum_of_those_of_windows(k: int) -> None:
    x, targets = data()
    loss, expected = windows(x, targets, k)
    made, found = gradients(descent(TBPTTLearner, k=k), x, targets)
    assert float(made) == pytest.approx(loss, rel=1e-12)
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(
            mine, theirs.numpy(), rtol=1e-9, atol=1e-9 * float(theirs.abs().max())
        )


def test_truncation_leaves_something_out_and_keeps_the_direction() -> None:
    x, targets = data()
    _, whole = gradients(descent(BPTTLearner), x, targets)
    cosines = []
    for k in (2, 10, 45):
        _, part = gradients(descent(TBPTTLearner, k=k), x, targets)
        a, b = np.concatenate(part), np.concatenate(whole)
        cosines.append(float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)))
    assert 0.2 < cosines[0] < cosines[1] < cosines[2] < 1 - 1e-4


def test_sums_over_time_are_added() -> None:
    x, targets = data()

    def total(y: Tensor, aims: Tensor) -> Tensor:
        return (y - aims).square().sum() / targets.numel()

    summed = TBPTTLearner(network(), total, 1.0, optimiser=torch.optim.SGD, k=20, reduction="sum")
    one, found = gradients(summed, x, targets)
    other, expected = gradients(descent(TBPTTLearner, k=20), x, targets)
    assert float(one) == pytest.approx(float(other))
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-12)


def test_updates_behind_each_chunk() -> None:
    x, targets = data()
    learner = TBPTTLearner(network(), mse, 0.01, k=30, update="chunk")
    made = learner.train_step(x, targets)
    assert made.updates == learner.updates == 3
    assert learner.train_step(x, targets).updates == 6
    assert not np.array_equal(
        learner.network.projections["cells->cells"].weights,
        gradients(TBPTTLearner(network(), mse, 0.01, k=30), x, targets)[1][1],
    )


def peak(k: int, steps: int) -> int:
    """Most bytes that the graph held at once."""
    held, most = [0], [0]

    def pack(tensor: Tensor) -> Any:
        box = [tensor]
        size = (
            tensor.untyped_storage().nbytes()
            if tensor._base is None
            else tensor.numel() * tensor.element_size()
        )
        held[0] += size
        most[0] = max(most[0], held[0])

        class Box(list[Tensor]):
            pass

        boxed = Box(box)
        weakref.finalize(boxed, lambda: held.__setitem__(0, held[0] - size))
        return boxed

    learner = TBPTTLearner(network(), mse, k=k)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda boxed: boxed[0]):
        learner.train_step(*data(steps))
    return most[0]


def test_memory_is_that_of_a_chunk() -> None:
    assert peak(50, 800) == peak(50, 100)
    assert 1.7 < peak(100, 800) / peak(50, 800) < 2.3
    assert peak(800, 800) > 10 * peak(50, 800)


def test_what_is_not_finite_changes_nothing_however_late() -> None:
    x, targets = data()
    learner = TBPTTLearner(network(), mse, k=20)
    before = [each.weights.copy() for each in learner.network.projections.values()]
    targets[-1] = np.nan
    with pytest.raises(TrainingError, match=r"^the loss must be finite, not nan in update 1; "):
        learner.train_step(x, targets)
    assert learner.updates == 0
    assert all(value.grad is None for value in learner.module.parameters())
    for old, each in zip(before, learner.network.projections.values(), strict=True):
        assert np.array_equal(old, each.weights)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: TBPTTLearner(network(), mse, k=0), "k must be >= 1, not 0"),
        (
            lambda: TBPTTLearner(network(), mse, reduction="means"),  # type: ignore[arg-type]
            "reduction must be 'mean' or 'sum', not 'means'; did you mean 'mean'?",
        ),
        (
            lambda: TBPTTLearner(network(), mse, update="x"),
            "update must be 'sequence' or 'chunk', not 'x'",
        ),  # type: ignore[arg-type]
        (
            lambda: TBPTTLearner(network(), mse).train_step(data()[0], torch.zeros(5).long()),
            "targets must have the 90 steps of the inputs as first dimension, not (5,)",
        ),
        (
            lambda: TBPTTLearner(network(), mse).train_step(data()[0], torch.zeros(STEPS, 5)),
            "targets must have the shape of the outputs, (90, 2), not (90, 5)",
        ),
    ],
)
def test_tbptt_errors(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()
