"""`MetaLearner`: gradients of torch.func, of finite differences, of the papers' other orders;
adaptation; errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.func import functional_call, grad

from sc_model.learning import MetaLearner, MetaTask, NetworkModule, TrainingError
from sc_model.network import LI, LIF, Network, Population, Projection, Relay

mse = torch.nn.functional.mse_loss
Named = dict[str, Tensor]


def mlp(seed: int = 0) -> torch.nn.Sequential:
    torch.manual_seed(seed)
    return torch.nn.Sequential(
        torch.nn.Linear(1, 12), torch.nn.Tanh(), torch.nn.Linear(12, 1)
    ).double()


def sinusoid(seed: int, shots: int = 10) -> MetaTask:
    """The task of Finn et al., section 5.1: another amplitude and phase each time."""
    draws = np.random.default_rng(seed)
    height, phase = draws.uniform(0.5, 2.0), draws.uniform(0, 2 * np.pi)
    x = torch.tensor(draws.uniform(-3, 3, (2, shots, 1)))
    y = height * torch.sin(x + phase)
    return MetaTask(x[0], y[0], x[1], y[1])


def by_func(
    module: torch.nn.Module,
    call: Callable[[Named, Any], Tensor],
    tasks: list[MetaTask],
    lr: float,
    n: int,
) -> Named:
    """Second-order gradients by torch.func's transforms, nested."""
    start = {name: value.detach() for name, value in module.named_parameters()}

    def loss(values: Named, x: Any, y: Any) -> Tensor:
        return mse(call(values, x), y)

    def behind(values: Named) -> Tensor:
        total = torch.zeros(()).double()
        for task in tasks:
            phi = values
            for _ in range(n):
                found = grad(loss)(phi, task.support_inputs, task.support_targets)
                phi = {name: value - lr * found[name] for name, value in phi.items()}
            total = total + loss(phi, task.query_inputs, task.query_targets) / len(tasks)
        return total

    found: Named = grad(behind)(start)
    return found


def moved(learner: MetaLearner, tasks: list[MetaTask]) -> Named:
    """The gradient of an outer step, seen by plain descent at a rate of 1."""
    before = {name: value.detach().clone() for name, value in learner.module.named_parameters()}
    learner.outer_step(tasks)
    return {
        name: before[name] - value.detach() for name, value in learner.module.named_parameters()
    }


def descent(module: Any, lr: float, **how: Any) -> MetaLearner:
    return MetaLearner(module, lr, 1.0, optimiser=torch.optim.SGD, **how)


@pytest.mark.parametrize("n_steps", [1, 3, 5])
def test_gradients_are_the_second_order_ones_of_torch_func(n_steps: int) -> None:
    tasks, module = [sinusoid(seed) for seed in range(3)], mlp()
    expected = by_func(
        module, lambda values, x: functional_call(module, values, (x,)), tasks, 0.05, n_steps
    )
    found = moved(descent(mlp(), 0.05, n_steps=n_steps), tasks)
    for name, theirs in expected.items():
        assert theirs.abs().max() > 0
        torch.testing.assert_close(found[name], theirs, rtol=1e-9, atol=1e-12)


def first_order(module: torch.nn.Module, task: MetaTask, lr: float, n: int) -> tuple[Named, Named]:
    """Where plain descent leads, and the query gradient there."""
    phi = {
        name: value.detach().clone().requires_grad_() for name, value in module.named_parameters()
    }

    def gradient(x: Any, y: Any) -> Named:
        grads = torch.autograd.grad(mse(functional_call(module, phi, (x,)), y), list(phi.values()))
        return dict(zip(phi, grads, strict=True))

    for _ in range(n):
        found = gradient(task.support_inputs, task.support_targets)
        phi = {
            name: (value - lr * found[name]).detach().requires_grad_()
            for name, value in phi.items()
        }
    return phi, gradient(task.query_inputs, task.query_targets)


def test_the_first_order_is_another_one() -> None:
    task = sinusoid(0)
    _, expected = first_order(mlp(), task, 0.05, 5)
    found = moved(descent(mlp(), 0.05, order="first"), [task])
    second = moved(descent(mlp(), 0.05), [task])
    for name, theirs in expected.items():
        torch.testing.assert_close(found[name], theirs, rtol=1e-9, atol=1e-12)
    off = torch.cat([(found[name] - second[name]).ravel() for name in found]).norm()
    assert off > 0.02 * torch.cat([value.ravel() for value in second.values()]).norm()


def test_reptile_goes_where_plain_descent_leads() -> None:
    task = sinusoid(0)
    both = MetaTask(
        *(torch.cat([task[k], task[k + 2]]) for k in (0, 1)), task.query_inputs, task.query_targets
    )
    phi, _ = first_order(mlp(), both, 0.05, 4)
    found = moved(descent(mlp(), 0.05, order="reptile", n_steps=4), [task])
    for name, start in mlp().named_parameters():
        torch.testing.assert_close(
            found[name], start.detach() - phi[name].detach(), rtol=1e-9, atol=1e-12
        )


def network(seed: int = 0) -> Network:
    draws = np.random.default_rng(seed)
    source, out = Population(Relay, 5, "in"), Population(LI(tau_ms=10.0), 2, "out")
    cells = Population(
        LIF(tau_ms=10.0, threshold=0.5, reset="subtract", reset_delay=True), 6, "cells"
    )
    net = Network(1.0, [source, cells, out])
    for a, b, sd in ((source, cells, 3.0), (cells, cells, 1.0), (cells, out, 1.0)):
        net.add(Projection(a, b, draws.normal(0.3, sd, (a.n, b.n)), topology="all_to_all"))
    return net


def pattern(seed: int, steps: int = 40) -> MetaTask:
    draws = np.random.default_rng(seed)
    spikes = torch.tensor((draws.random((2, steps, 3, 5)) < 0.2) * 1.0)
    aims = torch.tensor(draws.normal(0, 0.5, (1, 1, 2)) * np.ones((steps, 3, 1)))
    return MetaTask(spikes[0], aims, spikes[1], aims)


def smooth(distance: Tensor) -> Tensor:
    """What torch.func can differentiate twice; the same numbers for both sides."""
    return 0.5 + distance / (1 + 5 * distance.abs())


def test_a_spiking_networks_gradients_are_those_of_torch_func() -> None:
    """The matrices of the network written out, its spikes smooth."""
    alpha = np.exp(-1 / 10.0)

    def call(values: Named, x: Tensor) -> Tensor:
        w_in, w_rec, w_out = (
            values[f"weights.{k}"].view(shape) for k, shape in enumerate(((5, 6), (6, 6), (6, 2)))
        )
        v = z = torch.zeros(x.shape[1], 6).double()
        y, outputs = torch.zeros(x.shape[1], 2).double(), []
        for row in x:
            v = alpha * v + (1 - alpha) * (row @ w_in + z @ w_rec) - 0.5 * z.detach()
            z = smooth(v - 0.5)
            y = alpha * y + (1 - alpha) * (z @ w_out)
            outputs.append(y)
        return torch.stack(outputs)

    tasks = [pattern(seed) for seed in range(2)]
    expected = by_func(NetworkModule(network()), call, tasks, 0.3, 3)
    found = moved(descent(network(), 0.3, n_steps=3, surrogate=smooth), tasks)
    first = moved(descent(network(), 0.3, n_steps=3, surrogate=smooth, order="first"), tasks)
    for name, theirs in expected.items():
        torch.testing.assert_close(
            found[name], theirs, rtol=1e-9, atol=1e-9 * float(theirs.abs().max())
        )
        assert not torch.allclose(first[name], theirs, rtol=1e-3)


def test_a_networks_beginning_is_written_into_it() -> None:
    net = network()
    before = {label: each.weights.copy() for label, each in net.projections.items()}
    learner = MetaLearner(net, 0.1, 0.01)
    adapted = learner.inner_loop(pattern(0))
    assert all(
        np.array_equal(before[label], each.weights) for label, each in net.projections.items()
    )
    assert len(adapted.losses) == 6
    made = learner.outer_step([pattern(0), pattern(1)])
    assert all(
        not np.array_equal(before[label], each.weights) for label, each in net.projections.items()
    )
    assert (made.updates, made.batch, made.steps) == (1, 2, 40)
    assert adapted.predict(pattern(0).query_inputs[:, 0]).shape == (40, 2)


def test_the_inner_loop_is_plain_descent() -> None:
    task = sinusoid(4)
    phi, _ = first_order(mlp(), task, 0.02, 7)
    adapted = MetaLearner(mlp(), 0.02, 0.1).inner_loop(task, n_steps=7)
    for name, value in phi.items():
        torch.testing.assert_close(adapted.parameters[name], value, rtol=1e-9, atol=1e-12)
    assert adapted.query_loss == pytest.approx(
        mse(adapted.predict(task.query_inputs), task.query_targets).item()
    )
    assert list(adapted.losses) == sorted(adapted.losses, reverse=True)


def deep() -> torch.nn.Sequential:
    torch.manual_seed(0)
    parts = (
        torch.nn.Linear(1, 40),
        torch.nn.Tanh(),
        torch.nn.Linear(40, 40),
        torch.nn.Tanh(),
        torch.nn.Linear(40, 1),
    )
    return torch.nn.Sequential(*parts).double()


def test_it_learns_to_adapt_in_five_steps() -> None:
    """Plain training on the same tasks learns their mean, from which five steps lead nowhere."""
    learner, plain = MetaLearner(deep(), 0.1, 0.005), deep()
    optimiser = torch.optim.Adam(plain.parameters(), 0.005)
    for k in range(100):
        tasks = [sinusoid(1000 + 4 * k + each) for each in range(4)]
        learner.outer_step(tasks)
        optimiser.zero_grad()
        sum(mse(plain(x), y) for task in tasks for x, y in (task[:2], task[2:])).backward()
        optimiser.step()
    other = MetaLearner(plain, 0.1, 0.005)
    mine = np.mean([learner.inner_loop(sinusoid(seed), 5).query_loss for seed in range(20)])
    theirs = np.mean([other.inner_loop(sinusoid(seed), 5).query_loss for seed in range(20)])
    assert mine < 0.1
    assert theirs > 0.4


def test_nothing_changes_where_a_loss_is_not_finite() -> None:
    learner = MetaLearner(mlp(), 0.05, 0.01)
    bad = sinusoid(1)
    with pytest.raises(TrainingError, match=r"^the loss must be finite, not nan in update 1; "):
        learner.outer_step([sinusoid(0), bad._replace(query_targets=bad.query_targets * torch.nan)])
    assert learner.updates == 0
    for mine, theirs in zip(learner.module.parameters(), mlp().parameters(), strict=True):
        assert torch.equal(mine, theirs)
        assert mine.grad is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: MetaLearner(mlp(), 0.1, 0.1, order="secnd"),
            "order must be 'second', 'first' or 'reptile', not 'secnd'; did you mean 'second'?",
        ),  # type: ignore[arg-type]
        (lambda: MetaLearner(mlp(), -0.1, 0.1), "inner_lr must be > 0 and finite, not -0.1"),
        (lambda: MetaLearner(mlp(), 0.1, 0.0), "lr must be > 0 and finite, not 0.0"),
        (lambda: MetaLearner(mlp(), 0.1, 0.1, n_steps=0), "n_steps must be >= 1, not 0"),
        (
            lambda: MetaLearner(mlp(), 0.1, 0.1, outputs="a"),
            "outputs must be left out for a torch module; it is for a Network",
        ),
        (lambda: MetaLearner(mlp(), 0.1, 0.1).outer_step([]), "tasks must hold one or more, not 0"),
        (
            lambda: MetaLearner(mlp(), 0.1, 0.1).inner_loop(
                sinusoid(0)._replace(support_targets=torch.zeros(3, 1))
            ),
            "targets must have the shape of the outputs, (10, 1), not (3, 1)",
        ),
    ],
)
def test_meta_errors(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()
