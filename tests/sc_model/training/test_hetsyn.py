"""The trainable layer: what it computes, and its gradients against derivatives by hand and finite
differences.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from sc_model.temporal_hierarchy import HetSynLayer
from sc_model.training import HetSyn, fast_sigmoid_surrogate, leak_tau
from sc_model.training.hetsyn import _Fire, currents, fire

TICKS, BATCH = 90, 4


@pytest.fixture(autouse=True)
def exact() -> Iterator[None]:
    """Double precision, and no trace of it afterwards."""
    kind = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(kind)


def inputs(n_inputs: int, seed: int = 0, rate: float = 0.2) -> Tensor:
    return torch.tensor(
        (np.random.default_rng(seed).random((TICKS, BATCH, n_inputs)) < rate).astype(float)
    )


def stepped(module: HetSyn, x: Tensor) -> Tensor:
    state, spikes = module.rest(x.shape[1]), []
    for word in x:
        state, fired = module.step(state, word)
        spikes.append(fired)
    return torch.stack(spikes)


# --- forward --------------------------------------------------------------------------------------


@pytest.mark.parametrize("leak", [None, 3.0])
@pytest.mark.parametrize("dt", [0.5, 1.0, 5.0])
@pytest.mark.parametrize("tau", ["synapse", "neuron", "shared", "fixed"])
def test_spikes_are_those_of_the_float_layer(tau: Any, dt: float, leak: float | None) -> None:
    module = HetSyn(
        13, 9, tau, tau_mean=8.0, tau_std=1.5, threshold=1.25, seed=7, leak_tau=leak, dt=dt
    )
    x = inputs(13)
    found = module(x).detach()
    assert torch.equal(found, stepped(module, x).detach())
    layer = module.export()
    for b in range(BATCH):
        layer.reset()
        assert np.array_equal(layer.run(x[:, b].numpy(), dt), found[:, b].numpy())
    assert 0.02 < found.mean() < 0.98


def test_a_new_module_is_the_float_layer_of_the_same_numbers() -> None:
    layer, module = (
        HetSynLayer(6, 5, 9.0, 1.2, 1.5, seed=4),
        HetSyn(6, 5, tau_mean=9.0, tau_std=1.2, threshold=1.5, seed=4),
    )
    made = module.export()
    np.testing.assert_allclose(made.tau, layer.tau, rtol=1e-14)
    assert np.array_equal(made.weight, layer.weight)
    assert made.threshold == layer.threshold
    assert np.allclose(
        HetSyn(6, 5, "neuron", tau_mean=9.0, tau_std=1.2, seed=4).export().tau,
        layer.tau[:, :1],
        rtol=1e-14,
    )
    for tau in ("shared", "fixed"):
        assert np.allclose(HetSyn(6, 5, tau, tau_mean=9.0, seed=4).export().tau, 9.0, rtol=1e-14)


def test_the_parameters_that_learn() -> None:
    shapes = {"synapse": (5, 6), "neuron": (5, 1), "shared": (1, 1), "fixed": (1, 1)}
    for tau, shape in shapes.items():
        module = HetSyn(6, 5, tau)  # type: ignore[arg-type]
        module(inputs(6)).sum().backward()
        assert module.log_tau.shape == shape
        assert (module.log_tau.grad is not None) == (tau != "fixed")
        assert module.weight.grad is not None


def test_neurons_at_a_tie_fire() -> None:
    """Currents in quarters of the threshold meet it exactly, without a leak; at once and tick by
    tick alike.
    """
    current = torch.tensor(np.random.default_rng(3).integers(-2, 5, (200, 2, 3)) / 4)
    found, potential, ties = _Fire.apply(current, 1.0, 1.0, 1.0), torch.zeros(2, 3), 0
    for now, spikes in zip(current, found, strict=True):
        ties += int((potential + now == 1.0).sum())
        potential, fired = fire(potential, now, 1.0, 1.0, 1.0)
        assert torch.equal(spikes, fired)
    assert ties > 5


def test_currents_do_not_wrap_around() -> None:
    """A spike in the last tick has nothing to say in the first; one in the first decays for all the
    others.
    """
    tau, weight = torch.tensor([[50.0]]), torch.tensor([[2.0]])
    x = torch.zeros(40, 2, 1)
    x[-1, 0] = x[0, 1] = 1.0
    found = currents(x, 1 / tau, weight)[..., 0]
    assert found[:-1, 0].abs().max() < 1e-12
    torch.testing.assert_close(found[:, 1], 2 * torch.exp(-torch.arange(40) / 50.0))


# --- gradients ------------------------------------------------------------------------------------


def test_surrogate() -> None:
    distance = torch.tensor([-0.5, -1e-9, 0.0, 0.25, 1.0], requires_grad=True)
    fired = fast_sigmoid_surrogate(distance, slope=4.0, strict=False)
    (fired * torch.tensor([1.0, 1.0, 1.0, 3.0, 1.0])).sum().backward()
    assert fired.tolist() == [0, 0, 1, 1, 1]
    assert distance.grad is not None
    torch.testing.assert_close(distance.grad, torch.tensor([1 / 9, 1.0, 1.0, 3 / 4, 1 / 25]))


def test_gradient_of_one_time_constant_by_hand() -> None:
    """One spike, seen k ticks later: I = w exp(-k dt / tau), so dI / dlog(tau) = w exp(-k dt / tau)
    k dt / tau.
    """
    dt, tau, w, k = 2.0, 7.0, 1.5, 9
    module = HetSyn(1, 1, "shared", tau_mean=tau, dt=dt)
    with torch.no_grad():
        module.weight.fill_(w)
    x = torch.zeros(20, 1, 1)
    x[3] = 1.0
    effective, weight = module.effective()
    currents(x, dt / effective, weight)[3 + k].sum().backward()
    rate = k * dt / tau
    assert module.log_tau.grad is not None
    assert module.weight.grad is not None
    assert float(module.log_tau.grad) == pytest.approx(w * np.exp(-rate) * rate, rel=1e-10)
    assert float(module.weight.grad) == pytest.approx(np.exp(-rate), rel=1e-10)


def smooth_loss(module: HetSyn, x: Tensor, aim: Tensor) -> Tensor:
    """A loss of the potentials without spikes, which is differentiable."""
    tau, weight = module.effective()
    potential, loss = x.new_zeros(x.shape[1], module.n_neurons), x.new_zeros(())
    for current, target in zip(currents(x, module.dt / tau, weight), aim, strict=True):
        potential = module.leak * potential + current
        loss = loss + torch.tanh(potential - target).square().sum()
    return loss


@pytest.mark.parametrize("tau", ["synapse", "neuron", "shared"])
def test_gradients_equal_finite_differences(tau: Any) -> None:
    module = HetSyn(4, 3, tau, tau_mean=6.0, tau_std=0.7, leak_tau=4.0, seed=2)
    x, aim = inputs(4), torch.tensor(np.random.default_rng(1).normal(size=(TICKS, BATCH, 3)))
    smooth_loss(module, x, aim).backward()
    step = 1e-6
    for parameter in (module.log_tau, module.weight):
        assert parameter.grad is not None
        found, wanted = parameter.grad.clone(), torch.empty_like(parameter)
        for index in np.ndindex(*parameter.shape):
            values = []
            for sign in (1, -1):
                with torch.no_grad():
                    parameter[index] += sign * step
                    values.append(float(smooth_loss(module, x, aim)))
                    parameter[index] -= sign * step
            wanted[index] = (values[0] - values[1]) / (2 * step)
        torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-6)


def test_the_whole_sequence_has_the_gradients_of_its_steps() -> None:
    """Spikes, surrogates and resets included."""
    grads = []
    for run in (lambda module, x: module(x), stepped):
        module = HetSyn(7, 5, seed=5, leak_tau=6.0)
        x = inputs(7).requires_grad_()
        (run(module, x) * torch.linspace(-1, 1, TICKS)[:, None, None]).sum().backward()
        grads.append((module.log_tau.grad, module.weight.grad, x.grad))
    for whole, each in zip(*grads, strict=True):
        torch.testing.assert_close(whole, each, rtol=1e-8, atol=1e-10)
        assert whole.abs().max() > 1e-3


@pytest.mark.parametrize("whole", [True, False])
def test_no_gradient_goes_through_a_reset(whole: bool) -> None:
    """Leak 1/2, currents 1.5 and 0.5, slope 1: v = 1.5 (fires, 0.5 is left), 0.75. The second
    spike's surrogate is 1 / (1 + 1/4)^2 = 16/25 for the second current, and half that for the first
    one, reset or not.
    """
    module = HetSyn(1, 1, "fixed", tau_mean=0.5, leak_tau=leak_tau(1), slope=1.0)
    with torch.no_grad():
        module.weight.fill_(1.0)
    x = torch.tensor([[[1.5]], [[0.5 - 1.5 * np.exp(-2)]]], requires_grad=True)
    spikes = module(x) if whole else stepped(module, x)
    assert spikes.ravel().tolist() == [1, 0]
    spikes[1].sum().backward()
    assert x.grad is not None
    assert x.grad.ravel().tolist() == pytest.approx([16 / 25 * (0.5 + np.exp(-2)), 16 / 25])


def test_learning_finds_a_time_constant() -> None:
    """Currents of a layer with tau 3 and 30 ms are the aim; a module that begins at 10 ms gets
    there.
    """
    module = HetSyn(2, 1, tau_mean=10.0, tau_std=0.0)
    with torch.no_grad():
        module.weight.fill_(1.0)
    x = inputs(2)
    aim = currents(x, 1 / torch.tensor([[3.0, 30.0]]), torch.ones(1, 2))
    optimiser = torch.optim.Adam([module.log_tau], lr=0.05)
    for _ in range(400):
        tau, weight = module.effective()
        loss = (currents(x, 1 / tau, weight) - aim).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert module.export().tau[0] == pytest.approx([3.0, 30.0], rel=0.01)


def test_time_constants_stay_in_their_range() -> None:
    module = HetSyn(2, 1)
    with torch.no_grad():
        module.log_tau.copy_(torch.tensor([[9.0, -9.0]]))
    assert module.export().tau.ravel() == pytest.approx([100.0, 0.5])
    module(inputs(2)).sum().backward()
    assert module.log_tau.grad is not None
    assert not module.log_tau.grad.any()
    module.project()
    assert module.log_tau.detach().exp().ravel().tolist() == pytest.approx([100.0, 0.5])
    module.log_tau.grad = None
    module(inputs(2)).sum().backward()
    assert module.log_tau.grad is not None
    assert module.log_tau.grad.all()


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "kind", "message"),
    [
        (
            lambda: HetSyn(2, 2, "synapses"),  # type: ignore[arg-type]
            ValueError,
            (
                "tau must be 'synapse', 'neuron', 'shared' or 'fixed', not 'synapses'; did you mean"
                " 'synapse'?"
            ),
        ),
        (lambda: HetSyn(2, 2, dt=0.0), ValueError, "dt must be > 0 and finite, not 0.0"),
        (
            lambda: HetSyn(2, 2, slope=float("inf")),
            ValueError,
            "slope must be > 0 and finite, not inf",
        ),
        (lambda: HetSyn(0, 2), ValueError, "n_inputs must be >= 1, not 0"),
        (
            lambda: HetSyn(2, 2, tau_mean=-1.0),
            ValueError,
            "tau_mean must be > 0 and finite, not -1.0",
        ),
        (
            lambda: HetSyn(2, 2)(torch.zeros(5, 1, 3)),
            ValueError,
            "x must have shape (T, B, 2) with T >= 1, not (5, 1, 3)",
        ),
        (
            lambda: HetSyn(2, 2)(torch.zeros(0, 1, 2)),
            ValueError,
            "x must have shape (T, B, 2) with T >= 1, not (0, 1, 2)",
        ),
        (lambda: leak_tau(0), ValueError, "shift must be >= 1, not 0"),
    ],
)
def test_errors(made: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        made()
