"""`EPropLearner`: the gradient of BPTT without recurrence, of autograd with cut spikes with it;
feedback; errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from sc_model.learning import BPTTLearner, EPropLearner, NetworkModule, TrainingError
from sc_model.network import (
    IF,
    LI,
    LIF,
    AdaptiveLIF,
    CubaLIF,
    Integrator,
    Network,
    Population,
    Projection,
    Relay,
)
from sc_model.training.eprop import cross_entropy, triangle

STEPS, BATCH, N_IN, N, N_OUT = 70, 3, 8, 12, 3
TAU, RHO_MS, THRESHOLD, BETA, OUT_MS = 20.0, 40.0, 0.6, 0.4, 10.0


def network(
    recurrent: bool = False,
    model: type[LIF] = LIF,
    *,
    delay: Any = 0,
    probability: float | None = None,
    seed: int = 0,
    out: Any = None,
    **others: Any,
) -> Network:
    draws = np.random.default_rng(seed)
    settings: dict[str, Any] = {
        "reset": "subtract",
        "reset_delay": not others.get("refractory_ms", 0.0),
        **others,
    }
    if model is AdaptiveLIF:
        settings |= {"beta": BETA, "tau_a_ms": RHO_MS}
    if model is not IF:
        settings |= {"tau_ms": settings.get("tau_ms", TAU)}
    source, last = (
        Population(Relay, N_IN, "in"),
        Population(LI(tau_ms=OUT_MS) if out is None else out, N_OUT, "out"),
    )
    cells = Population(model(**{"threshold": THRESHOLD, **settings}), N, "cells")
    net = Network(1.0, [source, cells, last])
    top: dict[str, Any] = (
        {"topology": "all_to_all"} if probability is None else {"probability": probability}
    )
    gain = 0.05 if model is IF else 1.0

    def normal(mean: float, sd: float) -> Callable[[np.random.Generator, int], Any]:
        return lambda rng, n: draws.normal(mean * gain, sd * gain, n)

    per_synapse = N_IN * N if np.ndim(delay) else 0
    net.add(
        Projection(
            source,
            cells,
            normal(1.5, 4),
            delay=delay[:per_synapse] if per_synapse else delay,
            **top,
        )
    )
    if recurrent:
        late = delay[: N * N] if per_synapse else delay
        net.add(Projection(cells, cells, normal(0, 2), delay=late, **top))
    net.add(Projection(cells, last, lambda rng, n: draws.normal(0, 1, n), topology="all_to_all"))
    return net


def data(batch: int = BATCH) -> tuple[Tensor, Tensor]:
    draws = np.random.default_rng(5)
    return torch.tensor((draws.random((STEPS, batch, N_IN)) < 0.1) * 1.0), torch.tensor(
        draws.normal(size=(STEPS, batch, N_OUT))
    )


def half_square(y: Tensor, aims: Tensor) -> Tensor:
    return (y - aims).square().sum(2).mean() / 2


def bptt(
    net: Network,
    loss: Callable[[Tensor, Tensor], Tensor] = half_square,
    targets: Tensor | None = None,
) -> tuple[Any, ...]:
    module, (x, aims) = NetworkModule(net), data()
    run = module.run(x)
    assert 0.01 < float(run.activity["cells"].detach().mean()) < 0.4
    found = loss(run.outputs, aims if targets is None else targets)
    return found.item(), torch.autograd.grad(found, list(module.weights))


PER_SYNAPSE = np.random.default_rng(0).integers(0, 5, 200)
KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "reset to zero": {"reset": "zero"},
    "reset at the spike": {"reset_delay": False},
    "refractory": {"refractory_ms": 3.0},
    "refractory, to zero": {"refractory_ms": 2.0, "reset": "zero"},
    "delayed": {"delay": 3},
    "delays of their own": {"delay": PER_SYNAPSE},
    "sparse": {"probability": 0.5},
    "time constants of their own": {"tau_ms": np.linspace(10, 30, N)},
    "Euler": {"method": "euler", "resistance": np.linspace(0.5, 1.5, N)},
}
ALL = [(model, kind) for model in (LIF, AdaptiveLIF) for kind in KINDS]
ALL += [(IF, "plain"), (IF, "reset to zero"), (IF, "refractory")]


@pytest.mark.parametrize("window", [13, 1000])
@pytest.mark.parametrize(("model", "kind"), ALL)
def test_without_recurrence_it_is_the_gradient_of_bptt(model: Any, kind: str, window: int) -> None:
    net = network(model=model, **KINDS[kind])
    value, expected = bptt(net)
    loss, found, rates = EPropLearner(net, window=window).gradients(*data())
    assert loss == pytest.approx(value, rel=1e-12)
    assert rates["cells"] > 0
    for mine, theirs in zip(found.values(), expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-9 * float(theirs.abs().max()))


class Fired(torch.autograd.Function):
    """The spike and its slope, written again."""

    @staticmethod
    def forward(ctx: Any, d: Tensor) -> Tensor:
        ctx.save_for_backward(d)
        return (d > 0).double()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        return grads[0] / (1 + 25 * ctx.saved_tensors[0].abs()) ** 2


def cut(net: Network, beta: float) -> tuple[float, list[Tensor]]:
    """Autograd of the recurrent network in matrices, with spikes cut where they go to other
    neurons, not to the readout.
    """
    weights = [torch.tensor(each.dense(), requires_grad=True) for each in net.projections.values()]
    w_in, w_rec, w_out = weights
    x, aims = data()
    alpha, kappa, rho = np.exp(-1 / TAU), np.exp(-1 / OUT_MS), np.exp(-1 / RHO_MS)
    v = a = z = torch.zeros(BATCH, N).double()
    y, total = torch.zeros(BATCH, N_OUT).double(), torch.zeros(()).double()
    for row, aim in zip(x, aims, strict=True):
        a = rho * a + z
        v = alpha * v + (1 - alpha) * (row @ w_in + z.detach() @ w_rec) - THRESHOLD * z.detach()
        z = Fired.apply(v - THRESHOLD - beta * a)
        y = kappa * y + (1 - kappa) * (z @ w_out)
        total = total + (y - aim).square().sum() / 2 / STEPS / BATCH
    return total.item(), list(torch.autograd.grad(total, weights))


@pytest.mark.parametrize("model", [LIF, AdaptiveLIF])
def test_with_recurrence_it_is_that_of_autograd_with_cut_spikes(model: Any) -> None:
    net = network(recurrent=True, model=model)
    value, expected = cut(net, BETA if model is AdaptiveLIF else 0.0)
    loss, found, _ = EPropLearner(net).gradients(*data())
    assert loss == pytest.approx(value, rel=1e-12)
    for mine, theirs in zip(found.values(), expected, strict=True):
        torch.testing.assert_close(
            mine, theirs.ravel(), rtol=1e-9, atol=1e-9 * float(theirs.abs().max())
        )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("model", [LIF, AdaptiveLIF])
def test_with_recurrence_it_follows_bptt(model: Any, kind: str, seed: int) -> None:
    net = network(recurrent=True, model=model, seed=seed, **KINDS[kind])
    _, expected = bptt(net)
    _, found, _ = EPropLearner(net).gradients(*data())
    mine, theirs = torch.cat(list(found.values())[:2]), torch.cat(expected[:2])
    cosine = float(torch.nn.functional.cosine_similarity(mine, theirs, dim=0))
    assert 0.9 < cosine < 1 - 1e-6


def test_classes_and_masks() -> None:
    net, (x, _) = network(), data()
    classes = torch.tensor(np.random.default_rng(0).integers(0, N_OUT, (STEPS, BATCH)))
    mask = torch.zeros(STEPS, dtype=torch.float64)
    mask[-20:] = 1

    def loss(y: Tensor, aims: Tensor) -> Tensor:
        return torch.nn.functional.cross_entropy(y[-20:].flatten(0, 1), aims[-20:].flatten())

    value, expected = bptt(net, loss, classes)
    learner = EPropLearner(net, "cross_entropy", window=13)
    for targets in (classes, torch.nn.functional.one_hot(classes, N_OUT).double()):
        found, grads, _ = learner.gradients(x, targets, mask)
        assert found == pytest.approx(value, rel=1e-12)
        for mine, theirs in zip(grads.values(), expected, strict=True):
            torch.testing.assert_close(
                mine, theirs, rtol=1e-9, atol=1e-9 * float(theirs.abs().max())
            )


def test_an_error_of_ones_own_and_the_integrator() -> None:
    net = network(out=Integrator(resistance=0.05))

    def error(y: Tensor, aims: Tensor) -> tuple[Tensor, Tensor]:
        return (y - aims).pow(4).sum(2), 4 * (y - aims).pow(3)

    value, expected = bptt(net, lambda y, aims: (y - aims).pow(4).sum(2).mean())
    found, grads, _ = EPropLearner(net, error).gradients(*data())
    assert found == pytest.approx(value, rel=1e-12)
    for mine, theirs in zip(grads.values(), expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-9 * float(theirs.abs().max()))


def test_a_sequence_without_a_batch() -> None:
    x, targets = data(1)
    net = network(recurrent=True)
    loss, expected, _ = EPropLearner(net).gradients(x, targets)
    alone, found, _ = EPropLearner(net).gradients(x[:, 0], targets[:, 0])
    assert alone == loss
    assert all(
        torch.equal(mine, theirs)
        for mine, theirs in zip(found.values(), expected.values(), strict=True)
    )


def test_the_papers_pseudo_derivative() -> None:
    distance = torch.tensor([-torch.inf, -0.6, -0.3, 0.0, 0.15, 0.6])
    torch.testing.assert_close(
        triangle(distance, 0.3, 0.6), torch.tensor([0, 0, 0.25, 0.5, 0.375, 0])
    )
    _, found, _ = EPropLearner(network(), pseudo_derivative=triangle).gradients(*data())
    _, other, _ = EPropLearner(network()).gradients(*data())
    assert torch.equal(found["cells->out"], other["cells->out"])
    assert not torch.allclose(found["in->cells"], other["in->cells"])


def test_random_feedback_is_seeded_and_stays() -> None:
    learner, other = (
        EPropLearner(network(), feedback="random", seed=1),
        EPropLearner(network(), feedback="random", seed=2),
    )
    first = learner.feedback_weights["cells"].clone()
    assert first.shape == (N, N_OUT)
    assert torch.equal(
        first, EPropLearner(network(), feedback="random", seed=1).feedback_weights["cells"]
    )
    assert not torch.equal(first, other.feedback_weights["cells"])
    for _ in range(3):
        learner.train_step(*data())
    assert torch.equal(first, learner.feedback_weights["cells"])


def test_random_feedback_takes_the_place_of_the_readout_weights() -> None:
    """The gradient of input weights is linear in feedback, and with the readout's own weights it is
    the symmetric one.
    """
    net = network()
    learner = EPropLearner(net, feedback="random", seed=1)
    _, symmetric, _ = EPropLearner(net).gradients(*data())
    _, random, _ = learner.gradients(*data())
    own = torch.tensor(net.projections["cells->out"].dense())
    learner.feedback_weights["cells"] = own + learner.feedback_weights["cells"]
    _, both, _ = learner.gradients(*data())
    torch.testing.assert_close(
        both["in->cells"], symmetric["in->cells"] + random["in->cells"], rtol=1e-9, atol=1e-12
    )
    assert torch.equal(random["cells->out"], symmetric["cells->out"])
    assert (
        float(
            torch.nn.functional.cosine_similarity(
                random["in->cells"], symmetric["in->cells"], dim=0
            )
        )
        < 0.9
    )


def test_adaptive_feedback_comes_to_be_the_readout_weights() -> None:
    net = network()
    learner = EPropLearner(net, lr=0.01, feedback="adaptive", feedback_decay=0.05)

    def apart() -> float:
        own = torch.tensor(net.projections["cells->out"].dense())
        return float((learner.feedback_weights["cells"] - own).norm())

    before = apart()
    for k in range(40):
        learner.train_step(*data())
        assert apart() == pytest.approx(before * 0.95 ** (k + 1), rel=1e-9)


@pytest.mark.parametrize("feedback", ["symmetric", "random", "adaptive"])
def test_it_learns_a_pattern(feedback: Any) -> None:
    x = data(1)[0]
    aims = torch.tensor(
        np.sin(np.linspace(0, 6, STEPS))[:, None, None] * np.array([0.3, -0.2, 0.1])
    )
    learner = EPropLearner(network(recurrent=True), lr=0.03, feedback=feedback, seed=3)
    losses = [float(learner.train_step(x, aims)) for _ in range(80)]
    assert losses[-1] < 0.4 * losses[0]


def test_updates_are_those_of_bptt_without_recurrence() -> None:
    net, twin, (x, aims) = network(), network(), data()
    mine, theirs = EPropLearner(net, lr=0.01), BPTTLearner(twin, half_square, 0.01)
    for _ in range(4):
        a, b = mine.train_step(x, aims), theirs.train_step(x, aims)
        assert a.loss == pytest.approx(b.loss, rel=1e-9)
        assert a.gradient_norm == pytest.approx(b.gradient_norm, rel=1e-9)
        assert a.rates == pytest.approx(b.rates)
        assert (a.steps, a.batch, a.updates) == (b.steps, b.batch, b.updates)
    for label, each in net.projections.items():
        np.testing.assert_allclose(
            each.weights, twin.projections[label].weights, rtol=1e-7, atol=1e-9
        )


def test_it_needs_no_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*given: Any, **how: Any) -> None:
        raise AssertionError("autograd was asked for gradients")

    monkeypatch.setattr(torch.autograd, "backward", never)
    monkeypatch.setattr(torch.autograd, "grad", never)
    saved: list[Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(
        lambda each: saved.append(each) or each, lambda each: each
    ):  # type: ignore[func-returns-value]
        EPropLearner(network(recurrent=True)).train_step(*data())
    assert not saved


def test_a_checkpoint_has_the_feedback() -> None:
    learner = EPropLearner(network(), feedback="adaptive", seed=1)
    learner.train_step(*data())
    other = EPropLearner(network(seed=3), feedback="adaptive", seed=2)
    other.load_state_dict(learner.state_dict())
    assert float(other.train_step(*data())) == float(learner.train_step(*data()))
    assert torch.equal(learner.feedback_weights["cells"], other.feedback_weights["cells"])
    with pytest.raises(
        ValueError, match=r"^checkpoint must have feedback to \[\], not \['cells'\]$"
    ):
        EPropLearner(network()).load_state_dict(learner.state_dict())


def test_nothing_changes_where_the_loss_is_not_finite() -> None:
    net, (x, aims) = network(), data()
    learner = EPropLearner(net, feedback="adaptive")
    before, feedback = (
        net.projections["in->cells"].weights.copy(),
        learner.feedback_weights["cells"].clone(),
    )
    aims[40] = torch.nan
    with pytest.raises(TrainingError, match=r"^the loss must be finite, not nan in update 1; "):
        learner.train_step(x, aims)
    assert np.array_equal(before, net.projections["in->cells"].weights)
    assert torch.equal(feedback, learner.feedback_weights["cells"])
    assert learner.updates == 0


def readout(model: Any = None, **how: Any) -> Network:
    net = network()
    extra = net.add(Population(LI(tau_ms=OUT_MS) if model is None else model, 2, "extra"))
    net.add(Projection(net.populations["cells"], extra, 1.0, topology="all_to_all", **how))
    return net


def sending() -> Network:
    net = network()
    net.add(
        Projection(net.populations["out"], net.populations["cells"], 1.0, topology="all_to_all")
    )
    return net


def current_based() -> Network:
    a, b, c = Population(Relay, 2, "a"), Population(CubaLIF, 2, "b"), Population(LI, 1, "c")
    return Network(1.0, [a, b, c, Projection(a, b, 1.0), Projection(b, c, 1.0)])


def step(*given: Any, loss: Any = "mse", **how: Any) -> Any:
    x, aims = data()
    return EPropLearner(network(), loss, **how).train_step(*(given or (x, aims)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: step(loss="msa"),
            "loss must be 'mse', 'cross_entropy' or a function, not 'msa'; did you mean 'mse'?",
        ),
        (
            lambda: step(feedback="x"),
            "feedback must be 'symmetric', 'random' or 'adaptive', not 'x'",
        ),
        (lambda: step(feedback_decay=1.0), "feedback_decay must be in [0, 1), not 1.0"),
        (
            lambda: EPropLearner(NetworkModule(network(), learn_thresholds=True)),
            "network must learn weights alone by e-prop, not delays or thresholds; use BPTTLearner",
        ),
        (
            lambda: EPropLearner(readout(LIF())),
            "outputs must be LI or Integrator populations for e-prop, not 'extra' (LIF)",
        ),
        (
            lambda: EPropLearner(readout(LI(tau_ms=3.0))),
            "outputs must have one leak for e-prop, not 2",
        ),
        (
            lambda: EPropLearner(readout(delay=2)),
            (
                "projection 'cells->extra' must lead to its readout without delay for e-prop, and"
                " from a population that was added before; its spikes are [2] steps late"
            ),
        ),
        (
            lambda: EPropLearner(sending(), outputs="out"),
            (
                "outputs must send nothing for e-prop, but projection 'out->cells' leads away from"
                " 'out'"
            ),
        ),
        (
            lambda: EPropLearner(
                Network(1.0, [Population(CubaLIF, 2, "a"), Population(LI, 2, "b")]), outputs="b"
            ),
            "network must have a parameter to learn, not none; add a projection",
        ),
        (
            lambda: EPropLearner(current_based()),
            (
                "projection 'a->b' must lead to LIF, IF, AdaptiveLIF or a readout for e-prop, not"
                " CubaLIF"
            ),
        ),
        (
            lambda: step(data()[0], torch.zeros(STEPS, BATCH, 2)),
            "targets must have shape (70, 3, 3), not (70, 3, 2)",
        ),
        (
            lambda: step(data()[0], torch.full((STEPS, BATCH), 3), loss="cross_entropy"),
            "targets must be classes from 0 to 2, not 3 to 3",
        ),
        (lambda: step(*data(), torch.ones(4)), "mask must have shape (70,) or (70, 3), not (4,)"),
        (lambda: step(*data(), torch.zeros(STEPS)), "mask must be >= 0, and not 0 everywhere"),
    ],
)
def test_eprop_errors(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()


def test_the_derivative_of_cross_entropy() -> None:
    y = torch.randn(
        4, 2, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64
    ).requires_grad_()
    aims = torch.rand(4, 2, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    losses, errors = cross_entropy(y, aims)
    (expected,) = torch.autograd.grad(losses.sum(), y)
    torch.testing.assert_close(errors, expected, rtol=1e-12, atol=1e-14)
