"""`BPTTLearner`: gradients of networks written independently (by autograd, by hand in NumPy, in
snnTorch), updates, errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import snntorch
import torch
from torch import Tensor

from sc_model.learning import (
    BPTTLearner,
    ExponentialScheduler,
    NetworkModule,
    TrainingError,
    TrainStep,
)
from sc_model.network import LI, LIF, Network, Population, Projection, Relay
from sc_model.training.surrogate import fast_sigmoid_surrogate

STEPS, N_IN, N, N_OUT = 80, 7, 10, 3
ALPHA, KAPPA, THRESHOLD = np.exp(-1 / 12.0), np.exp(-1 / 30.0), 0.7
mse = torch.nn.functional.mse_loss


def network(seed: int = 0, delays: bool = True) -> Network:
    """Inputs, two hidden layers of which the first is recurrent and gets feedback from the second,
    readouts from both.
    """
    draws = np.random.default_rng(seed)
    source, out = Population(Relay, N_IN, "in"), Population(LI(tau_ms=30.0), N_OUT, "out")
    model = LIF(tau_ms=12.0, threshold=THRESHOLD, reset="subtract", reset_delay=True)
    first, second = Population(model, N, "first"), Population(model, N, "second")
    net = Network(1.0, [source, first, second, out])
    for a, b in (
        (source, first),
        (first, first),
        (first, second),
        (second, first),
        (first, out),
        (second, out),
    ):
        delay = draws.integers(0, 5, a.n * b.n) if delays and b is not out else 0
        weights = draws.normal(1.5 if a is source else 0.2, 3.0, (a.n, b.n))
        net.add(Projection(a, b, weights, topology="all_to_all", delay=delay))
    return net


def data(seed: int = 0) -> tuple[Tensor, Tensor]:
    draws = np.random.default_rng([seed, 1])
    spikes = torch.tensor((draws.random((STEPS, N_IN)) < 0.15).astype(float))
    return spikes, torch.tensor(draws.normal(0, 1, (STEPS, N_OUT)))


class Seen(torch.autograd.Function):
    """The spike and its slope, written again."""

    @staticmethod
    def forward(ctx: Any, v: Tensor) -> Tensor:
        ctx.save_for_backward(v)
        return (v > 0).double()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        (v,) = ctx.saved_tensors
        return grads[0] / (25.0 * v.abs() + 1.0).pow(2)


def by_autograd(
    net: Network, x: Tensor, loss: Callable[[Tensor], Tensor]
) -> tuple[float, dict[str, Tensor]]:
    """The same network in a plain loop over steps and delays."""
    size = {"in": N_IN, "first": N, "second": N, "out": N_OUT}
    order = list(size)
    weights = {
        label: torch.tensor(each.dense(), requires_grad=True)
        for label, each in net.projections.items()
    }
    late = {}
    for label, each in net.projections.items():
        a, b = label.split("->")
        extra = 0 if order.index(a) < order.index(b) else 1
        late[label] = torch.tensor(each.delay_steps.reshape(size[a], size[b]) + extra)
    past: dict[str, list[Tensor]] = {name: [] for name in size}
    v = {name: torch.zeros(n, dtype=torch.float64) for name, n in size.items()}
    fired = {name: torch.zeros(n, dtype=torch.float64) for name, n in size.items()}
    for row in x:
        past["in"].append(row)
        for name in ("first", "second", "out"):
            current = torch.zeros(size[name], dtype=torch.float64)
            for label, weight in weights.items():
                a, b = label.split("->")
                if b != name:
                    continue
                for lag in range(7):
                    # what a population puts out in this step is the last entry once it was updated
                    back = len(x) if lag > len(past["in"]) - 1 else lag
                    index = len(past["in"]) - 1 - back
                    if 0 <= index < len(past[a]):
                        current = current + past[a][index] @ (weight * (late[label] == lag))
            if name == "out":
                v[name] = KAPPA * v[name] + (1 - KAPPA) * current
                past[name].append(v[name])
                continue
            v[name] = ALPHA * v[name] + (1 - ALPHA) * current - THRESHOLD * fired[name].detach()
            fired[name] = Seen.apply(v[name] - THRESHOLD)
            past[name].append(fired[name])
    assert 0.02 < float(torch.stack(past["second"]).detach().mean()) < 0.5
    found = loss(torch.stack(past["out"]))
    found.backward()
    return float(found.detach()), {
        label: weight.grad.ravel() for label, weight in weights.items() if weight.grad is not None
    }


def gradients(
    learner: BPTTLearner, inputs: Any, targets: Any
) -> tuple[TrainStep, dict[str, Tensor]]:
    """What an update was made of, seen by plain descent at a rate of 1."""
    before = {label: each.weights.copy() for label, each in learner.network.projections.items()}
    made = learner.train_step(inputs, targets)
    return made, {
        label: torch.tensor(before[label] - each.weights)
        for label, each in learner.network.projections.items()
    }


LOSSES = {
    "mean square": (mse, mse),
    "last step": (
        lambda y, t: (y[-1] - t[-1]).abs().pow(3).sum(),
        lambda y, t: (y[-1] - t[-1]).abs().pow(3).sum(),
    ),
    "log-sum-exp over time": (
        lambda y, t: torch.logsumexp(4 * y * t, 0).sum(),
        lambda y, t: torch.logsumexp(4 * y * t, 0).sum(),
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_those_of_a_network_written_by_hand(name: str) -> None:
    x, targets = data()
    mine, theirs = LOSSES[name]
    value, expected = by_autograd(network(), x, lambda y: theirs(y, targets))
    made, found = gradients(
        BPTTLearner(network(), mine, 1.0, optimiser=torch.optim.SGD), x, targets
    )
    assert float(made) == pytest.approx(value, rel=1e-12)
    assert set(found) == set(expected)
    for label, grad in expected.items():
        assert grad.abs().max() > 0
        torch.testing.assert_close(
            found[label], grad, rtol=1e-9, atol=1e-9 * float(grad.abs().max())
        )
        assert made.gradient_norms[label] == pytest.approx(float(grad.norm()), rel=1e-9)
    norm = float(torch.cat(list(expected.values())).norm())
    assert made.gradient_norm == pytest.approx(norm, rel=1e-9)


def recurrent(seed: int = 0, model: LIF | None = None, out: LI | None = None) -> Network:
    draws = np.random.default_rng(seed)
    plain = LIF.from_beta(0.9, 1.0, reset="subtract", reset_delay=True)
    readout = LI(tau_ms=1 / (1 - 0.95), resistance=1 / (1 - 0.95), method="euler")
    source, cells = (
        Population(Relay, N_IN, "in"),
        Population(plain if model is None else model, N, "cells"),
    )
    last = Population(readout if out is None else out, N_OUT, "out")
    net = Network(1.0, [source, cells, last])
    for a, b, sd in ((source, cells, 0.5), (cells, cells, 0.3), (cells, last, 0.2)):
        net.add(Projection(a, b, draws.normal(0.02, sd, (a.n, b.n)), topology="all_to_all"))
    return net


@pytest.mark.parametrize("slope", [25.0, 5.0])
def test_gradients_are_those_of_snntorch(slope: float) -> None:
    net, (x, targets) = recurrent(), data()
    w_in, w_rec, w_out = (
        torch.tensor(each.dense().T.copy(), requires_grad=True) for each in net.projections.values()
    )
    grad = snntorch.surrogate.fast_sigmoid(slope)
    cells = snntorch.Leaky(
        torch.tensor(0.9, dtype=torch.float64),
        1.0,
        spike_grad=grad,
        reset_mechanism="subtract",
        reset_delay=True,
    ).double()
    last = snntorch.Leaky(
        torch.tensor(0.95, dtype=torch.float64), 1.0, reset_mechanism="none"
    ).double()
    mem, y, spikes, outputs = (
        torch.zeros(N).double(),
        torch.zeros(N_OUT).double(),
        torch.zeros(N).double(),
        [],
    )
    total = 0.0
    for row in x:
        spikes, mem = cells(w_in @ row + w_rec @ spikes, mem)
        spikes = spikes.double()
        _, y = last(w_out @ spikes, y)
        outputs.append(y)
        total += float(spikes.detach().sum())
    assert 0.05 < total / STEPS / N < 0.6
    loss = mse(torch.stack(outputs), targets)
    loss.backward()

    def surrogate(distance: Tensor) -> Tensor:
        return fast_sigmoid_surrogate(distance, slope=slope)

    learner = BPTTLearner(net, mse, 1.0, optimiser=torch.optim.SGD, surrogate=surrogate)
    made, found = gradients(learner, x, targets)
    assert made.loss == pytest.approx(loss.item(), rel=1e-12)
    assert made.rates["cells"] * STEPS * N == pytest.approx(total)
    for mine, theirs in zip(found.values(), (w_in, w_rec, w_out), strict=True):
        assert theirs.grad is not None
        expected = theirs.grad.T.ravel()
        # its spikes are float32, and so is what comes back through them
        assert (mine - expected).norm() < 1e-6 * expected.norm()
        torch.testing.assert_close(
            mine, expected, rtol=1e-5, atol=1e-6 * float(expected.abs().max())
        )


def test_gradients_are_those_of_a_backward_pass_by_hand() -> None:
    """All of it in NumPy: the potentials forward, the errors backward."""
    net, (x, targets) = recurrent(), data()
    w_in, w_rec, w_out = (each.dense() for each in net.projections.values())
    spikes, aims = x.numpy(), targets.numpy()
    v, z, y = np.zeros((STEPS + 1, N)), np.zeros((STEPS + 1, N)), np.zeros((STEPS + 1, N_OUT))
    for t in range(STEPS):
        v[t + 1] = 0.9 * v[t] + spikes[t] @ w_in + z[t] @ w_rec - z[t]
        z[t + 1] = v[t + 1] > 1.0
        y[t + 1] = 0.95 * y[t] + z[t + 1] @ w_out
    for_in, for_rec, for_out = np.zeros_like(w_in), np.zeros_like(w_rec), np.zeros_like(w_out)
    dy, dv = np.zeros(N_OUT), np.zeros(N)
    for t in range(STEPS, 0, -1):
        dy = 0.95 * dy + 2 * (y[t] - aims[t - 1]) / aims.size
        # dv is still that of the next step, whose current has this step's spikes in it; resets pass
        # nothing
        dz = w_out @ dy + w_rec @ dv
        dv = 0.9 * dv + dz / (1 + 25 * abs(v[t] - 1.0)) ** 2
        for_out += np.outer(z[t], dy)
        for_in += np.outer(spikes[t - 1], dv)
        for_rec += np.outer(z[t - 1], dv)
    _, found = gradients(BPTTLearner(net, mse, 1.0, optimiser=torch.optim.SGD), x, targets)
    for mine, theirs in zip(found.values(), (for_in, for_rec, for_out), strict=True):
        np.testing.assert_allclose(
            mine.numpy(), theirs.ravel(), rtol=1e-9, atol=1e-9 * abs(theirs).max()
        )


def test_updates_are_those_of_the_optimiser() -> None:
    x, targets = data()
    module = NetworkModule(network())
    optimiser = torch.optim.AdamW(module.parameters(), lr=0.02)
    net = network()
    learner = BPTTLearner(net, mse, 0.02, optimiser=torch.optim.AdamW)
    losses = []
    for _ in range(5):
        optimiser.zero_grad()
        loss = mse(module(x), targets)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        made = learner.train_step(x.numpy(), targets.numpy())
        assert made.loss == loss.item()
    assert learner.updates == made.updates == 5
    assert len(set(losses)) == 5
    for mine, theirs in zip(net.projections.values(), module.weights, strict=True):
        assert np.array_equal(mine.weights, theirs.detach().numpy())


def test_learning_lowers_the_loss_of_a_batch() -> None:
    draws = np.random.default_rng(0)
    x = torch.tensor((draws.random((STEPS, 4, N_IN)) < 0.15).astype(float))
    targets = torch.tensor(
        np.sin(np.linspace(0, 6, STEPS))[:, None, None] * draws.normal(0, 1, (1, 4, N_OUT))
    )
    learner = BPTTLearner(network(), mse, 0.05)
    losses = [float(learner.train_step(x, targets)) for _ in range(40)]
    assert losses[-1] < 0.7 * losses[0]
    assert learner.predict(x).shape == (STEPS, 4, N_OUT)
    assert float(mse(learner.predict(x), targets)) < 0.7 * losses[0]


def test_weights_that_others_wrote_are_taken() -> None:
    net, (x, targets) = network(), data()
    learner = BPTTLearner(net, mse)
    for each in net.projections.values():
        each.weights *= 0.5
    halved = network()
    for each in halved.projections.values():
        each.weights *= 0.5
    assert (
        learner.train_step(x, targets).loss == BPTTLearner(halved, mse).train_step(x, targets).loss
    )


def test_a_schedule_says_the_rate() -> None:
    x, targets = data()
    learner = BPTTLearner(network(), mse, 7.0, scheduler=ExponentialScheduler(0.1, 0.5))
    assert [learner.train_step(x, targets).lr for _ in range(3)] == [0.05, 0.025, 0.0125]


def test_long_gradients_are_clipped() -> None:
    x, targets = data()
    made, found = gradients(
        BPTTLearner(network(), mse, 1.0, optimiser=torch.optim.SGD, clip_norm=1e-3), x, targets
    )
    _, whole = gradients(BPTTLearner(network(), mse, 1.0, optimiser=torch.optim.SGD), x, targets)
    assert made.gradient_norm > 1e-3
    for label, grad in whole.items():
        torch.testing.assert_close(
            found[label], grad * (1e-3 / made.gradient_norm), rtol=1e-6, atol=1e-12
        )


def test_delays_and_thresholds_are_learned() -> None:
    net, (x, targets) = network(), data()
    for label in [
        name for name, each in net.projections.items() if each.delay_mode != "per_synapse"
    ]:
        old = net.projections.pop(label)
        net._incoming["out"].remove(old)
        net.add(
            Projection(
                old.source,
                old.target,
                old.weights,
                topology="all_to_all",
                delay=old.delay_steps + 1,
            )
        )
    learner = BPTTLearner(net, mse, 0.2, learn_delays=True, learn_thresholds=True)
    before = {label: each.delay_steps for label, each in net.projections.items()}
    for _ in range(5):
        made = learner.train_step(x, targets)
    assert {"in->first delays", "first threshold", "first->out"} <= set(made.gradient_norms)
    assert any(
        (net.projections[label].delay_steps != delays).any() for label, delays in before.items()
    )
    assert (np.asarray(net.populations["first"].model.threshold) != THRESHOLD).all()


def state(learner: BPTTLearner) -> list[Any]:
    held = learner.state_dict()
    flat = [*held["parameters"].values()]
    for slots in held["optimiser"]["state"].values():
        flat += slots.values()
    weights = [each.weights.copy() for each in learner.network.projections.values()]
    return [held["updates"], held["scheduler"], *(value.clone() for value in flat), *weights]


def same(before: list[Any], after: list[Any]) -> bool:
    if len(before) != len(after):
        return False
    return all(
        np.array_equal(a, b) if hasattr(a, "shape") else a == b
        for a, b in zip(before, after, strict=True)
    )


@pytest.mark.parametrize(
    ("of", "value"), [("loss", np.nan), ("loss", np.inf), ("gradient", np.nan)]
)
def test_what_is_not_finite_changes_nothing(of: str, value: float) -> None:
    x, targets = data()
    bad = {"on": False}

    def loss(y: Tensor, aims: Tensor) -> Tensor:
        found = mse(y, aims)
        if not bad["on"]:
            return found
        return found * value if of == "loss" else found + (y - y.detach()).sum().abs().sqrt()

    learner = BPTTLearner(network(), loss, scheduler=ExponentialScheduler(0.1, 0.9))
    learner.train_step(x, targets)
    before = state(learner)
    bad["on"] = True
    wanted = (
        f"the loss must be finite, not {value} in update 2; lower the learning rate, or look for"
        " NaN in the inputs"
        if of == "loss"
        else "the gradient of 'in->first' must be finite, not nan in update 2"
    )
    with pytest.raises(TrainingError, match=f"^{re.escape(wanted)}$"):
        learner.train_step(x, targets)
    assert same(before, state(learner))
    bad["on"] = False
    assert learner.train_step(x, targets).updates == 2
    assert not same(before, state(learner))


def test_an_update_after_an_error_is_as_without_it() -> None:
    x, targets = data()
    learner, other = BPTTLearner(network(), mse), BPTTLearner(network(), mse)
    for each in (learner, other):
        each.train_step(x, targets)
    with pytest.raises(TrainingError):
        learner.train_step(x * torch.nan, targets)
    for each in (learner, other):
        each.train_step(x, targets)
    assert same(state(learner), state(other))


def test_a_state_is_a_copy() -> None:
    x, targets = data()
    learner = BPTTLearner(network(), mse)
    learner.train_step(x, targets)
    held, other = learner.state_dict(), BPTTLearner(network(), mse)
    seen = [learner.train_step(x, targets).loss for _ in range(3)]
    for _ in range(2):  # loading shares nothing with what was loaded either
        other.load_state_dict(held)
        assert [other.train_step(x, targets).loss for _ in range(3)] == seen


def one(
    inputs: Any = None, targets: Any = None, loss: Any = mse, net: Network | None = None, **how: Any
) -> Any:
    x, aims = data()
    learner = BPTTLearner(network() if net is None else net, loss, **how)
    return learner.train_step(x if inputs is None else inputs, aims if targets is None else targets)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: one(inputs=torch.zeros(STEPS, N_IN + 1)),
            ValueError,
            "inputs must have shape (T, 7) or (T, B, 7) with T >= 1, not (80, 8)",
        ),
        (
            lambda: one(targets=np.zeros((STEPS, N_OUT + 1))),
            ValueError,
            "targets must have the shape of the outputs, (80, 3), not (80, 4)",
        ),
        (
            lambda: one(loss=lambda y, t: 3.0),
            TypeError,
            "loss_fn must return a tensor, not 3.0 (float)",
        ),
        (
            lambda: one(loss=lambda y, t: y[0]),
            ValueError,
            "loss_fn must return one number, not a tensor of shape (3,); take its mean or sum",
        ),
        (lambda: one(lr=0.0), ValueError, "lr must be > 0 and finite, not 0.0"),
        (lambda: one(clip_norm=-1.0), ValueError, "clip_norm must be > 0 and finite, not -1.0"),
        (
            lambda: one(net=Network(1.0, [Population(LIF, 2, "a")])),
            ValueError,
            "network must have a parameter to learn, not none; add a projection",
        ),
        (
            lambda: BPTTLearner(NetworkModule(network()), mse, outputs="out"),
            ValueError,
            "outputs must be given to the NetworkModule, not beside it",
        ),
    ],
)
def test_bptt_errors(call: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        call()
