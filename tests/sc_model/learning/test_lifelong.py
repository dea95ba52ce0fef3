"""Elastic weight consolidation: the Fisher information against closed forms and loops, penalties of
several tasks, forgetting.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy, log_softmax

from sc_model.learning import EWC_SCLayer, EWCPenalty, diagonal_fisher
from sc_model.training import HetSyn
from sc_model.training.ewc import Labels


def logistic(n: int, bias: bool = True) -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Linear(n, 1, bias=bias, dtype=torch.float64)


def data(count: int, n: int, seed: int = 0) -> torch.Tensor:
    return torch.tensor(np.random.default_rng(seed).normal(size=(count, n)))


# --- Fisher information ---------------------------------------------------------------------------


def test_fisher_of_logistic_regression_is_the_closed_form() -> None:
    """p (1 - p) x^2, the mean over x; not a weight, nor a squared gradient of some loss."""
    net, x = logistic(5), data(200, 5)
    p = torch.sigmoid(net(x))[:, 0].detach()
    found = diagonal_fisher(net, x, batch=37)
    torch.testing.assert_close(
        found["weight"][0], ((p * (1 - p))[:, None] * x**2).mean(0), rtol=1e-12, atol=0
    )
    torch.testing.assert_close(found["bias"], (p * (1 - p)).mean()[None], rtol=1e-12, atol=0)


def test_fisher_of_the_layer_is_the_same() -> None:
    x = np.random.default_rng(1).normal(size=(300, 4))
    layer = EWC_SCLayer(4, 3, seed=2)
    p = layer.probabilities(x)
    expected = np.einsum("bj,bi->ji", p * (1 - p), x**2) / len(x)
    np.testing.assert_allclose(layer.fisher(x), expected, rtol=1e-12)
    for neuron in range(3):  # and that which torch's gradients give
        net = logistic(4, bias=False)
        with torch.no_grad():
            net.weight[:] = torch.tensor(layer.weights[neuron])
        torch_fisher = diagonal_fisher(net, torch.tensor(x))["weight"][0]
        np.testing.assert_allclose(layer.fisher(x)[neuron], torch_fisher.numpy(), rtol=1e-12)


def test_fisher_of_the_layer_is_the_variance_of_the_score() -> None:
    """By drawing answers: an estimate that knows no formula."""
    layer, draws = EWC_SCLayer(3, 1, length=20_000, seed=3), np.random.default_rng(4)
    x = draws.normal(size=(20, 3))
    bits = layer.forward(x)[:, 0]
    scores = (bits - layer.probabilities(x))[:, :, None] * x[:, None, :]
    np.testing.assert_allclose(layer.fisher(x)[0], np.square(scores).mean((0, 1)), rtol=0.02)


def network() -> torch.nn.Sequential:
    torch.manual_seed(1)
    return torch.nn.Sequential(
        torch.nn.Linear(4, 6), torch.nn.Tanh(), torch.nn.Linear(6, 3)
    ).double()


def looped(
    net: torch.nn.Module, x: torch.Tensor, weigh: Callable[[torch.Tensor, int, int], float]
) -> dict[str, torch.Tensor]:
    """Sum over examples and classes of weight times squared gradient, one backward pass each."""
    found = {name: torch.zeros_like(value) for name, value in net.named_parameters()}
    for k in range(len(x)):
        for answer in range(3):
            net.zero_grad()
            log = log_softmax(net(x[k : k + 1]), 1)[0]
            log[answer].backward()
            for name, value in net.named_parameters():
                assert value.grad is not None
                found[name] += weigh(log.detach().exp(), k, answer) * value.grad**2 / len(x)
    return found


def test_fisher_of_a_network_is_that_of_a_loop() -> None:
    net, x = network(), data(30, 4)
    expected = looped(net, x, lambda chances, _, answer: float(chances[answer]))
    for name, value in diagonal_fisher(net, x, batch=7).items():
        torch.testing.assert_close(value, expected[name], rtol=1e-9, atol=1e-15)


class Spiking(torch.nn.Module):
    """Spike counts of a `HetSyn` layer as logits; its spikes can't be vectorised over examples."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = HetSyn(4, 3, seed=1, threshold=0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x.transpose(0, 1)).sum(0)


def test_fisher_of_a_spiking_network_is_that_of_a_loop() -> None:
    net = Spiking().double()
    x = (torch.tensor(np.random.default_rng(0).random((6, 20, 4))) < 0.3).double()
    assert net(x).sum() > 5
    expected = looped(net, x, lambda chances, _, answer: float(chances[answer]))
    found = diagonal_fisher(net, x)
    assert set(found) == {"layer.weight", "layer.log_tau"}
    for name, value in found.items():
        assert value.abs().max() > 0
        torch.testing.assert_close(value, expected[name], rtol=1e-9, atol=1e-15)


def test_a_fault_of_the_module_is_its_own() -> None:
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        diagonal_fisher(network(), data(3, 5))


def test_empirical_is_of_the_targets_and_something_else() -> None:
    net, x = network(), data(30, 4)
    targets = torch.arange(30) % 3
    expected = looped(net, x, lambda _, k, answer: float(k % 3 == answer))
    found = diagonal_fisher(net, x, targets, labels="empirical")
    for name, value in found.items():
        torch.testing.assert_close(value, expected[name], rtol=1e-9, atol=1e-15)
    true = diagonal_fisher(net, x)
    assert not torch.allclose(found["2.weight"], true["2.weight"], rtol=0.1)


def test_sampled_is_the_fisher_in_the_mean() -> None:
    net, x = network(), data(10, 4).repeat(2000, 1)
    generator = torch.Generator().manual_seed(5)
    found = diagonal_fisher(net, x, labels="sampled", generator=generator, batch=5000)
    for name, value in diagonal_fisher(net, x[:10]).items():
        torch.testing.assert_close(found[name], value, rtol=0.2, atol=float(value.mean()) * 0.05)


def test_parameters_without_gradients_are_left_out() -> None:
    net = network()
    net[0].weight.requires_grad_(False)
    assert set(diagonal_fisher(net, data(3, 4))) == {"0.bias", "2.weight", "2.bias"}


# --- penalties ------------------------------------------------------------------------------------


def moved(net: torch.nn.Module, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in net.parameters():
            value += 0.3 * torch.randn(value.shape, generator=generator, dtype=torch.float64)


def test_the_penalty_of_two_tasks_has_the_gradient_of_both() -> None:
    net = network()
    penalty, alone = EWCPenalty(net, 7.0), []
    assert penalty.penalty().item() == 0
    for task in range(2):
        x = data(20, 4, task)
        penalty.consolidate_task(x)
        alone.append(
            (
                diagonal_fisher(net, x),
                {name: value.detach().clone() for name, value in net.named_parameters()},
            )
        )
        if task == 0:
            assert penalty.penalty().item() < 1e-25
        moved(net, task)
    penalty.penalty().backward()
    for name, value in net.named_parameters():
        expected = sum(7.0 * fisher[name] * (value.detach() - star[name]) for fisher, star in alone)
        torch.testing.assert_close(value.grad, expected, rtol=1e-9, atol=1e-15)
    assert penalty.tasks == 2


def test_a_step_on_the_penalty_is_that_of_its_gradient() -> None:
    net = network()
    penalty = EWCPenalty(net, 2.0)
    penalty.consolidate_task(data(20, 4))
    moved(net, 3)
    before = penalty.penalty()
    before.backward()
    expected = {name: value.detach() - 0.01 * value.grad for name, value in net.named_parameters()}
    assert penalty.apply_ewc_penalty(0.01) == before.item()
    for name, value in net.named_parameters():
        torch.testing.assert_close(value.detach(), expected[name], rtol=1e-12, atol=1e-15)
    penalty.apply_ewc_penalty(1e12)  # never beyond
    assert penalty.penalty().item() < 1e-20


def test_a_penalty_goes_on_from_its_checkpoint() -> None:
    net, other = network(), network()
    penalty, again = EWCPenalty(net), EWCPenalty(other)
    penalty.consolidate_task(data(20, 4))
    again.load_state_dict(penalty.state_dict())
    moved(net, 1)
    moved(other, 1)
    assert again.penalty().item() == penalty.penalty().item() > 0


def test_the_layer_steps_back_to_its_weights_and_no_further() -> None:
    layer = EWC_SCLayer(3, 2, seed=1, ewc_lambda=4.0)
    x = np.random.default_rng(0).normal(size=(50, 3))
    layer.consolidate_task(x=x)
    star, fisher = layer.get_weights(), layer.fisher(x)
    np.testing.assert_array_equal(layer.fisher_info, fisher)
    np.testing.assert_allclose(layer.star_weights, star, rtol=1e-15)
    assert layer.apply_ewc_penalty() == pytest.approx(0, abs=1e-25)
    layer.weights = star + 0.5
    assert layer.apply_ewc_penalty(0.01) == pytest.approx(0.5 * 4 * fisher.sum() * 0.25, rel=1e-12)
    np.testing.assert_allclose(layer.weights, star + 0.5 - 0.01 * 4 * fisher * 0.5, rtol=1e-12)
    layer.apply_ewc_penalty(1e9)
    np.testing.assert_allclose(layer.weights, star, rtol=1e-12)


def test_the_layers_penalties_add_up() -> None:
    layer = EWC_SCLayer(3, 2, seed=1, ewc_lambda=1.0)
    inputs = [np.random.default_rng(k).normal(size=(50, 3)) for k in range(2)]
    stars, fishers = [], []
    for x in inputs:
        layer.consolidate_task(x=x)
        stars.append(layer.get_weights())
        fishers.append(layer.fisher(x))
        layer.weights = layer.weights + 0.3
    before = layer.get_weights()
    layer.apply_ewc_penalty(0.01)
    expected = sum(fisher * (before - star) for fisher, star in zip(fishers, stars, strict=True))
    np.testing.assert_allclose((before - layer.weights) / 0.01, expected, rtol=1e-9)


def test_the_layer_keeps_to_its_bounds() -> None:
    layer = EWC_SCLayer(3, 2, w_min=0.0, w_max=1.0, learning_rate=50.0)
    for _ in range(20):
        layer.train_step(np.ones((4, 3)), np.zeros((4, 2)))
    assert layer.weights.min() == 0
    assert layer.weights.max() <= 1


# --- the layer ------------------------------------------------------------------------------------


def test_a_training_step_is_that_of_torch() -> None:
    layer = EWC_SCLayer(4, 3, learning_rate=0.2, seed=5)
    draws = np.random.default_rng(6)
    x, y = draws.normal(size=(8, 4)), draws.random((8, 3))
    weight = torch.tensor(layer.weights, requires_grad=True)
    loss = (
        torch.nn.functional.binary_cross_entropy_with_logits(
            torch.tensor(x) @ weight.T, torch.tensor(y), reduction="sum"
        )
        / 8
    )
    loss.backward()
    assert weight.grad is not None
    step = layer.train_step(x, y)
    np.testing.assert_allclose(
        layer.weights, (weight - 0.2 * weight.grad).detach().numpy(), rtol=1e-12
    )
    assert step.loss == pytest.approx(loss.item() / 3, rel=1e-12)
    assert step.gradient_norm == pytest.approx(float(weight.grad.norm()), rel=1e-12)
    assert (step.examples, step.steps) == (8, 1)


def test_kept_inputs_are_a_uniform_sample() -> None:
    times = np.zeros(100)
    for seed in range(300):
        layer = EWC_SCLayer(1, 1, memory=10, seed=seed)
        for start in range(0, 100, 7):
            layer.train_step(
                np.arange(start, min(start + 7, 100))[:, None] / 100,
                np.ones((min(7, 100 - start), 1)),
            )
        kept = np.round(layer._sample[:, 0] * 100).astype(int)
        assert len(kept) == len(set(kept)) == 10
        times[kept] += 1
    assert np.abs(times - 30).max() < 5 * np.sqrt(30)
    assert abs(times[:50].sum() - 1500) < 5 * np.sqrt(750)


def test_without_arguments_the_kept_inputs_count() -> None:
    layer, other = EWC_SCLayer(3, 2, seed=1), EWC_SCLayer(3, 2, seed=1)
    x = np.random.default_rng(2).normal(size=(40, 3))
    for each in (layer, other):
        each.train_step(x, np.ones((40, 2)))
    layer.consolidate_task()
    other.consolidate_task(x=x)
    np.testing.assert_allclose(layer.fisher_info, other.fisher_info, rtol=1e-12)
    with pytest.raises(
        ValueError,
        match=(
            r"^Fisher information must have an input at least, not 0; train first, or give inputs$"
        ),
    ):
        layer.consolidate_task()


def test_streams_have_the_rates_of_their_probabilities() -> None:
    layer = EWC_SCLayer(3, 2, length=50_000)
    x = np.array([0.5, -1.0, 0.2])
    np.testing.assert_allclose(layer.forward(x).mean(-1), layer.probabilities(x), atol=0.01)


def test_the_layer_goes_on_from_its_checkpoint() -> None:
    draws = np.random.default_rng(0)
    batches = [
        (draws.normal(size=(16, 3)), (draws.random((16, 2)) < 0.5).astype(float)) for _ in range(20)
    ]
    layer, other = EWC_SCLayer(3, 2, memory=50), EWC_SCLayer(3, 2, memory=50, seed=9)
    for k, batch in enumerate(batches):
        if k == 10:
            other.load_state_dict(layer.state_dict())
        layer.train_step(*batch)
        if k >= 10:
            other.train_step(*batch)
    for each in (layer, other):
        each.consolidate_task()
    np.testing.assert_array_equal(layer.fisher_info, other.fisher_info)
    np.testing.assert_array_equal(layer.forward(np.ones(3)), other.forward(np.ones(3)))


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (
            lambda: EWC_SCLayer(3, 2, ewc_lambda=-1.0),
            "ewc_lambda must be >= 0 and finite, not -1.0",
        ),
        (
            lambda: EWC_SCLayer(3, 2, w_min=1.0, w_max=1.0),
            "w_min (1.0) must be less than w_max (1.0)",
        ),
        (
            lambda: EWC_SCLayer(3, 2).train_step(np.ones((4, 3)), np.ones((4, 3))),
            "targets must have shape (4, 2), not (4, 3)",
        ),
        (
            lambda: EWC_SCLayer(3, 1).train_step([[np.nan] * 3], [[1]]),
            "x must be finite, not nan at (0, 0)",
        ),
        (
            lambda: EWC_SCLayer(3, 1).train_step([[1] * 3], [[1.5]]),
            "targets must be in [0, 1], rates, not reach 1.5",
        ),
        (lambda: EWCPenalty(network(), -1.0), "ewc_lambda must be >= 0 and finite, not -1.0"),
        (
            lambda: diagonal_fisher(network(), data(0, 4)),
            "inputs must hold an example at least, not 0",
        ),
        (
            lambda: diagonal_fisher(network(), data(2, 4), labels="empirical"),
            "targets must be given for all 2 inputs with labels='empirical'",
        ),
        (
            lambda: diagonal_fisher(network(), torch.full((2, 4), torch.nan, dtype=torch.float64)),
            (
                "Fisher information of 0.weight must be finite; its log-likelihood has gradients"
                " that are not"
            ),
        ),
        (
            lambda: diagonal_fisher(torch.nn.Identity(), torch.zeros(1, 2, 3)),
            "module must return logits of shape (B, C) or (B,), not (1, 2, 3)",
        ),
    ],
)
def test_what_is_refused(act: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        act()


@pytest.mark.parametrize("labels", ["expect", "sample"])
def test_labels_are_named(labels: Labels) -> None:
    with pytest.raises(
        ValueError,
        match=r"^labels must be 'expected', 'sampled' or 'empirical', not '\w+'; did you mean",
    ):
        diagonal_fisher(network(), data(2, 4), labels=labels)


# --- forgetting -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_a_network_forgets_less(seed: int) -> None:
    """Loss of the first task after the second one, with and without the penalty; the second is
    learned all the same.
    """
    after: dict[float, tuple[float, float]] = {}
    teachers = data(2, 12, 100 + seed)
    for ewc_lambda in (0.0, 30.0):
        torch.manual_seed(seed)
        net = torch.nn.Sequential(
            torch.nn.Linear(12, 24), torch.nn.Tanh(), torch.nn.Linear(24, 2)
        ).double()
        penalty = EWCPenalty(net, ewc_lambda)
        tasks = []
        for task in range(2):
            x = data(300, 12, 10 * seed + task)
            x[:, 6 * task : 6 * task + 6] *= 0.2  # each task is about half of the inputs
            y = (x @ teachers[task] > 0).long()
            tasks.append((x, y))
            optimiser = torch.optim.Adam(net.parameters(), 0.01)
            for _ in range(200):
                optimiser.zero_grad()
                (cross_entropy(net(x), y) + penalty.penalty()).backward()
                optimiser.step()
            penalty.consolidate_task(x)
        with torch.no_grad():
            first, second = (float((net(x).argmax(1) == y).double().mean()) for x, y in tasks)
        after[ewc_lambda] = (first, second)
    assert after[30.0][0] > after[0.0][0] + 0.2
    assert after[30.0][1] > 0.9
